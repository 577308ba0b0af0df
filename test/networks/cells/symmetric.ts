/** Symmetric NATs, as companies and mobile networks have them. */

import type { Cell } from '../cell.js'
import { merge, servers, site, turnServer } from '../plan.js'
import { checkDial, checkUse, join, type Member, pause } from './members.js'

const UPLINK = { delay: 20 }
/** Between the second that a refusal may take, and the 10 that a timeout takes. */
const SOON = 3000
/** A part of the connections that were tried. */
const MOST_IN_VAIN = 0.05
const USERS = 12
const SETTLING = 10_000

export const SYMMETRIC: Cell[] = [
  {
    title: 'symmetric and port-restricted: lookups succeed, and a dial says at once that they cannot meet',
    async run(check, up) {
      const bed = await up(
        merge(servers(UPLINK), site('home', 'port', UPLINK), site('office', 'sym', UPLINK))
      )
      await bed.boot()
      const home = await join(bed, check, 'home')
      const office = await join(bed, check, 'office')
      await checkUse(check, home, office)
      await checkUse(check, office, home)
      for (const [from, to] of [
        [home, office],
        [office, home]
      ] as const) {
        const dialled = await from.agent.call('dial', { id: to.started.id })
        check.equal('code' in dialled && dialled.code, 'ECANNOTMEET', `${from.agent.name} is told why`)
        check.inTime('ms' in dialled && dialled.ms < SOON, `${from.agent.name} is told at once`, dialled)
      }
    }
  },
  {
    title: 'symmetric and port-restricted: a dial connects over the TURN server of one of them',
    needs: ['turnserver'],
    async run(check, up) {
      const bed = await up(
        merge(servers(UPLINK), site('home', 'port', UPLINK), site('office', 'sym', UPLINK))
      )
      await bed.coturn()
      await bed.boot()
      const iceServers = [{ urls: 'stun:stun.l.google.com:19302' }, turnServer()]
      const home = await join(bed, check, 'home')
      const office = await join(bed, check, 'office', { simple_peer_opts: { config: { iceServers } } })
      await checkDial(check, home, office)
      await checkDial(check, office, home)
    }
  },
  {
    title: `${USERS} nodes, one of them symmetric: each finds the others, and few connections are in vain`,
    isLarge: true,
    async run(check, up) {
      const names = Array.from({ length: USERS }, (_, i) => `u${i}`)
      const sites = names.map((name, i) => site(name, i === 5 ? 'sym' : 'port', UPLINK))
      const bed = await up(merge(servers(UPLINK), ...sites))
      await bed.boot()
      const members: Member[] = []
      for (let i = 0; i < USERS; i += 3) {
        const group = names.slice(i, i + 3).map(name => join(bed, check, name, {}, { isTraced: true }))
        members.push(...(await Promise.all(group)))
      }
      await pause(SETTLING)
      await Promise.all(members.map(({ agent, started: { id } }) => agent.call('announce', { hash: id })))
      let found = 0
      let asked = 0
      for (const { agent } of members) {
        const others = members.filter(one => one.agent !== agent)
        const lookups = others.map(async ({ started: { id } }) => {
          asked++
          if ((await agent.call('lookup', { hash: id })).ids.includes(id)) found++
        })
        await Promise.all(lookups)
      }
      check.equal(found, asked, 'all lookups find who announced')
      const traces = (await Promise.all(members.map(({ agent }) => agent.call('trace')))).flat()
      const tried = traces.filter(
        ({ answeredAt, describedAt }) => answeredAt !== undefined && describedAt !== undefined
      )
      const inVain = tried.filter(({ openAt, closedAt }) => openAt === undefined && closedAt !== undefined)
      check.ok(inVain.length <= MOST_IN_VAIN * tried.length, 'few connections are in vain', {
        inVain: inVain.length,
        of: tried.length
      })
    }
  }
]
