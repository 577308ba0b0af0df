/** NATs that let no connection through: TURN, and the way within one network. */

import type { Bed } from '../bed.js'
import type { Cell, Check } from '../cell.js'
import { merge, type NatType, type Plan, servers, site, TURN } from '../plan.js'
import { checkDial, checkUse, join, type Member } from './members.js'

/** One way of each uplink: round trips are 80 ms. */
const UPLINK = { delay: 20 }
const SECRET = 'north'
const WITH_SECRET = ['--realm=example.org', '--use-auth-secret', `--static-auth-secret=${SECRET}`]

/** Sites of a home and an office, with a coturn and the servers that all need. */
const planOf = (home: NatType, office: NatType): Plan =>
  merge(servers(UPLINK), site('home', home, UPLINK), site('office', office, UPLINK))

async function checkDials(check: Check, home: Member, office: Member): Promise<void> {
  await checkDial(check, home, office)
  await checkDial(check, office, home)
}

async function joinBoth(bed: Bed, check: Check): Promise<[Member, Member]> {
  return [await join(bed, check, 'home'), await join(bed, check, 'office')]
}

export const RELAYED: Cell[] = [
  {
    title: 'behind two symmetric NATs: lookups succeed, and no connection is tried in vain',
    async run(check, up) {
      const bed = await up(planOf('sym', 'sym'))
      await bed.boot()
      const [home, office] = await joinBoth(bed, check)
      await checkUse(check, home, office)
      for (const { agent } of [home, office]) {
        const { closed } = (await agent.call('stats')).connections
        check.equal(closed['not opened'] + closed.failed, 0, `${agent.name} tries none in vain`)
      }
    }
  },
  {
    title:
      'a dial between NATs that cannot meet connects over the TURN server that the bootstrap node hands out',
    needs: ['turnserver'],
    async run(check, up) {
      for (const home of ['port', 'sym'] as const) {
        const bed = await up(planOf(home, 'sym'))
        await bed.coturn(...WITH_SECRET)
        const turn = { urls: `turn:${TURN}:3478?transport=udp`, secret: SECRET }
        await bed.boot('boot', undefined, { turn })
        await checkDials(check, ...(await joinBoth(bed, check)))
      }
    }
  },
  {
    title: 'behind one symmetric NAT that turns no packets round: a dial connects within the network',
    async run(check, up) {
      const bed = await up(
        merge(servers(UPLINK), site('office', 'sym', { ...UPLINK, hosts: ['home', 'office'] }))
      )
      await bed.boot()
      const [one, other] = await joinBoth(bed, check)
      const dialled = await one.agent.call('dial', { id: other.started.id })
      const isNear = dialled.ok && dialled.remote?.startsWith('192.168.1.')
      check.ok(isNear, 'by a private address', dialled)
    }
  }
]
