/** Finds the way to a node: over neighbours, and nodes that these have named, as far as they are remembered. */

import type { Id } from '../id.js'
import { MAX_HOPS } from '../wire/frame.js'

/** Nodes that are looked at for one path. */
const MAX_LOOKED_AT = 128

export interface Ways {
  /** Whether a node is connected to this one, and takes frames. */
  isNeighbour(id: Id): boolean
  /** The nodes that are said to pass frames on to a node. */
  relaysTo(id: Id): Id[]
  /** What it costs to go over a node, beyond the one for the hop. */
  costOf(id: Id): number
}

interface Way {
  path: Id[]
  cost: number
}

/**
 * The cheapest known path to a node, searched from its end.
 *
 * @param own is on no path
 * @returns the ids from the first neighbour to the node itself; `undefined` if there is none
 */
export function findPath(target: Id, own: Id, ways: Ways): Id[] | undefined {
  if (ways.isNeighbour(target)) return [target]
  if (ways.relaysTo(target).length === 0) return undefined // as for most announcers, of whom many are looked for at once
  const frontier: Way[] = [{ path: [target], cost: 0 }]
  const seen = new Set([own.hex])
  while (seen.size < MAX_LOOKED_AT) {
    const way = takeCheapest(frontier)
    if (!way) return undefined
    const { path, cost } = way
    const first = path[0] as Id
    if (seen.has(first.hex)) continue
    seen.add(first.hex)
    if (ways.isNeighbour(first)) return path
    if (path.length >= MAX_HOPS) continue
    for (const relay of ways.relaysTo(first)) {
      if (!path.some(id => id.equals(relay)))
        frontier.push({ path: [relay, ...path], cost: cost + 1 + ways.costOf(relay) })
    }
  }
  return undefined
}

function takeCheapest(frontier: Way[]): Way | undefined {
  let cheapest = 0
  for (let i = 1; i < frontier.length; i++) {
    if ((frontier[i] as Way).cost < (frontier[cheapest] as Way).cost) cheapest = i
  }
  return frontier.splice(cheapest, 1)[0]
}
