/** The sender of a query is noted, although no application listens to queries. */

import test from 'tape'
import { createPair, destroyAll, within } from '../helpers/nodes.js'

test('a query of a node in the routing table says when it was last seen', async t => {
  const [b, a] = await createPair()
  t.teardown(() => destroyAll(a, b))
  const contact = b.nodes.get(a.nodeId)
  if (!contact) return t.fail('it is not in the table')
  contact.seen = 0
  await findNode()
  t.ok(Date.now() - (b.nodes.get(a.nodeId)?.seen ?? 0) < 60_000)

  b.nodes.remove(a.nodeId)
  const warning = new Promise<Error>(resolve => b.once('warning', resolve))
  const node = new Promise(resolve => b.once('node', resolve))
  b.once('node', () => {
    throw new Error('of the application')
  })
  await findNode()
  await within('the node', node)
  t.ok(b.nodes.get(a.nodeId), 'one that is not in the table comes into it')
  t.equal((await within('the warning', warning)).message, 'of the application')

  function findNode(): Promise<unknown> {
    const query = { q: 'find_node', a: { id: a.nodeId, target: a.nodeId } }
    const place = { host: '127.0.0.1', port: b.address().port }
    return within('the reply', new Promise(resolve => a._rpc.query(place, query, resolve)))
  }
})
