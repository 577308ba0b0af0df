/** A warning that nobody listens for is printed, once. */

import test from 'tape'
import DHT, { type WebTorrentDHTOptions } from '../../src/index.js'
import { nodePlatform } from '../../src/platform-node.js'
import { createNode, createPair, destroyAll, within } from '../helpers/nodes.js'

interface Destroyed {
  destroy(callback: () => void): void
}

const destroy = (one: Destroyed) => within('destroy', new Promise<void>(resolve => one.destroy(resolve)))

/** What is printed while something lives with a misspelt option of its own. */
async function printedBy(
  create: (options: WebTorrentDHTOptions) => Destroyed,
  name: string
): Promise<string[]> {
  const texts: string[] = []
  const platform = { ...nodePlatform, warn: ({ message }: Error) => void texts.push(message) }
  await destroy(create({ bootstrap: false, platform, [name]: 1 }))
  return texts
}

test('a misspelt option is printed where nobody listens, once', async t => {
  const create = (options: WebTorrentDHTOptions) => new DHT(options)
  const texts = await printedBy(create, 'maxConnectionsX')
  t.deepEqual(texts, ["There is no option 'maxConnectionsX'; the nearest is 'maxConnections'"])
  t.deepEqual(await printedBy(create, 'maxConnectionsX'), [], 'once for all nodes')
})

test('whoever listens is told, and nothing is printed', async t => {
  const told: string[] = []
  const printed = await printedBy(options => {
    const dht = new DHT(options)
    dht.on('warning', ({ message }) => void told.push(message))
    return dht
  }, 'maxConnectionsHeard')
  t.deepEqual([told.length, printed], [1, []])
})

test('Node.js prints a warning with its code: a place that does not answer, a missing WebRTC', async t => {
  const closed = await createNode()
  const { port } = closed.address()
  await destroyAll(closed)
  const printed = () =>
    within('a warning', new Promise<Error & { code?: unknown }>(resolve => process.once('warning', resolve)))
  const first = printed()
  const alone = new DHT({ bootstrap: `127.0.0.1:${port}` })
  const { code, message } = await first
  t.deepEqual(
    [code, message],
    ['EUNREACHABLE', `http://127.0.0.1:${port}/: nobody listens there (ECONNREFUSED)`]
  )
  const loadWebRTC = () => Promise.reject(new Error('a worker has no WebRTC, as this test says'))
  const second = printed()
  const bare = new DHT({ bootstrap: '127.0.0.1:9', platform: { ...nodePlatform, loadWebRTC } })
  t.equal((await second).code, 'ENOWEBRTC')
  await destroyAll(alone, bare)
})

test('what a listener throws is printed where nobody listens for warnings', async t => {
  const [b, a] = await createPair()
  const warning = new Promise<Error>(resolve => process.once('warning', resolve))
  b._rpc.on('query', () => {
    throw new Error('of a listener of this test')
  })
  const [peer] = a.nodes.toArray()
  if (peer) a._rpc.query(peer, { q: 'mine' })
  t.equal((await within('a warning', warning)).message, 'of a listener of this test')
  await destroyAll(a, b)
})
