/** Arguments that throw when they are read, secrets in the wrong place, `null`, and signals of old browsers. */

import test from 'tape'
import DHT, { type WebTorrentDHTOptions } from '../../src/index.js'
import { nodePlatform } from '../../src/platform-node.js'
import { failureOf } from '../helpers/calls.js'
import { createNode, createPair, destroyAll, watchProcess } from '../helpers/nodes.js'

const SEED = '5e'.repeat(32)
const pair = await DHT.keyPair(SEED)
const node = () => new DHT({ bootstrap: false })

function thrownBy(call: () => unknown): { code?: unknown; message: string; cause?: unknown } {
  try {
    call()
    return { message: 'nothing was thrown' }
  } catch (error) {
    return error as Error
  }
}

test('what throws when it is read is EINVAL with the cause', t => {
  const detached = new Uint8Array(5)
  structuredClone(detached.buffer, { transfer: [detached.buffer] })
  const fail = (): never => {
    throw new Error('of the getter')
  }
  const getter = (name: string) => Object.defineProperty({}, name, { get: fail, enumerable: true })
  const dht = node()
  const { publicKey: k, sign } = pair
  const calls: [what: string, call: () => unknown][] = [
    ['value', () => dht.put(detached)],
    ['v', () => dht.put({ v: [detached] })],
    ['v', () => dht.put(getter('v') as never)],
    ['salt', () => dht.put({ v: 'x', k, sign, seq: 1, salt: detached })],
    ['salt', () => dht.promises.record(pair, { salt: detached })],
    ['key', () => dht.promises.record(getter('publicKey') as never)],
    ['get', () => dht.get(Buffer.alloc(20), getter('salt'), () => {})],
    ['options', () => new DHT(getter('bootstrap'))],
    ['hash', () => new DHT({ hash: fail })]
  ]
  for (const [what, call] of calls) {
    const { code, message, cause } = thrownBy(call)
    t.deepEqual([code, cause instanceof Error], ['EINVAL', true], `${what}: ${message}`)
  }
  dht.destroy()
  t.end()
})

test('messages show no keys and no passwords', t => {
  const dht = node()
  const { publicKey: k, seed, sign } = pair
  const secretKey = Buffer.concat([seed, k])
  const secrets = [SEED, SEED.toUpperCase(), seed.toString('latin1'), 'hunter2']
  const calls: (() => unknown)[] = [
    () => dht.promises.record({ publicKey: k, seed } as never),
    () => dht.promises.record({ publicKey: k, seed: SEED } as never),
    () => dht.promises.record(secretKey),
    () => dht.promises.record(`${SEED}\n`),
    () => dht.put({ v: 'x', k, seq: 1, sign: SEED as never }),
    () => dht.put({ v: 'x', k: secretKey, seq: 1, sign }),
    () => dht.put({ v: 'x', k: SEED as never, seq: 1, sign }),
    () => dht.put({ v: 'x', k, seq: 1, sig: seed }),
    () => dht.get(Buffer.alloc(20), { k: secretKey }, () => {}),
    ...['https://user:hunter2@dht.example.org/', 'user:hunter2@dht.example.org:80'].map(
      bootstrap => () => new DHT({ bootstrap })
    ),
    () => new DHT({ bootstrap: { host: 'user:hunter2@dht.example.org', port: 80 } }),
    () => new DHT({ simple_peer_opts: { config: { iceServers: [{ credential: 'hunter2' } as never] } } }),
    () => new DHT({ simple_peer_opts: { config: { iceServers: [{ urls: 'http://u:hunter2@x' }] } } })
  ]
  for (const call of calls) {
    const { code, message } = thrownBy(call)
    t.equal(code, 'EINVAL', message)
    t.deepEqual(
      secrets.filter(secret => message.includes(secret)),
      [],
      message
    )
  }
  dht.destroy()
  t.end()
})

test('null is as left out', t => {
  const options = ['idLength', 'extensions', 'simple_peer_opts', 'simple_peer_constructor', 'hash', 'verify']
  for (const name of options) {
    const given = { bootstrap: false, [name]: null } as unknown as WebTorrentDHTOptions
    t.doesNotThrow(() => new DHT(given).destroy(), name)
  }
  for (const config of [null, { iceServers: null }]) {
    const given = { bootstrap: false, simple_peer_opts: { config, wrtc: null } }
    t.doesNotThrow(() => new DHT(given as unknown as WebTorrentDHTOptions).destroy())
  }
  const dht = node()
  const id = Buffer.alloc(20)
  t.doesNotThrow(() => dht.get(id, { cache: null, salt: null, k: null, verify: null } as never, () => {}))
  t.doesNotThrow(() => dht.promises.lookup(id, { own: null } as never))
  t.doesNotThrow(() => dht.promises.record(pair).watch({ interval: null } as never))
  dht.destroy()
  t.end()
})

