/** The node A of the vectors, which knows all methods, and its neighbours. */

import type { Test } from 'tape'
import { DHT_METHODS } from '../../src/krpc/methods.js'
import { createRouteNode, type RouteNode } from '../helpers/route-node.js'

/** @param neighbours the extensions of each */
export function createNode(t: Test, neighbours: Record<string, string[]>): RouteNode {
  const node = createRouteNode(t, { takesQueries: false })
  const parts = { idLength: 20, isOfDht: true, table: node.table } as never
  for (const create of DHT_METHODS) node.inbound.addMethod(create(parts))
  for (const [letter, extensions] of Object.entries(neighbours)) node.neighbours.add(letter, extensions)
  return node
}
