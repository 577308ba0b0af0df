/** Bytes that applications give: any view of bytes is as good as a `Buffer`, also one of another realm. They get `Buffer`s. */

import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { runInNewContext } from 'node:vm'
import test from 'tape'
import WebTorrentDHT, { type Store, type StoredValue } from '../../src/index.js'
import { createPair, destroyAll, within } from '../helpers/nodes.js'

const OTHER_REALM = 'of another realm'

/** How an application may hold bytes. */
const KINDS: Record<string, (bytes: Uint8Array) => Uint8Array> = {
  'as Uint8Array': bytes => Uint8Array.from(bytes),
  [OTHER_REALM]: bytes => runInNewContext('Uint8Array.from(bytes)', { bytes: [...bytes] }) as Uint8Array
}

const { publicKey, privateKey } = generateKeyPairSync('ed25519')
const PUBLIC_KEY = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)

function put(node: WebTorrentDHT, value: Parameters<WebTorrentDHT['put']>[0]): Promise<Buffer> {
  const stored = new Promise<Buffer>((resolve, reject) => {
    node.put(value, (error, key) => (error ? reject(error) : resolve(key)))
  })
  return within('put', stored)
}

function get(node: WebTorrentDHT, key: Uint8Array, options = {}): Promise<StoredValue | null> {
  const found = new Promise<StoredValue | null>((resolve, reject) => {
    node.get(key, options, (error, value) => (error ? reject(error) : resolve(value)))
  })
  return within('get', found)
}

test('the realm of the tests is another one', t => {
  const bytes = KINDS[OTHER_REALM]?.(Uint8Array.of(1))
  t.notOk(bytes instanceof Uint8Array)
  t.ok(ArrayBuffer.isView(bytes))
  t.end()
})

for (const [kind, make] of Object.entries(KINDS)) {
  test(`values ${kind} are stored and found`, async t => {
    const [first, second] = await createPair()
    const key = await put(second, make(Buffer.from('bare')))
    t.equal((await get(first, make(key)))?.v.toString(), 'bare')
    const keyOfObject = await put(second, { v: make(Buffer.from('in an object')) })
    t.equal((await get(first, make(keyOfObject)))?.v.toString(), 'in an object')
    await destroyAll(first, second)
  })

  test(`signed values ${kind} are stored and found, key, salt and signature too`, async t => {
    const [first, second] = await createPair()
    const given: unknown[] = []
    const value = {
      v: make(Buffer.from('signed')),
      k: make(PUBLIC_KEY),
      salt: make(Buffer.from('salt')),
      seq: 1,
      sign: (message: Uint8Array) => {
        given.push(message)
        return make(sign(null, message, privateKey))
      }
    }
    const key = await put(second, value)
    t.ok(given.length > 0 && given.every(message => Buffer.isBuffer(message)), '`sign` gets Buffers')
    const found = await get(first, make(key), { salt: make(Buffer.from('salt')), cache: false })
    t.equal(found?.v.toString(), 'signed')
    t.notOk(Buffer.isBuffer(value.v) || Buffer.isBuffer(value.k), 'what was given is not changed')
    const sig = found?.sig && make(found.sig)
    const again = await put(first, { v: value.v, k: value.k, seq: 1, salt: 'salt', ...(sig && { sig }) })
    t.ok(again.equals(key), 'with the signature itself, and the salt as text')
    await destroyAll(first, second)
  })

  test(`ids ${kind} are taken`, async t => {
    const id = Buffer.alloc(20, 3)
    const [first, second] = await createPair()
    const third = new WebTorrentDHT({ bootstrap: false, nodeId: make(id) })
    t.ok(third.nodeId.equals(id))
    t.equal(first.socket.get_id_mapping(make(second.nodeId))?.id, second.nodeId.toString('hex'))
    const connection = await within('connect', first.connect(make(second.nodeId)))
    t.ok(connection.id.equals(second.nodeId))
    third.nodes.add({ id: make(second.nodeId), host: '127.0.0.1', port: 1 })
    third.addNode({ host: '127.0.0.1', port: 1, id: make(first.nodeId) })
    t.ok(third.nodes.toArray().every(contact => Buffer.isBuffer(contact.id)))
    third.removeNode(make(first.nodeId))
    t.deepEqual(
      third.nodes.toArray().map(contact => contact.id.equals(second.nodeId)),
      [true]
    )
    const asked = { host: '127.0.0.1', port: first.address().port, id: make(first.nodeId) }
    const answer = await within(
      'reply',
      new Promise(resolve => second._rpc.query(asked, { q: 'ping' }, error => resolve(error)))
    )
    t.equal(answer, null, 'the id that is expected may be any bytes')
    await destroyAll(first, second, third)
  })
}

