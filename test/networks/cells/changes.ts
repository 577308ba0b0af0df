/** Networks that change, fail and come back under a member. */

import type { Bed, BrowserAgent } from '../bed.js'
import type { Cell, Check, Up } from '../cell.js'
import { BOOT_PORT, merge, publicHost, servers, site } from '../plan.js'
import { checkUse, join, joinInPage, type Member, pause, until } from './members.js'

const SECONDS = 1000
const UPLINK = { delay: 20 }
const PORTAL = '203.0.113.80'
/** More than the 5 s that it should take on an idle machine, less than the half minute that it takes to notice by itself. */
const MEMBER_WITHIN = 15 * SECONDS
const FOUND_WITHIN = 10 * SECONDS
/** The first request to a server gets no answer where names cannot be looked up; the next one says why. */
const TOLD_WITHIN = 15 * SECONDS
const LINK_DOWN = 20 * SECONDS
const ASLEEP = 40 * SECONDS
/** Between two networks. */
const OFFLINE = 3 * SECONDS

interface Changing<X extends Member = Member> {
  bed: Bed
  check: Check
  /** The member whose network changes, at the host `x`, and one that looks for it. */
  x: X
  other: Member
}

type Join<X extends Member> = (bed: Bed, check: Check, host: string) => Promise<X>

/** What `x` announces. */
const HASH = 'cd'.repeat(20)

/** A small network, in which `x` has announced. */
async function withMembers<X extends Member>(
  check: Check,
  up: Up,
  joinX: Join<X>,
  work: (all: Changing<X>) => Promise<void>
) {
  const plan = merge(
    servers(),
    site('m', 'port', UPLINK),
    site('other', 'port', UPLINK),
    site('x', 'port', UPLINK),
    site('mobile', 'sym', { hosts: [], delay: 40 })
  )
  const bed = await up(plan)
  await bed.boot()
  const [, other, x] = await Promise.all([
    join(bed, check, 'm'),
    join(bed, check, 'other'),
    joinX(bed, check, 'x')
  ])
  await x.agent.call('announce', { hash: HASH })
  check.ok(await isFound(other, x), 'x is found before')
  await work({ bed, check, x, other })
}

async function isFound(by: Member, { started: { id } }: Member): Promise<boolean> {
  return (await by.agent.call('lookup', { hash: HASH })).ids.includes(id)
}

async function connectionCount({ agent }: Member): Promise<number> {
  return (await agent.call('events')).filter(([, what]) => what === 'connected').length
}

/** Checks that x is a member again, over connections made since, and is found. */
async function checkReturn({ check, x, other }: Changing, before: number): Promise<void> {
  const isMember = async () => {
    const { connected } = await x.agent.call('state')
    return connected.length > 0 && (await connectionCount(x)) > before
  }
  check.ok((await until(MEMBER_WITHIN, isMember)) !== null, 'x is a member again', await describe(x))
  check.ok(
    (await until(FOUND_WITHIN, () => isFound(other, x))) !== null,
    'x is found again',
    await describe(x)
  )
  const isSymmetric = async () => (await x.agent.call('state')).network === 'symmetric' // then they cannot meet
  const isDialled = async () => (await other.agent.call('dial', { id: x.started.id })).ok
  const isDialledIfPossible = async () => (await isSymmetric()) || (await isDialled())
  check.ok((await until(FOUND_WITHIN, isDialledIfPossible)) !== null, 'x can be dialled', await describe(x))
}

async function describe({ agent }: Member): Promise<unknown> {
  return { state: await agent.call('state'), events: (await agent.call('events')).slice(-8) }
}

/** Of a page. */
async function hasHeard({ agent }: { agent: BrowserAgent }, event: string): Promise<boolean> {
  return (await agent.call('events')).some(([, what]) => what === event)
}

