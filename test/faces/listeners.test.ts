/** What functions of the application throw: a warning. Nothing else suffers, no other node, and no process ends. */

import test from 'tape'
import WebTorrentDHT from '../../src/index.js'
import { createJoined, createNode, destroyAll, eventually, watchProcess, within } from '../helpers/nodes.js'
import { put } from '../helpers/values.js'

const INFO_HASH = Buffer.alloc(20, 1)
const EVENTS = [
  'ready',
  'listening',
  'close',
  'status',
  'node',
  'peer',
  'announce',
  'find_node',
  'get_peers',
  'announce_peer',
  'get',
  'put'
] as const
const SOCKET_EVENTS = ['node_connected', 'node_disconnected', 'extensions_received'] as const

for (const [kind, listen] of Object.entries({
  throws: (event: string) => {
    throw new Error(event)
  },
  'gives a promise that is rejected': async (event: string) => {
    throw new Error(event)
  }
})) {
  test(`a listener that ${kind}: a warning for each event, and all goes on`, async t => {
    const { crashes, stop } = watchProcess()
    const warned = new Set<string>()
    const later = new Set<string>()
    const node = new WebTorrentDHT({ bootstrap: false, extensions: ['mine'] })
    node.on('warning', error => warned.add(error.message))
    for (const event of EVENTS) {
      node.on(event, () => listen(event))
      node.on(event, () => later.add(event))
    }
    for (const event of SOCKET_EVENTS) node.socket.on(event, () => listen(event))
    await within('listening', new Promise<void>(resolve => node.listen(0, resolve)))
    await within('ready', node.promises.ready())
    const others = [await createJoined(node), await createJoined(node)] as const
    t.equal(await within('announce', others[0].promises.announce(INFO_HASH, 5)), 2, 'all took it')
    const { error, tally } = await put(others[0], 'x')
    t.deepEqual([error, tally?.refused, tally?.unanswered], [null, {}, 0])
    await within('lookup', new Promise(resolve => node.lookup(INFO_HASH, resolve)))
    await destroyAll(...others)
    t.ok(await eventually(() => node.status === 'alone'))
    await within('destroy', destroyAll(node))
    t.deepEqual([...later].sort(), [...EVENTS].sort(), 'the next listener')
    const wanted = [...EVENTS, ...SOCKET_EVENTS]
    t.ok(await eventually(() => wanted.every(event => warned.has(event))), [...warned].join())
    stop()
    t.deepEqual(crashes, [])
  })
}

test('what nobody can be told goes to the console', async t => {
  const { crashes, stop } = watchProcess()
  const node = await createNode()
  const { error } = console
  const said: unknown[] = []
  console.error = thrown => said.push(thrown)
  t.teardown(() => {
    console.error = error
  })
  const fail = (text: string) => () => {
    throw text
  }
  node.on('find_node', fail('no listener for warnings'))
  node.emit('find_node', INFO_HASH)
  node.on('warning', fail('the listener for warnings'))
  node.emit('find_node', INFO_HASH)
  await destroyAll(node)
  stop()
  t.deepEqual([said, crashes], [['no listener for warnings', 'the listener for warnings'], []])
})

test('a `requestListener` that fails is a warning, and status 500', async t => {
  const { crashes, stop } = watchProcess()
  for (const requestListener of [
    () => {
      throw new Error('of the page')
    },
    () => Promise.reject(new Error('of the page'))
  ]) {
    const node: WebTorrentDHT = await createNode({ requestListener })
    const warned = new Promise<Error & { code?: unknown; cause?: unknown }>(resolve =>
      node.once('warning', resolve)
    )
    const response = await within('a response', fetch(`http://127.0.0.1:${node.address().port}/`))
    t.equal(response.status, 500)
    const { code, message, cause } = await within('the warning', warned)
    t.deepEqual(
      [code, message, cause],
      ['EAPPLICATION', 'requestListener failed: of the page', new Error('of the page')]
    )
    await destroyAll(node)
  }
  stop()
  t.deepEqual(crashes, [])
})
