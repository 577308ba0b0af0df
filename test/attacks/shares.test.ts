/** A share of the store cannot be used up in somebody's name. */

import test from 'tape'
import { runShares } from './shares.js'

test('what a relay announces in the name of a node does not cost that node its share', async t => {
  const { stored, refused } = await runShares()
  t.equal(stored, 5, 'the name has a share over this relay, and no more')
  t.equal(refused, 0, 'the node itself is refused nothing')
})
