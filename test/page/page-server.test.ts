/** What serves the page, beside its files. */

import { once } from 'node:events'
import { createServer } from 'node:http'
import test from 'tape'
import { fragmentOf } from '../../demo/page/model/link-fragment.js'
import { createPageServer } from '../../demo/page-server.js'

test('a page asks the node that served it where others open it', async t => {
  const server = createServer(createPageServer(() => 'http://192.0.2.7:16881/')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : undefined
    const response = await fetch(`http://127.0.0.1:${port}/address.json`)
    t.deepEqual(await response.json(), { url: 'http://192.0.2.7:16881/' })
    t.equal((await fetch(`http://127.0.0.1:${port}/nothing`)).status, 404)
    t.equal((await fetch(`http://127.0.0.1:${port}/address.json`, { method: 'PUT' })).status, 405)
  } finally {
    server.close()
    server.closeAllConnections()
  }
})

test('what a link opens stands after its #, by name', t => {
  t.equal(fragmentOf('http://192.0.2.7/#room=chess%20%26%20club', 'room'), 'chess & club')
  t.equal(fragmentOf('#note=abc', 'note'), 'abc')
  t.equal(fragmentOf('#note=abc', 'room'), null)
  t.equal(fragmentOf('#room=%ff', 'room'), null, 'not written by this page')
  t.equal(fragmentOf('hello', 'room'), null)
  t.end()
})
