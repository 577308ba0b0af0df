/** What nodes tell each other: the wire from above, between real nodes. */

import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto'
import test from 'tape'
import type WebTorrentDHT from '../../src/index.js'
import type { FoundPeer, StoredValue } from '../../src/index.js'
import { isMadeUp } from '../../src/place.js'
import { createJoined, createNode, createPair, destroyAll, eventually, placeOf } from '../helpers/nodes.js'

const infoHash = Buffer.alloc(20, 5)
const announce = (node: WebTorrentDHT, port?: number) =>
  new Promise<Error | null>(resolve =>
    port ? node.announce(infoHash, port, resolve) : node.announce(infoHash, resolve)
  )
const get = (node: WebTorrentDHT, key: Buffer, options = {}) =>
  new Promise<StoredValue | null>((resolve, reject) => {
    node.get(key, options, (error, value) => (error ? reject(error) : resolve(value)))
  })

async function lookup(node: WebTorrentDHT): Promise<FoundPeer[]> {
  const peers: FoundPeer[] = []
  const note = (peer: FoundPeer) => peers.push(peer)
  node.on('peer', note)
  await new Promise(resolve => node.lookup(infoHash, resolve))
  node.off('peer', note)
  return peers
}

test('a peer comes with the id of the node that announced it, and looks like upstream’s', async t => {
  const [a, b] = await createPair()
  const c = await createJoined(a)
  t.equal(await announce(b, 4444), null)
  for (const node of [a, b, c]) {
    const [peer] = await lookup(node)
    t.deepEqual(Object.keys(peer ?? {}), ['host', 'port'])
    t.equal(peer?.port, 4444)
    t.deepEqual(peer?.id, b.nodeId)
    // c was told over a route, if it is not connected to b: then it has no more than a name for it.
    t.ok(peer?.host === '127.0.0.1' || (node === c && isMadeUp(peer?.host ?? '')), peer?.host)
  }
  await destroyAll(a, b, c)
})

test('an implied port is the one that others see', async t => {
  const [a, b] = await createPair()
  t.equal(await announce(b), null)
  t.deepEqual(await lookup(a), [{ host: '127.0.0.1', port: b.address().port }])
  await destroyAll(a, b)
})

test('mutable values work without options: the platform verifies the signature', async t => {
  const [a, b] = await createPair()
  const pair = generateKeyPairSync('ed25519')
  const k = Buffer.from(pair.publicKey.export({ format: 'jwk' }).x ?? '', 'base64url')
  const privateKey = createPrivateKey(pair.privateKey.export({ format: 'pem', type: 'pkcs8' }))
  const put = (seq: number, v: string) =>
    new Promise<Buffer>((resolve, reject) => {
      const options = {
        k,
        seq,
        v: Buffer.from(v),
        salt: Buffer.from('s'),
        sign: (m: Buffer) => sign(null, m, privateKey)
      }
      a.put(options, (error, key) => (error ? reject(error) : resolve(key)))
    })
  const key = await put(1, 'one')
  await put(2, 'two')
  const value = await get(b, key, { salt: 's' })
  t.deepEqual([value?.v.toString(), value?.seq], ['two', 2])
  await put(1, 'old').then(
    () => t.fail('an old sequence number was stored'),
    error => t.equal(error.code, 302)
  )
  await destroyAll(a, b)
})

test('nodes of a hash of 32 bytes understand each other', async t => {
  const { createHash } = await import('node:crypto')
  const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest()
  const [a, b] = await createPair({ hash })
  const key = await new Promise<Buffer>(resolve => a.put('long', (_, k) => resolve(k)))
  t.equal(key.length, 32)
  t.equal((await get(b, key))?.v.toString(), 'long')
  await destroyAll(a, b)
})

test('extensions of the application are told to the other side, and only common ones are in use', async t => {
  const a = await createNode({ extensions: ['chat', 'zip'] })
  const heard: string[][] = []
  a.socket.on('extensions_received', (_, extensions) => heard.push(extensions))
  const b = await createJoined(a, { extensions: ['zip', 'other'] })
  // Once for each attempt: one that failed is made again.
  t.deepEqual([...new Set(heard.map(String))], ['introduce,release,route,trickle,zip,other'])
  const [connection] = [...b.socket.node.table.all]
  t.deepEqual([...(connection?.extensions ?? [])], ['introduce', 'release', 'route', 'trickle', 'zip'])
  await destroyAll(a, b)
})

test('a node with an HTTP server is known by it, and only such nodes are saved', async t => {
  const a = await createNode()
  const b = await createJoined(a)
  const { socket } = b
  t.ok(await eventually(() => socket.known_http_servers().length === 1))
  t.deepEqual(b.toJSON().nodes, [{ host: '127.0.0.1', port: a.address().port }])
  t.deepEqual(a.toJSON().nodes, [])
  const c = await createNode({ bootstrap: b.toJSON().nodes })
  t.ok(await eventually(() => c.nodes.count() === 2), 'what is saved is good to join with')
  await destroyAll(a, b, c)
})

test('places that are none are not dialled, and no error is emitted', async t => {
  const node = await createNode()
  const events: unknown[] = []
  for (const event of ['error', 'warning'] as const) node.on(event, error => events.push(error))
  const hosts = ['::ffff:127.0.0.1', '240.1.2.3', 'not a host', '', '127.0.0.1/x']
  for (const host of hosts) {
    const error = await new Promise(resolve => node._rpc.query({ host, port: 1 }, { q: 'ping' }, resolve))
    t.equal((error as { code?: string })?.code, 'ETIMEDOUT', host)
  }
  node.addNode({ host: '::ffff:127.0.0.1', port: 6881 })
  t.deepEqual(events, [])
  await destroyAll(node)
})

test('a node that found nobody joins as soon as somebody is there', async t => {
  const first = await createNode()
  const place = placeOf(first)
  await destroyAll(first)
  const early = await createNode({ bootstrap: place })
  const { default: DHT } = await import('../../src/index.js')
  const late = new DHT({ bootstrap: false, simple_peer_opts: { config: { iceServers: [] } } })
  await new Promise<void>(resolve => late.listen(Number(place.split(':')[1]), resolve))
  t.ok(await eventually(() => early.nodes.count() === 1), 'they are connected')
  await destroyAll(early, late)
})
