/** Finds the cheapest path to a node over known relays: neighbours, and the nodes that they have named. */

import type { Id } from '../id.js'
import { MAX_HOPS } from '../wire/frame.js'

/** Nodes visited while one path is searched. */
const MAX_LOOKED_AT = 128

export interface Ways {
  /** Whether a node is connected, and relays frames. */
  isNeighbour(id: Id): boolean
  /** The nodes that are said to relay frames to a node. */
  relaysTo(id: Id): Id[]
  /** Extra cost of a relay, in hops. */
  costOf(id: Id): number
}

interface Way {
  path: Id[]
  cost: number
}

/**
 * The cheapest known path to a node, searched from its end.
 *
 * @param own this node's id; no path leads over it
 * @returns the ids from the first neighbour to the node itself; `undefined` if there is none
 */
export function findPath(target: Id, own: Id, ways: Ways): Id[] | undefined {
  if (ways.isNeighbour(target)) return [target]
  if (ways.relaysTo(target).length === 0) return undefined // the usual case for announcers, of which there are many
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
