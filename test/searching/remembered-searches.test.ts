/** Which of the nodes that a search has found are announced and put to. */

import test from 'tape'
import { Id } from '../../src/id.js'
import { RememberedSearches } from '../../src/searching/remembered-searches.js'
import { KBucket, LRU } from '../../src/upstream.js'
import { contactAt } from '../helpers/searching-node.js'

const WIDTH = 4
const TARGET = Id.of(Buffer.alloc(20))
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i)

/** The distances of the nodes that are left of what a search has found. */
function leftOf(found: number[], isDense: boolean): number[] {
  const table = new KBucket({ localNodeId: TARGET.bytes, numberOfNodesPerKBucket: 100 })
  for (const distance of found) table.add(contactAt(distance))
  const tables = new LRU<KBucket>({ max: 10 })
  tables.set(TARGET.hex, table)
  const searches = new RememberedSearches(tables, {
    width: WIDTH,
    isDense: (target, sorted) =>
      isDense && target.equals(TARGET) && sorted[0]?.equals(Id.of(contactAt(1).id)) === true,
    canReach: () => true
  })
  searches.found(TARGET)
  return table
    .toArray()
    .map(({ port }) => port)
    .sort((a, b) => a - b)
}

test('of what a search has found the closest nodes count', t => {
  t.deepEqual(leftOf(range(1, 20).reverse(), false), range(1, WIDTH))
  t.deepEqual(leftOf([3, 1], false), [1, 3])
  t.end()
})

test('where the closest stand too densely, four times as many count', t => {
  t.deepEqual(leftOf(range(1, 20).reverse(), true), range(1, 4 * WIDTH))
  t.end()
})
