/** What an answer costs a node with many connections, beside bittorrent-dht with as many contacts. Nothing goes over a network. */

import { fileURLToPath } from 'node:url'
import { Child } from '../test/helpers/child.js'
import type { Round, Transport } from './answering-worker.js'
import { QUERY_KINDS, type QueryKind, WITHOUT_EQUAL } from './memory/queries.js'
import type { BenchOptions } from './options.js'
import { type Cell, fixed, formatTable, median } from './table.js'

const WORKER = fileURLToPath(new URL('answering-worker.js', import.meta.url))
/** Milliseconds of CPU time for one kind of query in one round. */
const ROUND_TIME = 150
/** Rounds that do not count: V8 compiles what runs often. */
const WARM_UP_ROUNDS = 4

/** A node of one kind with so many neighbours, in a process of its own. */
interface Variant {
  transport: Transport
  neighbours: number
  process: Child
  /** Microseconds for each query, of all rounds. */
  costs: Map<QueryKind, number[]>
}

export async function measureAnswering({ sizes, seed, rounds }: BenchOptions): Promise<string> {
  const variants = sizes.flatMap(neighbours => [
    createVariant('WebRTC', neighbours),
    createVariant('UDP', neighbours)
  ])
  try {
    for (const { process, transport, neighbours } of variants) {
      await process.call('start', transport, neighbours, seed)
    }
    for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
      for (const kind of QUERY_KINDS) {
        for (const variant of variants) await measureRound(variant, kind, round >= 0)
      }
    }
    return describe(variants, sizes, rounds)
  } finally {
    await Promise.all(variants.map(({ process }) => process.destroy()))
  }
}

function createVariant(transport: Transport, neighbours: number): Variant {
  return { transport, neighbours, process: new Child(WORKER), costs: new Map() }
}

async function measureRound(
  { transport, process, costs }: Variant,
  kind: QueryKind,
  counts: boolean
): Promise<void> {
  if (transport === 'UDP' && WITHOUT_EQUAL.includes(kind)) return
  const { queries, microseconds } = await process.call<Round>('measure', kind, ROUND_TIME)
  if (counts) costs.set(kind, [...(costs.get(kind) ?? []), microseconds / queries])
}

function describe(variants: Variant[], sizes: number[], rounds: number): string {
  const [least = 0] = sizes
  const most = sizes.at(-1) ?? 0
  const costOf = (kind: QueryKind, transport: Transport, neighbours: number): number =>
    median(
      variants
        .find(variant => variant.transport === transport && variant.neighbours === neighbours)
        ?.costs.get(kind) ?? []
    )
  const costs = QUERY_KINDS.map((kind): Cell[] => [
    kind,
    ...sizes.map(size => microseconds(costOf(kind, 'WebRTC', size))),
    ...sizes.map(size => microseconds(costOf(kind, 'UDP', size)))
  ])
  const ratios = QUERY_KINDS.map((kind): Cell[] => [
    kind,
    ...sizes.map(size => fixed(costOf(kind, 'WebRTC', size) / costOf(equalOf(kind), 'UDP', size), 2)),
    fixed(costOf(kind, 'WebRTC', most) / costOf(kind, 'WebRTC', least), 2),
    fixed(costOf(kind, 'UDP', most) / costOf(kind, 'UDP', least), 2)
  ])
  const count = (size: number) => size.toLocaleString('en')
  return [
    '### CPU time of an answer, by open connections',
    `Microseconds, garbage collection included; medians of ${rounds} rounds, all in turn. Neighbours are in memory; so are the sockets of bittorrent-dht, which has heard of as many nodes and keeps 20 in each bucket.`,
    formatTable(['', ...sizes.map(count), ...sizes.map(size => `bittorrent-dht, ${count(size)}`)], costs),
    'Ratios. A recursive `find_node` is compared with an ordinary one. Wanted for `find_node`: at most 1.2 times bittorrent-dht at 64, and at 4,000 at most 1.5 times what it is at 64.',
    formatTable(
      [
        '',
        ...sizes.map(size => `to bittorrent-dht, ${count(size)}`),
        `${count(most)} to ${count(least)}`,
        'the same of bittorrent-dht'
      ],
      ratios
    )
  ].join('\n\n')
}

/** What of bittorrent-dht a query is compared with. */
function equalOf(kind: QueryKind): QueryKind {
  return kind === 'find_node, recursive' ? 'find_node' : kind
}

function microseconds(number: number): string {
  return fixed(number, number < 100 ? 1 : 0)
}