/** Pages that learn of changes from their browser, or by themselves. */
const OF_PAGES: Cell[] = (['chromium', 'firefox'] as const).flatMap(kind => [
  {
    title: `${kind}: a page whose machine goes from Wi-Fi to a mobile network comes back`,
    needs: [kind],
    run: (check, up) =>
      withMembers(
        check,
        up,
        (bed, check, host) => joinInPage(bed, check, host, kind),
        async all => {
          const before = await connectionCount(all.x)
          await all.bed.move('x', 'n-mobile', '10.55.0.7', OFFLINE)
          if (kind === 'chromium') {
            check.ok(await hasHeard(all.x, 'online'), 'the page is told', await describe(all.x))
            return checkReturn(all, before)
          }
          // Firefox tells its pages nothing, and keeps the connection to the bootstrap node.
          check.ok((await until(MEMBER_WITHIN, () => isFound(all.other, all.x))) !== null, 'x is found again')
          await checkUse(check, all.x, all.other)
        }
      )
  }
])

export const CHANGES: Cell[] = [
  {
    title: 'a new outer address: the member comes back',
    run: (check, up) =>
      withMembers(check, up, join, async all => {
        const before = await connectionCount(all.x)
        await all.bed.flush('n-x')
        await all.bed.changeAddress('n-x', '198.51.100.150')
        await checkReturn(all, before)
      })
  },
  {
    title: 'from Wi-Fi to a mobile network: the member comes back',
    run: (check, up) =>
      withMembers(check, up, join, async all => {
        const before = await connectionCount(all.x)
        await all.bed.move('x', 'n-mobile', '10.55.0.7')
        await checkReturn(all, before)
      })
  },
  {
    title: 'a link that is down for 20 s: the member comes back, and what it announced is there meanwhile',
    run: (check, up) =>
      withMembers(check, up, join, async all => {
        const before = await connectionCount(all.x)
        await all.bed.set('x', { up: 0 })
        await pause(LINK_DOWN)
        check.ok(await isFound(all.other, all.x), 'x is found while it is away')
        await all.bed.set('x', { up: 1 })
        await checkReturn(all, before)
      })
  },
  {
    title: 'a machine that sleeps: the member comes back',
    run: (check, up) =>
      withMembers(check, up, join, async all => {
        const before = await connectionCount(all.x)
        all.x.agent.signal('SIGSTOP')
        await pause(ASLEEP)
        all.x.agent.signal('SIGCONT')
        await checkReturn(all, before)
      })
  },
  {
    title: 'DNS that is gone for a while: the newcomer says so, and joins once it is back',
    async run(check, up) {
      const bed = await up(merge(servers(), site('x', 'port', UPLINK)))
      await bed.boot()
      await bed.set('dns', { up: 0 })
      const agent = bed.node('x')
      const { id, first } = await agent.call('start', {
        options: { bootstrap: bed.place },
        wait: 10 * SECONDS
      })
      check.equal(first, null, 'x cannot join without DNS')
      const isTold = async () => (await agent.call('state')).reason === 'EDNS'
      check.ok((await until(TOLD_WITHIN, isTold)) !== null, 'x says why', await agent.call('state'))
      await bed.set('dns', { up: 1 })
      const isMember = async () => (await agent.call('state')).status === 'connected'
      check.ok(
        (await until(MEMBER_WITHIN, isMember)) !== null,
        'x joins once DNS is back',
        await agent.call('events')
      )
      check.ok(id, 'it is the same node')
    }
  },
  {
    title: 'a captive portal: the newcomer says that no node is there, and joins after the login',
    async run(check, up) {
      const bed = await up(merge(servers(), publicHost('portal', PORTAL), site('x', 'port', UPLINK)))
      await bed.boot()
      await bed.service('portal').call('portal', { address: PORTAL, port: BOOT_PORT, status: 200 })
      await bed.setNames([PORTAL])
      const agent = bed.node('x')
      const { first } = await agent.call('start', { options: { bootstrap: bed.place }, wait: 5 * SECONDS })
      check.equal(first, null, 'x cannot join behind the portal')
      const { status, reason } = await agent.call('state')
      check.equal([status === 'connected', reason], [false, 'ENOTANODE'], 'x is told why')
      await bed.setNames()
      const isMember = async () => (await agent.call('state')).status === 'connected'
      check.ok(
        (await until(MEMBER_WITHIN, isMember)) !== null,
        'x joins after the login',
        await agent.call('events')
      )
    }
  },
  ...OF_PAGES
]
