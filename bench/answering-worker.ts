/** A process of `answering.ts`: one node with neighbours in memory, and how much CPU time it takes to answer them. */

import { serve } from '../test/helpers/child.js'
import { startOverUdp } from './memory/over-udp.js'
import { startOverWebRTC } from './memory/over-webrtc.js'
import {
  announceAll,
  createQueries,
  type Draw,
  isOutcome,
  type QueryKind,
  randomId
} from './memory/queries.js'
import type { TestedNode } from './memory/tested-node.js'
import { createRandom } from './options.js'

export type Transport = 'WebRTC' | 'UDP'

/** What a round took. */
export interface Round {
  queries: number
  /** CPU time of the process, garbage collection included, in microseconds. */
  microseconds: number
}

/** Queries between two looks at the event loop. Some answers come in a later microtask. */
const BATCH = 50
/** Queries of the first round, of which nothing is known yet. */
const FIRST_QUERIES = 200
const MAX_QUERIES = 20_000
/** Milliseconds until a batch must have been answered. */
const ANSWER_TIMEOUT = 10_000

let draw: Draw | undefined
/** Microseconds that a query took last. */
const lastCosts = new Map<QueryKind, number>()

/** Starts the node. The same seed gives the same neighbours to nodes of both kinds. */
async function start(transport: Transport, count: number, seed: number): Promise<void> {
  const random = createRandom(seed)
  const ids = Array.from({ length: count }, () => randomId(random))
  const node = await (transport === 'WebRTC' ? startOverWebRTC(ids) : startOverUdp(ids))
  draw = { node, random, popular: await announceAll(node, random) }
}

/** Asks queries of one kind for about so many milliseconds of CPU time. */
async function measure(kind: QueryKind, milliseconds: number): Promise<Round> {
  if (!draw) throw new Error('the node was not started')
  const lastCost = lastCosts.get(kind)
  const wanted = lastCost === undefined ? FIRST_QUERIES : (1000 * milliseconds) / lastCost
  const batches = Math.ceil(Math.min(MAX_QUERIES, wanted) / BATCH)
  const queries = createQueries(kind, batches * BATCH, draw)
  let outcomes = 0
  const errors: string[] = []
  draw.node.neighbours.onSent = bytes => {
    const isGood = isOutcome(kind, bytes)
    if (isGood) outcomes++
    else if (isGood === false) errors.push(Buffer.from(bytes).toString())
  }
  const before = process.cpuUsage()
  for (let asked = 0; asked < queries.length; ) {
    const end = asked + BATCH
    for (; asked < end; asked++) {
      const said = queries[asked]
      if (said) draw.node.tell(said.neighbour, said.bytes)
    }
    await reach(() => outcomes + errors.length >= asked)
  }
  const { user, system } = process.cpuUsage(before)
  if (errors.length > 0)
    throw new Error(`${kind}: ${errors.length} of ${queries.length} got errors: ${errors[0]}`)
  lastCosts.set(kind, (user + system) / queries.length)
  return { queries: queries.length, microseconds: user + system }
}

async function reach(isReached: () => boolean): Promise<void> {
  const deadline = performance.now() + ANSWER_TIMEOUT
  do {
    await new Promise(setImmediate)
    if (performance.now() > deadline) throw new Error('queries were left without an answer')
  } while (!isReached())
}

async function destroy(): Promise<void> {
  const node: TestedNode | undefined = draw?.node
  await node?.destroy()
  process.disconnect()
}

process.on('disconnect', () => process.exit(0))
serve({ start, measure, destroy })
