/**
 * How densely nodes stand. Ids are spread evenly, except where somebody has chosen them: whoever has the ids nearest to a key decides
 * what a lookup of it finds (Sybil attack). So where nodes stand far denser than elsewhere, a lookup goes farther. Cholez, Chrisment
 * and Festor, Efficient DHT attack mitigation through peers' ID distribution.
 *
 * A span is the distance from a point to the `width`th node, in its first 32 bits.
 */

import { compareDistances, Id } from '../id.js'

/** Times as dense as elsewhere. With 8 nodes, chance makes one key in a thousand so dense. */
const DENSE = 4
/** Lists of neighbours that tell more than this node's own surroundings. */
const LEAST_LISTS = 3

export interface DensityOptions {
  id: Id
  /** How many nodes a search converges on. */
  width: number
  /** From each neighbour to the last of its nearest nodes. */
  spansOfNeighbours(): number[]
  /** The known nodes nearest to an id, in any order. */
  nearest(id: Id, count: number): Id[]
}

export class Density {
  readonly #options: DensityOptions

  constructor(options: DensityOptions) {
    this.#options = options
  }

  /** The span that is to be expected around a key; 0 if it is unknown. */
  get expected(): number {
    const spans = this.#options.spansOfNeighbours().sort((a, b) => a - b)
    if (spans.length < LEAST_LISTS) return this.#ownSpan
    return spans[spans.length >> 1] ?? 0 // the median: a third of the neighbours may lie
  }

  /** Whether the nodes nearest to a target, which are sorted by their distance, stand far denser than elsewhere. */
  isDense(target: Id, sorted: readonly Id[]): boolean {
    return isDense(target, sorted, this.#options.width, this.expected)
  }

  get #ownSpan(): number {
    const { id, width, nearest } = this.#options
    const sorted = nearest(id, width).sort((a, b) => compareDistances(id, a, b))
    return spanOf(id, sorted, width)
  }
}

/** The span around a target, of nodes that are sorted by their distance; 0 if there are too few. */
function spanOf(target: Id, sorted: readonly Id[], width: number): number {
  const last = sorted[width - 1]
  return last ? (last.prefix ^ target.prefix) >>> 0 : 0
}

/** Whether the nodes nearest to a target, which are sorted by their distance, stand far denser than expected. */
export function isDense(target: Id, sorted: readonly Id[], width: number, expected: number): boolean {
  return sorted.length >= width && spanOf(target, sorted, width) < expected / DENSE
}

/**
 * Random points around a target, within the expected span: one in each of the three largest buckets there. Nobody can have chosen
 * ids near them.
 */
export function pointsAround({ bytes, prefix }: Id, expected: number): Id[] {
  const largest = Math.clz32(expected)
  return [largest, largest + 1, largest + 2].flatMap(bit => {
    if (bit > 31) return []
    const point = Buffer.from(crypto.getRandomValues(new Uint8Array(bytes.length)))
    const below = (0xffffffff >>> bit) >>> 1
    const flipped = prefix ^ (0x80000000 >>> bit)
    const first = Buffer.alloc(4)
    first.writeUInt32BE(((flipped & ~below) | (point.readUInt32BE() & below)) >>> 0)
    return Id.of(Buffer.concat([first, point.subarray(4)]))
  })
}
