/** What must hold of the fuzzed node between two rounds: it serves others, keeps to its budget, and has kept nothing. */

import { randomBytes } from 'node:crypto'
import WebTorrentDHT from '../../src/index.js'
import { destroyAll, within } from '../helpers/nodes.js'
import { RawClient } from '../helpers/raw-client.js'
import type { Holdings } from './node-process.js'
import { MAX_CONNECTIONS, type Target } from './target.js'

/** Milliseconds that the node has to end what is under way: a query lives 2.5 s, a retired connection as long. */
const SETTLE_TIME = 10_000
const POLL_INTERVAL = 100
/** Milliseconds for four searches, in each of which a neighbour of the node's may be asked that never answers: 3 s. */
const HONEST_DEADLINE = 14_000
/** Of nodes that are not connected, as src/connections/address-book.ts has it. */
const MAX_STRANGERS = 512
/** The same, of nodes that came over routes. */
const MAX_VISITORS = 256
const MAX_OFFERS = 16
const MAX_VALUES = 100
/** A connection that is being made has a timer of its own and some of simple-peer's; a retired or lost one has one. */
const TIMERS_PER_CONNECTION = 4
const TIMERS_TO_SPARE = 24
/** Sockets of requests that were answered stay open for a while. */
const HANDLES_TO_SPARE = 12
const MEBIBYTE = 2 ** 20
/** The heap may grow by this much from the first rounds, in which code is compiled and what is bounded fills up. */
const HEAP_GROWTH = 16 * MEBIBYTE
const WARM_UP_ROUNDS = 3

/** Whether the node serves those that behave: a stranger with a fresh connection, and two nodes that find each other by it. */
export async function findUnserved({ place, nodeId }: Target): Promise<string[]> {
  const problems: string[] = []
  const attempt = async (what: string, work: () => Promise<void>) => {
    await work().catch(error => problems.push(`${what}: ${error.message}`))
  }
  await attempt('a fresh connection is not served', async () => {
    const client = await RawClient.connect(place)
    client.onQuery = query => client.reply(query, {})
    const answers = await Promise.all([
      client.query('ping'),
      client.query('find_node', { target: randomBytes(20) })
    ])
    await client.close()
    if (!answers.every(({ r }) => nodeId.equals(r?.id as Buffer))) throw new Error('no good reply')
  })
  await attempt('honest nodes are not served', async () => {
    const nodes = await Promise.all([join(place), join(place)])
    const isServed = within('what honest nodes do', useAsHonest(...nodes), HONEST_DEADLINE)
    await isServed.finally(() => destroyAll(...nodes))
  })
  return problems
}

async function join(place: string): Promise<WebTorrentDHT> {
  const node = new WebTorrentDHT({ bootstrap: place, simple_peer_opts: { config: { iceServers: [] } } })
  await within('joining', new Promise<void>(resolve => node.once('ready', resolve)))
  if (node.nodes.count() === 0) throw new Error('joined nobody')
  return node
}

/** One node stores and announces, and the other finds both. */
async function useAsHonest(first: WebTorrentDHT, second: WebTorrentDHT): Promise<void> {
  const value = randomBytes(20)
  const infoHash = randomBytes(20)
  const key = await new Promise<Buffer>((resolve, reject) => {
    first.put(value, (error, key) => (error ? reject(error) : resolve(key)))
  })
  const found = await new Promise<unknown>(resolve => second.get(key, (_, result) => resolve(result?.v)))
  if (!value.equals((found as Buffer | undefined) ?? randomBytes(20)))
    throw new Error('a stored value was not found')
  await new Promise<void>((resolve, reject) => {
    first.announce(infoHash, 6881, error => (error ? reject(error) : resolve()))
  })
  let isFound = false
  second.on('peer', peer => {
    isFound ||= peer.id?.equals(first.nodeId) === true
  })
  await new Promise(resolve => second.lookup(infoHash, resolve))
  if (!isFound) throw new Error('an announced peer was not found')
}

/** Waits until the node has ended what was under way. What still is, or should not be, is a problem. */
export async function findLeftovers(
  target: Target,
  idle: Holdings
): Promise<{ holdings: Holdings; problems: string[] }> {
  const end = Date.now() + SETTLE_TIME
  for (;;) {
    const holdings = await target.holdings()
    const problems = problemsOf(holdings, idle)
    if (problems.length === 0 || Date.now() > end) return { holdings: await target.holdings(true), problems }
    await new Promise(resolve => setTimeout(resolve, POLL_INTERVAL))
  }
}

/** @param idle what the node held before the first input */
function problemsOf(now: Holdings, idle: Holdings): string[] {
  const { counts, peerConnections } = now
  const inUse = peerConnections.existing + Math.max(0, now.addresses - MAX_STRANGERS - MAX_VISITORS)
  const maxTimers = idle.timers + TIMERS_PER_CONNECTION * inUse + TIMERS_TO_SPARE
  const checks: [isRight: boolean, problem: string][] = [
    [
      peerConnections.overruns === 0,
      `${peerConnections.most} RTCPeerConnections, allowed are ${MAX_CONNECTIONS}`
    ],
    [
      peerConnections.existing === counts.existing,
      `${peerConnections.existing} RTCPeerConnections, ${counts.existing} counted`
    ],
    [now.awaited === 0, `${now.awaited} transactions are waited for`],
    [now.queries === 0, `${now.queries} queries have not ended`],
    [now.searches === 0, `${now.searches} searches have not ended`],
    [!now.isConnecting, 'connections are being made'],
    [counts.offers <= MAX_OFFERS, `${counts.offers} offers are pooled`],
    [
      counts.pending === counts.offers,
      `${counts.pending} connections are pending, ${counts.offers} of them offers`
    ],
    [
      now.addresses <= MAX_STRANGERS + MAX_VISITORS + now.connectedIds,
      `${now.addresses} addresses for ${now.connectedIds} connected`
    ],
    [now.values <= MAX_VALUES, `${now.values} values`],
    [now.listeners <= idle.listeners, `${now.listeners} listeners, before it were ${idle.listeners}`],
    [
      now.connectionListeners <= idle.connectionListeners + 1,
      `${now.connectionListeners} listeners on a connection`
    ],
    [now.timers <= maxTimers, `${now.timers} timers, before it were ${idle.timers}`],
    [now.handles <= idle.handles + HANDLES_TO_SPARE, `${now.handles} handles, before it were ${idle.handles}`]
  ]
  return checks.flatMap(([isRight, problem]) => (isRight ? [] : problem))
}

/** The growth of the heap from the first rounds to the last, in bytes. @param heaps its size after each round */
export function heapGrowth(heaps: readonly number[]): number {
  const later = heaps.slice(WARM_UP_ROUNDS)
  return later.length === 0 ? 0 : median(later.slice(-3)) - median(later.slice(0, 3))
}

export function findGrowth(heaps: readonly number[]): string[] {
  const growth = heapGrowth(heaps)
  return growth > HEAP_GROWTH ? [`the heap has grown by ${(growth / MEBIBYTE).toFixed(1)} MiB`] : []
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[sorted.length >> 1] ?? 0
}
