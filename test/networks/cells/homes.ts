/** Homes: behind port-restricted NATs, as most home routers are. */

import type { Cell, Check } from '../cell.js'
import { merge, servers, site } from '../plan.js'
import type { Trace } from '../trace.js'
import { checkDial, checkUse, join, pause } from './members.js'

/** Milliseconds between any two: each uplink has a quarter. Of a long one, less goes by in processors. */
const ROUND_TRIP = 200
const UPLINK = { delay: ROUND_TRIP / 4 }
const MOST_TRIPS = 10
const IDLE_TIME = 60_000

export const HOMES: Cell[] = [
  {
    title: 'two homes behind port-restricted NATs are full members, and dial each other',
    isShort: true,
    async run(check, up) {
      const bed = await up(merge(servers(UPLINK), site('a', 'port', UPLINK), site('b', 'port', UPLINK)))
      await bed.boot()
      const traced = { isTraced: true }
      const [a, b] = await Promise.all([join(bed, check, 'a', {}, traced), join(bed, check, 'b', {}, traced)])
      await checkUse(check, a, b)
      await checkDial(check, a, b)
      await checkDial(check, b, a)
      const traces = [...(await a.agent.call('trace')), ...(await b.agent.call('trace'))]
      checkTrips(check, traces, 4)
    }
  },
  {
    title: 'a server checks nothing of an offer without a public address, and the newcomer loses no second',
    async run(check, up) {
      const bed = await up(merge(servers(UPLINK), site('a', 'port', UPLINK)), { stun: false })
      await bed.boot()
      const { agent } = await join(bed, check, 'a', {}, { isTraced: true })
      checkTrips(check, await agent.call('trace'), 1)
    }
  },
  {
    title: 'a NAT that forgets after 30 s cuts no connection that is idle for 60 s',
    async run(check, up) {
      const home = { delay: 20, timeout: 30 }
      const bed = await up(
        merge(servers(), site('a', 'port', home), site('b', 'port', { ...home, refresh: 0 }))
      )
      await bed.boot()
      const nodes = await Promise.all([join(bed, check, 'a'), join(bed, check, 'b')])
      await pause(IDLE_TIME)
      for (const { agent } of nodes) {
        const lost = (await agent.call('events')).filter(([, what]) => what === 'disconnected')
        check.equal(lost, [], `${agent.name} was not disconnected`)
      }
      await checkUse(check, ...(nodes as [(typeof nodes)[0], (typeof nodes)[1]]))
    }
  },
  {
    title: 'a class of 30 behind one NAT without hairpin joins, and its members dial each other',
    isLarge: true,
    async run(check, up) {
      const names = Array.from({ length: 30 }, (_, i) => `s${i}`)
      const bed = await up(merge(servers(), site('class', 'port', { hosts: names, delay: 10 })))
      await bed.boot()
      const members = []
      for (let i = 0; i < names.length; i += 6) {
        const group = names.slice(i, i + 6)
        members.push(...(await Promise.all(group.map(name => join(bed, check, name)))))
      }
      await pause(3000)
      for (let i = 0; i < 6; i++) {
        const [a, b] = [members[i], members[i * 3 + 10]]
        if (!a || !b) continue
        await checkUse(check, a, b)
        const dialled = await a.agent.call('dial', { id: b.started.id })
        check.ok(dialled.ok, `${a.agent.name} dials ${b.agent.name}`, dialled)
        if ('remote' in dialled)
          check.ok(dialled.remote?.startsWith('192.168.'), 'within the LAN', dialled.remote)
      }
    }
  },
  {
    title: 'two homes of one carrier, behind a NAT each and one more without hairpin, are members',
    async run(check, up) {
      const carrier = {
        nets: [{ name: 'carrier', type: 'port' as const, ext: '198.51.100.200', delay: 20 }],
        hosts: []
      }
      const plan = merge(
        servers(),
        carrier,
        site('a', 'port', { parent: 'carrier', ext: '100.64.0.11' }),
        site('b', 'port', { parent: 'carrier', ext: '100.64.0.12' })
      )
      const bed = await up(plan)
      await bed.boot()
      const [a, b] = await Promise.all([join(bed, check, 'a'), join(bed, check, 'b')])
      await checkUse(check, a, b)
    }
  }
]

/** @param least connections that must have opened */
function checkTrips(check: Check, traces: Trace[], least: number): void {
  const trips = traces.flatMap(tripsOf)
  check.ok(trips.length >= least, 'connections were traced', traces)
  const areShort = trips.every(one => one <= MOST_TRIPS)
  check.inTime(areShort, `no connection takes more than ${MOST_TRIPS} round trips`, traces)
}

/** Round trips from the other side's description to the open connection: an offer may have waited for somebody to take it. */
function tripsOf({ openAt, answeredAt = 0 }: Trace): number[] {
  return openAt === undefined ? [] : [Math.round(((openAt - answeredAt) / ROUND_TRIP) * 10) / 10]
}
