/** Outages: a node is cut off for a while, or finds itself in another network. */

import { Bed, type NodeAgent } from '../bed.js'
import type { Cell, Check } from '../cell.js'
import { BOOT_PORT, merge, type NatType, type Plan, publicHost, servers, site } from '../plan.js'

/** One way of each uplink: the round trip between any two is 80 ms. */
const UPLINK = { delay: 20 }
const HASH = 'cd'.repeat(20)
const PORTAL = '203.0.113.80'
const SECONDS = 1000
/** Quiet connections are found dead in 15 s. */
const OUTAGE = 20 * SECONDS
/** From the end of an outage until the node is found. Half of it is the aim; the machine may be busy. */
const BACK_WITHIN = 10 * SECONDS
/** With connections that have to be found dead first. */
const NOTICED_WITHIN = 15 * SECONDS
const TRY_INTERVAL = 250

/** Two homes, and one where things happen. */
function plan(type: NatType = 'port', more: Plan = { nets: [], hosts: [] }): Plan {
  const homes = ['m', 'n'].map(name => site(name, 'port', UPLINK))
  return merge(servers(UPLINK), ...homes, site('x', type, UPLINK), more)
}

/** Has all join, and the one in question announce. */
async function join(bed: Bed, check: Check): Promise<{ member: NodeAgent; x: NodeAgent; id: string }> {
  await bed.boot()
  const options = { bootstrap: bed.place }
  const [member, other, x] = [bed.node('m'), bed.node('n'), bed.node('x')]
  await Promise.all([member.call('start', { options }), other.call('start', { options })])
  const { id } = await x.call('start', { options })
  await x.call('announce', { hash: HASH })
  check.ok(await finds(member, id), 'it is found before')
  return { member, x, id }
}

async function finds(member: NodeAgent, id: string): Promise<boolean> {
  return (await member.call('lookup', { hash: HASH })).ids.includes(id)
}

/** Waits until the node is in and found, and can be dialled. @returns milliseconds, or `null` */
async function timeUntilBack(member: NodeAgent, x: NodeAgent, id: string, within: number) {
  const start = Date.now()
  while (Date.now() - start < within) {
    const { status } = await x.call('state')
    if (status === 'connected' && (await finds(member, id)) && (await member.call('dial', { id })).ok) {
      return Date.now() - start
    }
    await sleep(TRY_INTERVAL)
  }
  return null
}

async function expectBack(
  check: Check,
  { member, x, id }: Awaited<ReturnType<typeof join>>,
  within: number
): Promise<void> {
  const time = await timeUntilBack(member, x, id, within)
  check.ok(time !== null, `it is found and dialled again within ${within / SECONDS} s`, {
    state: await x.call('state'),
    events: (await x.call('events')).slice(-30)
  })
  if (time !== null) console.log(`       back after ${(time / SECONDS).toFixed(1)} s`)
}

const sleep = (time: number) => new Promise(resolve => setTimeout(resolve, time))

export const OUTAGES: Cell[] = [
  {
    title: 'a node whose link was gone for 20 s is found again within seconds',
    async run(check) {
      await using bed = await Bed.up(plan())
      const joined = await join(bed, check)
      await bed.set('x', { up: 0 })
      await sleep(OUTAGE)
      const { status } = await joined.x.call('state')
      check.equal(status, 'alone', 'it knows')
      check.ok(await finds(joined.member, joined.id), 'others keep what it announced')
      await bed.set('x', { up: 1 })
      await expectBack(check, joined, BACK_WITHIN)
    }
  },
  {
    title: 'a node whose router has another outer address is found again',
    async run(check) {
      await using bed = await Bed.up(plan())
      const joined = await join(bed, check)
      await bed.flush('n-x')
      await bed.changeAddress('n-x', '198.51.100.150')
      await expectBack(check, joined, NOTICED_WITHIN)
    }
  },
  {
    title: 'a node that goes from Wi-Fi to a carrier is found again',
    async run(check) {
      const cell = { name: 'n-cell', type: 'port' as const, ext: '198.51.100.99', delay: 40 }
      await using bed = await Bed.up(plan('port', { nets: [cell], hosts: [] }))
      const joined = await join(bed, check)
      await bed.move('x', 'n-cell', '10.55.0.7')
      await expectBack(check, joined, NOTICED_WITHIN)
    }
  },
  {
    title: 'a node that slept is found again within seconds',
    async run(check) {
      await using bed = await Bed.up(plan())
      const joined = await join(bed, check)
      joined.x.signal('SIGSTOP')
      await sleep(2 * OUTAGE)
      check.ok(await finds(joined.member, joined.id), 'others keep what it announced')
      joined.x.signal('SIGCONT')
      await expectBack(check, joined, BACK_WITHIN)
    }
  },
  {
    title: 'a node whose names cannot be looked up for a while joins when they can',
    async run(check) {
      await using bed = await Bed.up(plan())
      await bed.boot()
      const member = bed.node('m')
      const options = { bootstrap: bed.place }
      await member.call('start', { options })
      await bed.set('dns', { up: 0 })
      const x = bed.node('x')
      const { id, ready } = await x.call('start', { options, wait: OUTAGE })
      check.ok(ready !== null, 'it is ready, alone')
      await sleep(OUTAGE / 2) // the first request gets no answer, as from a server that is silent
      const { status, reason } = await x.call('state')
      check.equal([status, reason], ['alone', 'EDNS'], 'it says why')
      await bed.set('dns', { up: 1 })
      const back = await timeUntilJoined(x)
      check.ok(back !== null, 'it joins', await x.call('state'))
      await x.call('announce', { hash: HASH })
      check.ok(await finds(member, id), 'it is found')
    }
  },
  {
    title: 'a node behind a captive portal joins after the login',
    async run(check) {
      await using bed = await Bed.up(plan('port', publicHost('portal', PORTAL)))
      await bed.boot()
      await bed.service('portal').call('portal', { address: PORTAL, port: BOOT_PORT, status: 200 })
      await bed.setNames([PORTAL])
      const x = bed.node('x')
      await x.call('start', { options: { bootstrap: bed.place }, wait: OUTAGE })
      const { status, reason } = await x.call('state')
      check.equal([status, reason], ['alone', 'ENOTANODE'], 'it says why')
      await bed.setNames()
      const back = await timeUntilJoined(x)
      check.ok(back !== null, 'it joins', await x.call('state'))
    }
  }
]

async function timeUntilJoined(x: NodeAgent): Promise<number | null> {
  const start = Date.now()
  while (Date.now() - start < BACK_WITHIN) {
    if ((await x.call('state')).status === 'connected') {
      console.log(`       in after ${((Date.now() - start) / SECONDS).toFixed(1)} s`)
      return Date.now() - start
    }
    await sleep(TRY_INTERVAL)
  }
  return null
}