test('a hash may give a Uint8Array, and a verify function gets Buffers', async t => {
  const given: unknown[] = []
  const options = {
    hash: (bytes: Uint8Array) => new Uint8Array(createHash('sha256').update(bytes).digest()),
    verify: (...bytes: Uint8Array[]) => {
      given.push(...bytes)
      return true
    }
  }
  const [first, second] = await createPair(options)
  const key = await put(second, { v: 'text', k: PUBLIC_KEY, seq: 1, sig: Buffer.alloc(64) })
  t.equal(key.length, 32)
  t.equal((await get(second, key, { cache: false }))?.v.toString(), 'text')
  t.ok(given.length > 0 && given.every(bytes => Buffer.isBuffer(bytes)))
  given.length = 0
  const { verify } = options
  t.ok(await get(second, key, { cache: false, verify }))
  t.ok(given.length > 0 && given.every(bytes => Buffer.isBuffer(bytes)), 'that of `get`, too')
  await destroyAll(first, second)
})

/** As IndexedDB would: a copy, and no `Buffer`. */
function createStore(): Store {
  const values = new Map<string, StoredValue<Uint8Array>>()
  const records = new Map<string, { infoHash: string; record: Uint8Array; until: number }>()
  return {
    values: {
      size: 0,
      get: async key => values.get(key),
      put: async (key, value) => void values.set(key, structuredClone(value)),
      remove: key => void values.delete(key),
      entries: () => [...values].map(([key, value]) => ({ key, value, until: undefined }))
    },
    peers: {
      size: 0,
      get: async infoHash =>
        [...records.values()].filter(entry => entry.infoHash === infoHash).map(({ record }) => record),
      put: async (infoHash, record, until) =>
        void records.set(infoHash, { infoHash, record: structuredClone(record), until }),
      remove: infoHash => void records.delete(infoHash),
      entries: () => [...records.values()]
    }
  }
}

test('a store may give Uint8Arrays', async t => {
  const [first, second] = await createPair({ store: createStore() })
  const key = await put(second, Buffer.from('text'))
  const found = await get(first, key)
  t.ok(Buffer.isBuffer(found?.v))
  t.equal(found?.v.toString(), 'text')
  const list = [Buffer.from('in a list'), { a: Buffer.alloc(0) }, 5]
  const keyOfList = await put(second, { v: list })
  for (const node of [first, second]) t.deepEqual((await get(node, keyOfList))?.v, list)
  const infoHash = Buffer.alloc(20, 9)
  await within('announce', new Promise(resolve => second.announce(infoHash, 4000, resolve)))
  const peer = new Promise(resolve =>
    first.on('peer', ({ port, id }) => resolve([port, id?.equals(second.nodeId)]))
  )
  first.lookup(infoHash)
  t.deepEqual(await within('peer', peer), [4000, true])
  t.ok(first.toJSON().nodes, 'toJSON works')
  await destroyAll(first, second)
})

test('what a handler throws comes as an Error', async t => {
  const [first, second] = await createPair()
  const warning = new Promise<Error>(resolve => first.once('warning', resolve))
  first._rpc.socket.on('query', () => {
    throw 'a text' // as applications may
  })
  second._rpc.query({ host: '127.0.0.1', port: first.address().port }, { q: 'ping' })
  const error = await within('warning', warning)
  t.ok(error instanceof Error)
  t.equal(error.message, 'a text')
  await destroyAll(first, second)
})