test('a `hash` that fails later is EAPPLICATION', async t => {
  for (const later of [
    () => new Uint8Array(7),
    () => 5,
    () => {
      throw new Error('hash')
    }
  ]) {
    let count = 0
    const hash = () => (++count < 3 ? new Uint8Array(20) : (later() as Uint8Array))
    const dht = new DHT({ bootstrap: false, hash })
    t.equal(thrownBy(() => dht.put('x', () => t.fail('called back'))).code, 'EAPPLICATION')
    for (const call of [dht.promises.put('x'), dht.promises.record(pair).get()])
      t.equal(((await failureOf(call)) as { code?: unknown }).code, 'EAPPLICATION')
    await destroyAll(dht)
  }
})

test('signals of old browsers are taken; one signal serves many calls, and keeps no listener', async t => {
  const listeners = new Set<unknown>()
  let most = 0
  class OldSignal extends EventTarget {
    aborted = false
    override addEventListener(...args: Parameters<EventTarget['addEventListener']>) {
      listeners.add(args[1])
      most = Math.max(most, listeners.size)
      super.addEventListener(...args)
    }
    override removeEventListener(...args: Parameters<EventTarget['removeEventListener']>) {
      listeners.delete(args[1])
      super.removeEventListener(...args)
    }
  }
  const dht = node()
  const old = new OldSignal()
  const signal = old as unknown as AbortSignal
  const id = Buffer.alloc(20)
  t.equal(await dht.promises.get(id, { signal }), null)
  t.equal(listeners.size, 0)
  const hanging = { publicKey: pair.publicKey, sign: () => new Promise<Uint8Array>(() => {}) }
  const calls = Array.from({ length: 20 }, (_, i) =>
    failureOf(dht.promises.record(hanging, { salt: String(i) }).set('x', { signal }))
  )
  old.aborted = true
  old.dispatchEvent(new Event('abort'))
  const names = (await Promise.all(calls)).map(error => (error as Error).name)
  t.deepEqual(names, Array(20).fill('AbortError'))
  t.deepEqual([most, listeners.size], [1, 0])
  const late = [dht.promises.get(id, { signal }), dht.connect(Buffer.alloc(20, 1), { signal })]
  for (const call of late) t.equal(((await failureOf(call)) as Error).name, 'AbortError')
  await destroyAll(dht)
})

test('an `onProgress` that throws leaves no tag', async t => {
  const { crashes, stop } = watchProcess()
  const [first, second] = await createPair()
  const onProgress = (progress: string) => {
    if (progress === 'connected') throw new Error('mine')
  }
  const failure = await failureOf(second.connect(first.nodeId, { tag: 'mine', onProgress }))
  t.equal((failure as Error).message, 'mine')
  const connection = [...second.socket.node.table.all][0]
  t.notOk(connection?.tags.has('mine'))
  await destroyAll(first, second)
  stop()
  t.deepEqual(crashes, [])
})

test('a WebRTC that does not work is ENOWEBRTC with its reason', async t => {
  const fail = function Failing() {
    throw new Error('no rtc')
  }
  const wrtc = { RTCPeerConnection: fail, RTCSessionDescription: fail, RTCIceCandidate: fail }
  const options: [said: RegExp, given: WebTorrentDHTOptions][] = [
    [/: no rtc$/, { simple_peer_opts: { wrtc } }],
    [/: no rtc$/, { simple_peer_constructor: fail as never }],
    [/without `on`$/, { simple_peer_constructor: class {} as never }],
    [/not a constructor$/, { simple_peer_constructor: (() => {}) as never }],
    // What another class than simple-peer needs of `wrtc` is its own affair.
    [/: no rtc$/, { simple_peer_constructor: fail as never, simple_peer_opts: { wrtc: {} as never } }]
  ]
  const other = await createNode()
  for (const [said, given] of options) {
    const platform = { ...nodePlatform, openLinkSocket: null }
    const dht = new DHT({ ...given, bootstrap: `127.0.0.1:${other.address().port}`, platform })
    const warned = new Promise<Error & { code?: unknown }>(resolve => dht.once('warning', resolve))
    const { code, message, cause } = await warned
    t.deepEqual([code, cause instanceof Error], ['ENOWEBRTC', true], message)
    t.match(message, said)
    t.equal(((await failureOf(dht.promises.put('x'))) as { code?: unknown }).code, 'ENOWEBRTC')
    await destroyAll(dht)
  }
  await destroyAll(other)
})
