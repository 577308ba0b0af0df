/** Finds the way to a node: over neighbours, and nodes that these have named, as far as they are remembered. */

import { MAX_HOPS } from '../wire/frame.js'

/** Nodes that are looked at for one path. */
const MAX_LOOKED_AT = 128

export interface Ways {
  /** Whether a node is connected to this one, and takes frames. */
  isNeighbour(id: string): boolean
  /** The nodes that are said to pass frames on to a node. */
  relaysTo(id: string): string[]
  /** What it costs to go over a node, beyond the one for the hop. */
  costOf(id: string): number
}

interface Way {
  path: string[]
  cost: number
}

/**
 * The cheapest known path to a node, searched from its end.
 *
 * @param ownId is on no path
 * @returns the ids in hex, from the first neighbour to the node itself; `undefined` if there is none
 */
export function findPath(target: string, ownId: string, ways: Ways): string[] | undefined {
  const frontier: Way[] = [{ path: [target], cost: 0 }]
  const seen = new Set([ownId])
  while (seen.size < MAX_LOOKED_AT) {
    const way = takeCheapest(frontier)
    if (!way) return undefined
    const { path, cost } = way
    const first = path[0] as string
    if (seen.has(first)) continue
    seen.add(first)
    if (ways.isNeighbour(first)) return path
    if (path.length >= MAX_HOPS) continue
    for (const relay of ways.relaysTo(first)) {
      if (!path.includes(relay))
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
