/** UDP that is blocked, IPv6 without IPv4, and what nodes tell of the network that they are in. */

import type { Cell } from '../cell.js'
import { BOOT, merge, NAMES, publicHost, STUN, servers, site, siteOfIPv6 } from '../plan.js'
import { checkUse, join, pause, until } from './members.js'

const UPLINK = { delay: 20 }
const BOOT6 = '2001:db8:5::5'
const STUN6 = '2001:db8:5::10'
const LEARNT_WITHIN = 20_000

export const BLOCKED: Cell[] = [
  {
    title: 'UDP is blocked: the node is a full user over WebSocket, and says that it is blocked',
    isShort: true,
    async run(check, up) {
      const plan = merge(
        servers(UPLINK),
        site('home', 'port', UPLINK),
        site('cafe', 'port', { ...UPLINK, udp: 0 })
      )
      const bed = await up(plan)
      await bed.boot()
      const home = await join(bed, check, 'home')
      const cafe = await join(bed, check, 'cafe')
      await checkUse(check, home, cafe)
      await checkUse(check, cafe, home)
      const isKnown = async () => (await cafe.agent.call('state')).network === 'blocked'
      check.ok(
        (await until(LEARNT_WITHIN, isKnown)) !== null,
        'dht.network is blocked',
        await cafe.agent.call('state')
      )
    }
  },
  {
    title: 'a newcomer with IPv6 alone and a member with IPv4 alone find each other',
    async run(check, up) {
      const plan = merge(
        publicHost('boot', BOOT, { ...UPLINK, ip6: BOOT6 }),
        publicHost('stun', STUN, { ...UPLINK, ip6: STUN6 }),
        site('old', 'port', UPLINK),
        siteOfIPv6('new', '2001:db8:66::2', UPLINK)
      )
      const names = {
        'boot.example': [BOOT, BOOT6],
        'stun.l.google.com': [STUN, STUN6],
        'stun.cloudflare.com': [STUN, STUN6]
      }
      const bed = await up(plan, { names: { ...NAMES, ...names } })
      await bed.boot()
      const old = await join(bed, check, 'old')
      const newcomer = await join(bed, check, 'new')
      await checkUse(check, old, newcomer)
      await checkUse(check, newcomer, old)
    }
  },
  {
    title: 'nodes tell the kind of network that they are in',
    async run(check, up) {
      const plan = merge(
        servers(UPLINK),
        publicHost('public', '203.0.113.20', UPLINK),
        site('nat', 'port', UPLINK),
        site('symmetric', 'sym', UPLINK)
      )
      const bed = await up(plan)
      await bed.boot()
      const kinds = ['public', 'nat', 'symmetric']
      const members = await Promise.all(kinds.map(kind => join(bed, check, kind)))
      await pause(1000)
      for (const { agent } of members) {
        const isKnown = async () => (await agent.call('state')).network === agent.name
        await until(LEARNT_WITHIN, isKnown)
        check.equal((await agent.call('state')).network, agent.name, `dht.network is ${agent.name}`)
      }
    }
  }
]
