/** The contract with users of bittorrent-dht: the same program, once with it and once with this package in its place. */

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import test from 'tape'
import WebTorrentDHT, { KRPCSocketWebRTC, KRPCWebRTC } from '../../src/index.js'
import { BittorrentDHT, type StoredValue } from '../../src/upstream.js'

type DHT = BittorrentDHT
type Class = new (options: Record<string, unknown>) => DHT

const classes: [name: string, Class: Class][] = [
  ['bittorrent-dht', BittorrentDHT],
  ['webtorrent-dht', WebTorrentDHT as Class]
]
const webRTC = { simple_peer_opts: { config: { iceServers: [] } } }
const infoHash = Buffer.alloc(20, 8)

const listen = (dht: DHT) => new Promise<void>(resolve => dht.listen(0, resolve))
const ready = (dht: DHT) => new Promise<void>(resolve => dht.once('ready', resolve))
const destroy = (dht: DHT) => new Promise<void>(resolve => dht.destroy(resolve))

for (const [name, Class] of classes) {
  const create = (options: Record<string, unknown> = {}) =>
    new Class({ bootstrap: false, ...webRTC, ...options })

  test(`${name}: fields and methods`, async t => {
    const nodeId = Buffer.alloc(20, 1)
    const dht = create({ nodeId })
    t.deepEqual(dht.nodeId, nodeId)
    t.deepEqual([dht.listening, dht.destroyed, dht.ready], [false, false, undefined])
    for (const field of ['_tables', '_rpc', '_values', 'nodes'])
      t.equal(typeof dht[field as 'nodes'], 'object', field)
    for (const method of [
      'addNode',
      'removeNode',
      'announce',
      'lookup',
      'put',
      'get',
      'toJSON',
      'listen',
      'address'
    ]) {
      t.equal(typeof dht[method as 'listen'], 'function', method)
    }
    await ready(dht)
    await listen(dht)
    t.deepEqual([dht.listening, dht.ready], [true, true])
    t.deepEqual(Object.keys(dht.address()).sort(), ['address', 'family', 'port'])
    const { nodes, values } = dht.toJSON()
    t.deepEqual({ nodes, values }, { nodes: [], values: {} })
    await destroy(dht)
    t.equal(dht.destroyed, true)
  })

  test(`${name}: join, announce, lookup, put, get`, async t => {
    const first = create()
    await listen(first)
    const place = { host: '127.0.0.1', port: first.address().port }
    const second = create({ bootstrap: [`${place.host}:${place.port}`] })
    await ready(second)
    t.equal(
      second.nodes.toArray()[0]?.port,
      place.port,
      'a node is known under the place where it was dialled'
    )
    const announced = new Promise(resolve => first.once('announce', (peer, hash) => resolve([peer, hash])))
    const error = await new Promise(resolve => second.announce(infoHash, 6000, resolve))
    t.equal(error, null)
    t.deepEqual(await announced, [{ host: '127.0.0.1', port: 6000 }, infoHash])
    const peers: unknown[] = []
    second.on('peer', (peer, hash, from) => peers.push([peer, hash, (from as { port: number }).port]))
    const visited = await new Promise(resolve =>
      second.lookup(infoHash.toString('hex'), (_, n) => resolve(n))
    )
    t.deepEqual(peers, [[{ host: '127.0.0.1', port: 6000 }, infoHash, place.port]])
    t.equal(visited, 1)
    const key = await new Promise<Buffer>(resolve => second.put('a value', (_, k) => resolve(k)))
    t.deepEqual(first.toJSON().values[key.toString('hex')]?.v, Buffer.from('a value').toString('hex'))
    const value = await new Promise<StoredValue | null>(resolve =>
      first.get(key, { cache: false }, (_, v) => resolve(v))
    )
    t.equal(value?.v.toString(), 'a value')
    const missing = await new Promise(resolve => first.get(Buffer.alloc(20, 77), (_, v) => resolve(v)))
    t.equal(missing, null)
    await Promise.all([destroy(first), destroy(second)])
  })

  test(`${name}: mistakes throw, nobody to ask is an error, a lookup can be stopped`, async t => {
    const dht = create()
    t.throws(() => dht.put({} as { v: string }))
    t.throws(() => dht.put(Buffer.alloc(1000)), /1000 bytes/)
    t.throws(() => dht.lookup(5 as unknown as string))
    const error = await new Promise<Error | null>(resolve => dht.announce(infoHash, 1, resolve))
    t.ok(error instanceof Error)
    const abort = dht.lookup(infoHash)
    t.equal(abort(), undefined)
    await destroy(dht)
    await destroy(dht)
  })
}

test('the classes of k-rpc and k-rpc-socket can be called without new, as upstream’s can', t => {
  const socket = (KRPCSocketWebRTC as unknown as (options: object) => KRPCSocketWebRTC)({ bootstrap: false })
  const rpc = (KRPCWebRTC as unknown as (options: object) => KRPCWebRTC)({ bootstrap: false })
  t.ok(socket instanceof KRPCSocketWebRTC)
  t.ok(rpc instanceof KRPCWebRTC)
  rpc.destroy(() => socket.destroy(() => t.end()))
})

test('after destroy the process exits by itself', t => {
  const entry = new URL('../../src/index.js', import.meta.url).href
  const program = `
    import DHT from '${entry}'
    const a = new DHT({ bootstrap: false })
    a.listen(0, () => {
      const b = new DHT({ bootstrap: '127.0.0.1:' + a.address().port })
      b.on('ready', () => b.put('x', () => { a.destroy(() => b.destroy(() => console.log('destroyed'))) }))
    })`
  const { stdout, status, signal } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    timeout: 10_000,
    encoding: 'utf8'
  })
  t.deepEqual([stdout, status, signal], ['destroyed\n', 0, null])
  t.end()
})
