/** A wrong argument is told what to pass instead. */

import test from 'tape'
import DHT from '../../src/index.js'
import { destroyAll } from '../helpers/nodes.js'

const ID = '07'.repeat(20)
const KEY = Buffer.alloc(32, 7)
const nothing = () => {}

/** Calls that do not compile, and what their errors say. */
const HINTS: [said: RegExp, call: (dht: DHT) => unknown][] = [
  [/infoHash is 'my-room'.*: to use a name, hash it \(SHA-1\)$/, dht => dht.lookup('my-room')],
  [/: of a SHA-256 info hash the first 20 bytes$/, dht => dht.lookup('07'.repeat(32))],
  [/: the info hash that it names$/, dht => dht.announce(`magnet:?xt=urn:btih:${ID}`, 1)],
  [/: a public key is for `promises.record`$/, dht => dht.get(KEY, nothing)],
  [/: a public key is for `promises.record`$/, dht => dht.get(KEY.toString('hex'), nothing)],
  [/^key is an instance of Promise \(await it\); /, dht => dht.get(Promise.resolve() as never, nothing)],
  [/^key is an instance of Promise \(await it\); /, dht => dht.promises.record(DHT.keyPair() as never)],
  [/^value is an object; it should be .* { v: … }$/, dht => dht.put({ seed: ID } as never)], // it may be a key pair
  [/^callback is {"name":"Ann"}; it should be a function$/, dht => dht.put('x', { name: 'Ann' } as never)],
  [/^options has no field 'name'$/, dht => dht.promises.put('x', { name: 'Ann' } as never)],
  [/^v has 2000 bytes; it should have at most 1000 when bencoded/, dht => dht.put({ v: 'x'.repeat(2000) })],
  [/^value has 2000 bytes; /, dht => dht.put(Buffer.alloc(2000))],
  [/^v has 2005 bytes when bencoded; /, dht => dht.put({ v: ['x'.repeat(999), 'x'.repeat(996)] })],
  [/^sign is undefined; it should be a function, or `sig` /, dht => dht.put({ v: 'x', k: KEY, seq: 1 })],
  [
    /^options has no field 'sald'; the nearest is 'salt'$/,
    dht => dht.get(ID, { sald: 'x' } as never, nothing)
  ],
  [/^options is .*: pass { signal }$/, dht => dht.promises.lookup(ID, new AbortController().signal as never)],
  [/^options has no field 'timeout'$/, dht => dht.promises.lookup(ID, { timeout: 5 } as never)],
  [/^the place has no field 'prt'; the nearest is 'port'$/, dht => dht.listen({ prt: 1 } as never)],
  [/^options.bootstrap is 'udp:.* an http: or https: URL/, () => new DHT({ bootstrap: 'udp://127.0.0.1:1' })],
  [
    /^options.limits has no field 'querys'; the nearest is 'queries'$/,
    () => new DHT({ limits: { querys: 5 } as never })
  ]
]

test('a wrong argument is told what to pass instead', async t => {
  const dht = new DHT({ bootstrap: false })
  for (const [said, call] of HINTS) t.match(await messageOf(() => call(dht)), said)
  const keys = await DHT.keyPair()
  const set = () => dht.promises.record(keys).set([true] as never)
  t.match(await messageOf(set), /^value\[0\] is true; /, 'a record calls its value by its name')
  await destroyAll(dht)
})

test('what get gives may be put, whatever other nodes have added', async t => {
  const dht = new DHT({ bootstrap: false })
  const found = { v: 'x', id: KEY, token: KEY, nodes: KEY, ip: KEY, p: 1 }
  t.equal(dht.put(found).length, 20)
  await destroyAll(dht)
})

test('the stack of an error for a wrong argument has the line of the call', async t => {
  const dht = new DHT({ bootstrap: false })
  const deep = { v: [[[[[[[[[[[[[[{ x: true }]]]]]]]]]]]]]] } as never
  for (const call of [() => dht.lookup('x'), () => dht.put(deep), () => new DHT({ k: -1 })]) {
    try {
      t.fail(String(call()))
    } catch (error) {
      t.match(String(error instanceof Error && error.stack), /hints\.test/)
    }
  }
  await destroyAll(dht)
})

async function messageOf(call: () => unknown): Promise<string> {
  try {
    await call()
    return 'taken'
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
