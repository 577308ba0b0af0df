import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import bencode from 'bencode'
import fc from 'fast-check'
import test from 'tape'
import type { EventEmitter } from '../../src/events.js'
import { Id } from '../../src/id.js'
import type WebTorrentDHT from '../../src/index.js'
import { countsOf, createJoined, createNode, destroyAll, eventually, within } from '../helpers/nodes.js'
import { encodeRaw, RawClient, type RawMessage } from '../helpers/raw-client.js'
import { watchTests } from '../helpers/watch-tests.js'
import { BAD_ERRORS, BAD_MESSAGES, BAD_REPLIES, FAKE_SDP } from './corpus.js'

const endWatch = watchTests()

/** As many messages as a node holds that come before its own `connect` event, and a ping after them. */
const EARLY_BATCH = 15
const RANDOM_MESSAGES = 1500
const RANDOM_BATCH = 100

/** All that input from outside could leave behind in a node. */
function stateOf(node: WebTorrentDHT) {
  const { socket } = node
  const { table, connector, inbound } = socket.node
  const krpcSocket = node._rpc.socket
  const core = { core: socket.node, table, connector, inbound }
  const emitters = { node, rpc: node._rpc, krpcSocket, socket, ...core }
  const listeners = Object.entries<EventEmitter>(emitters).map(([name, emitter]) => [
    name,
    emitter.eventNames().map(event => [String(event), emitter.listenerCount(event)])
  ])
  return {
    connections: table.all.size,
    existing: table.counts.existing,
    pending: table.counts.pending,
    awaited: [...table.all].map(connection => connection.awaited.size),
    connectionListeners: [...table.all].map(connection => connection.eventNames().length),
    nodes: node.nodes.count(),
    values: node._values.length,
    inflight: node._rpc.socket.inflight,
    listeners
  }
}

/** Where the node thinks that a client is. */
function addressOf(node: WebTorrentDHT, client: RawClient): { host: string; port: number } {
  const address = node.socket.node.addresses.addressOf(Id.of(client.id))
  if (!address) throw new Error('the node does not know the client')
  return address
}

async function isAlive(client: RawClient): Promise<boolean> {
  return (await client.query('ping')).y === 'r'
}

/** Whether the node still serves a newcomer that behaves, in both directions. */
async function isOfUse(node: WebTorrentDHT): Promise<boolean> {
  const other = await createJoined(node)
  const value = randomBytes(20)
  const key = await new Promise<Buffer>((resolve, reject) => {
    other.put(value, (error, key) => (error ? reject(error) : resolve(key)))
  })
  const found = await new Promise<unknown>(resolve => node.get(key, (_, result) => resolve(result?.v)))
  await destroyAll(other)
  return value.equals(found as Buffer)
}

test('each bad message gets its error or none, and the node goes on as if it had not come', async t => {
  const node = await createNode()
  t.teardown(() => destroyAll(node))
  const client = await RawClient.connect(node)
  t.teardown(() => client.close())
  await client.query('ping')
  const before = stateOf(node)
  for (const { name, code, make } of BAD_MESSAGES) {
    const transaction = client.nextTransaction()
    client.send(make({ id: client.id, transaction }))
    const alive = await isAlive(client).catch(() => false)
    const error = client.errors.get(transaction.toString('hex')) ?? null
    const isAsPromised = code === 'any' || error === code
    t.ok(alive && isAsPromised, `${name}: ${alive ? (error ?? 'no error') : 'the node is gone'}`)
    if (!alive) return
  }
  t.notOk(client.isClosed, 'the connection stays')
  await eventually(() => JSON.stringify(stateOf(node)) === JSON.stringify(before), 2000)
  t.deepEqual(stateOf(node), before, 'nothing is left behind')
  t.deepEqual(client.queries, [], 'and the client was asked nothing')
  t.ok(await isOfUse(node), 'others can use the node')
})

test('bad messages that come before the node knows that the connection is open do no harm either', async t => {
  const node = await createNode()
  t.teardown(() => destroyAll(node))
  const messages = BAD_MESSAGES.filter(({ name }) => !name.includes("somebody else's id")) // these would end it
  for (let start = 0; start < messages.length; start += EARLY_BATCH) {
    const id = randomBytes(20)
    const batch = messages.slice(start, start + EARLY_BATCH).map((message, i) => ({
      ...message,
      transaction: Buffer.from([0xbb, i])
    }))
    const early = batch.map(({ make, transaction }) => make({ id, transaction }))
    const client = await RawClient.connect(node, { id, early })
    const alive = await isAlive(client).catch(() => false)
    t.ok(alive, `messages ${start} to ${start + batch.length - 1}: a ping is answered`)
    for (const { name, code, transaction } of batch) {
      const error = client.errors.get(transaction.toString('hex')) ?? null
      if (code !== 'any' && error !== code) t.fail(`${name}: ${error ?? 'no error'}`)
    }
    await client.close()
  }
  t.ok(await eventually(() => countsOf(node).existing === 0), 'nothing is left behind')
  t.ok(await isOfUse(node), 'others can use the node')
})

test('a query that comes before the node knows that the connection is open is answered', async t => {
  const node = await createNode()
  t.teardown(() => destroyAll(node))
  for (const saysId of [true, false]) {
    const id = randomBytes(20)
    const transactions = Array.from({ length: 10 }, (_, i) => Buffer.from([0xaa, i]))
    const early = transactions.map(t => encodeRaw({ t, y: 'q', q: 'ping', a: { id } }))
    const replies: RawMessage[] = []
    const client = await RawClient.connect(node, {
      id: saysId ? id : null,
      early,
      onMessage: m => replies.push(m)
    })
    t.ok(
      await eventually(() => replies.length === early.length),
      `${early.length} early pings, ${replies.length} replies`
    )
    t.ok(
      replies.every(({ y, r }) => y === 'r' && node.nodeId.equals(r?.id as Buffer)),
      'each with the id of the node'
    )
    await client.close()
  }
})

test('more messages than are held before the connection is open do no harm', async t => {
  const node = await createNode()
  t.teardown(() => destroyAll(node))
  const early = Array.from({ length: 2000 }, () => Buffer.alloc(10_000, 'x'))
  const client = await RawClient.connect(node, { early })
  t.ok(await isAlive(client), 'a ping is answered')
  await client.close()
  t.ok(await eventually(() => countsOf(node).existing === 0), 'nothing is left behind')
})

test('random and damaged messages are answered, refused or dropped, and change nothing', async t => {
  const node = await createNode({ peer_connection_timeout: 1 })
  t.teardown(() => destroyAll(node))
  const client = await RawClient.connect(node)
  t.teardown(() => client.close())
  await client.query('ping')
  const before = stateOf(node)
  const messages = fc.sample(damaged(client.id), { numRuns: RANDOM_MESSAGES, seed: 20 })
  for (let start = 0; start < messages.length; start += RANDOM_BATCH) {
    for (const message of messages.slice(start, start + RANDOM_BATCH)) client.send(message)
    const alive = await isAlive(client).catch(() => false)
    t.ok(alive, `after ${start + RANDOM_BATCH} messages`)
    if (!alive) return
  }
  const codes = new Set(client.errors.values())
  t.ok(codes.has(203) && codes.has(204), `errors: ${[...codes].join(', ')}`)
  await eventually(() => JSON.stringify(stateOf(node)) === JSON.stringify(before))
  t.deepEqual(stateOf(node), before, 'nothing is left behind')
  t.ok(await isOfUse(node), 'others can use the node')
})

test('a bad reply is dropped, and the query goes on waiting for a good one', async t => {
  const node = await createNode()
  t.teardown(() => destroyAll(node))
  const client = await RawClient.connect(node)
  t.teardown(() => client.close())
  await client.query('ping')
  const before = stateOf(node)
  for (const { name, make } of BAD_REPLIES) {
    client.onQuery = query => {
      client.send(make({ id: client.id, transaction: query.t }))
      client.reply(query, {})
    }
    const reply = ask(node, client, { q: 'ping', a: { id: node.nodeId } })
    t.deepEqual((await within('a reply', reply)).id, client.id, name)
  }
  client.onQuery = query => client.reply(query.q === 'ping' ? query : { ...query, t: Buffer.from('zz') }, {})
  const isTimedOut = await ask(node, client, { q: 'get', a: { id: node.nodeId, target: client.id } }).then(
    () => false,
    (error: { code?: string }) => error.code === 'ETIMEDOUT'
  )
  t.ok(isTimedOut, 'a reply to another query is no reply to this one')
  t.ok(await isAlive(client))
  await eventually(() => JSON.stringify(stateOf(node)) === JSON.stringify(before), 2000)
  t.deepEqual(stateOf(node), before, 'nothing is left behind')
})

test('a bad error ends its query and nothing else', async t => {
  const node = await createNode()
  t.teardown(() => destroyAll(node))
  const client = await RawClient.connect(node)
  t.teardown(() => client.close())
  await client.query('ping')
  const before = stateOf(node)
  for (const { name, make } of BAD_ERRORS) {
    client.onQuery = query => {
      client.send(make({ id: client.id, transaction: query.t }))
      client.reply(query, {}) // in case that the error was dropped
    }
    const outcome = ask(node, client, { q: 'ping', a: { id: node.nodeId } }).then(
      () => 'reply',
      error => error
    )
    const ended = await within('an end', outcome, 4000).catch(() => null)
    t.ok(
      ended === 'reply' || ended instanceof Error,
      `${name}: ${ended === null ? 'it never ended' : 'ended'}`
    )
    if (!(await isAlive(client).catch(() => false))) return t.fail('the node is gone')
  }
  client.onQuery = null
  t.deepEqual(stateOf(node), before, 'nothing is left behind')
})

test('a reply that nobody waits for is dropped', async t => {
  const [node, client] = await createConnected()
  t.teardown(() => destroyAll(node))
  t.teardown(() => client.close())
  const warnings: string[] = []
  node.on('warning', (warning: Error) => warnings.push(warning.message))
  for (let i = 1; i < 200; i++) {
    const t = Buffer.alloc(2)
    t.writeUInt16BE(i)
    client.sendMessage({ t, y: 'r', r: { id: client.id, v: 'x', token: 'x' } })
  }
  t.ok(await isAlive(client))
  t.deepEqual(warnings, [], 'without a word to the application')
})

test("a reply to a query of another's is dropped", async t => {
  const [node, client] = await createConnected()
  const stranger = await RawClient.connect(node)
  t.teardown(() => destroyAll(node))
  t.teardown(() => Promise.all([client.close(), stranger.close()]))
  await stranger.query('ping')
  client.onQuery = async query => {
    stranger.sendMessage({ t: query.t, y: 'r', r: { id: stranger.id } })
    stranger.sendMessage({ t: query.t, y: 'r', r: { id: client.id } })
    stranger.sendMessage({ t: query.t, y: 'e', e: [201, 'no'] })
    await stranger.query('ping') // the node has read all three
    client.reply(query, { v: 'mine' })
  }
  const r = await ask(node, client, { q: 'get', a: { id: node.nodeId, target: randomBytes(20) } })
  t.equal(String(r.v), 'mine')
})

test('a signed value whose salt is no string is not taken, and ends nothing', async t => {
  const [node, client] = await createConnected()
  t.teardown(() => destroyAll(node))
  t.teardown(() => client.close())
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const k = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)
  for (const salt of [5, [1], { a: 1 }, Buffer.alloc(5000)]) {
    const value = { seq: 1, v: Buffer.from('value'), salt }
    const signed = Buffer.from(bencode.encode(value)).subarray(1, -1)
    const sig = sign(null, signed, privateKey)
    client.onQuery = query => client.reply(query, { ...value, k, sig, token: 'x' })
    const found = new Promise(resolve =>
      node.get(randomBytes(20), (error, result) => resolve(error ?? result))
    )
    const outcome = await within('the end of get', found, 4000).catch(String)
    t.equal(outcome, null, `salt ${JSON.stringify(salt).slice(0, 30)}`)
    if (!(await isAlive(client).catch(() => false))) return t.fail('the node is gone')
  }
})

test('what a node answers to get_peers and get does not harm the application', async t => {
  const [node, client] = await createConnected()
  t.teardown(() => destroyAll(node))
  t.teardown(() => client.close())
  const id = client.id
  const replies: Record<string, unknown>[] = [
    { values: [Buffer.alloc(6), Buffer.alloc(26), Buffer.alloc(7), Buffer.alloc(25)] },
    { values: [], nodes: '' },
    { nodes: Buffer.concat([id, Buffer.alloc(6), node.nodeId, Buffer.alloc(6)]), token: 'x' },
    { nodes: Buffer.concat(Array.from({ length: 64 }, () => randomBytes(26))), token: 'x' },
    { v: 'x', seq: 0 },
    { v: 'x', k: Buffer.alloc(32), token: 'x' },
    { v: 'x', sig: Buffer.alloc(64), token: 'x' },
    { v: 'x', k: Buffer.alloc(32), sig: Buffer.alloc(64), seq: 1, token: 'x' },
    { signals: [0, 0, { id }, { id, type: 'answer', sdp: FAKE_SDP }] },
    { signal: { id, type: 'answer', sdp: FAKE_SDP } }
  ]
  for (const r of replies) {
    client.onQuery = query => client.reply(query, r)
    const peers: { port: number }[] = []
    node.on('peer', peer => peers.push(peer))
    await within('lookup', new Promise(resolve => node.lookup(randomBytes(20), resolve)))
    await within('get', new Promise(resolve => node.get(randomBytes(20), resolve)))
    node.removeAllListeners('peer')
    t.ok(peers.every(({ port }) => port > 0) && (await isAlive(client)), JSON.stringify(Object.keys(r)))
  }
  await client.close()
  const { table } = node.socket.node
  t.ok(await eventually(() => table.isAlone), 'no connection is left')
  t.ok(await eventually(() => [...table.all].every(({ isInitiator }) => isInitiator)), 'but offers for later')
})

test('a node whose ids have 32 bytes takes those and no others', async t => {
  const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest()
  const node = await createNode({ hash })
  t.teardown(() => destroyAll(node))
  const client = await RawClient.connect(node, { id: randomBytes(32) })
  t.teardown(() => client.close())
  const { r } = await client.query('find_node', { target: randomBytes(32) })
  t.deepEqual(r?.id, node.nodeId)
  for (const { name, code, make } of BAD_MESSAGES) {
    const transaction = client.nextTransaction()
    client.send(make({ id: client.id, transaction }))
    const alive = await isAlive(client).catch(() => false)
    const error = client.errors.get(transaction.toString('hex')) ?? null
    if (!alive || (code !== 'any' && error !== code)) t.fail(`${name}: ${alive ? error : 'the node is gone'}`)
  }
  const { e } = await client.query('find_node', { target: randomBytes(20) })
  t.equal(e?.[0], 203, 'a target of 20 bytes')
})

test('a connection that speaks for two nodes is heard for the first alone', async t => {
  const [node, client] = await createConnected()
  t.teardown(() => destroyAll(node))
  t.teardown(() => client.close())
  const other = client.query('ping', { id: randomBytes(20) }, 300).then(
    () => 'answered',
    () => 'dropped'
  )
  t.equal(await other, 'dropped')
  t.equal(node.nodes.count(), 1, 'one node is in the routing table')
  const own = client.query('ping', { id: node.nodeId }, 300).then(
    () => 'answered',
    () => 'dropped'
  )
  t.equal(await own, 'dropped', "and nobody speaks with the node's own id")
  t.ok(await isAlive(client))
})

test('connections that never name their node can be evicted', async t => {
  const node = await createNode({ maxConnections: 3 })
  t.teardown(() => destroyAll(node))
  const silent: RawClient[] = []
  for (let i = 0; i < 3; i++) silent.push(await RawClient.connect(node, { id: null }))
  t.teardown(() => Promise.all(silent.map(client => client.close())))
  for (const connection of node.socket.node.table.all) connection.lastUsed -= 3000 // they have had their time
  const newcomer = await RawClient.connect(node).catch(String)
  t.notEqual(
    typeof newcomer,
    'string',
    `a newcomer gets in: ${newcomer instanceof RawClient ? 'yes' : newcomer}`
  )
  if (newcomer instanceof RawClient) {
    t.ok(await isAlive(newcomer))
    await newcomer.close()
  }
})

test('duplicate connections of one node can be evicted', async t => {
  const node = await createNode({ maxConnections: 3 })
  t.teardown(() => destroyAll(node))
  const id = randomBytes(20)
  const same: RawClient[] = []
  for (let i = 0; i < 3; i++) {
    const client = await RawClient.connect(node, { id: null })
    client.sendMessage({ t: 'aa', y: 'q', q: 'ping', a: { id } })
    same.push(client)
  }
  t.teardown(() => Promise.all(same.map(client => client.close())))
  for (const connection of node.socket.node.table.all) connection.lastUsed -= 3000 // they have had their time
  const newcomer = await RawClient.connect(node).catch(String)
  t.notEqual(
    typeof newcomer,
    'string',
    `a newcomer gets in: ${newcomer instanceof RawClient ? 'yes' : newcomer}`
  )
  if (newcomer instanceof RawClient) await newcomer.close()
})

endWatch('no message would have ended the process')

async function createConnected(): Promise<[WebTorrentDHT, RawClient]> {
  const node = await createNode()
  const client = await RawClient.connect(node)
  await client.query('ping') // now it is in the routing table
  return [node, client]
}

/** Sends a query of the node's own to a client; gives the reply's `r`. */
function ask(
  node: WebTorrentDHT,
  client: RawClient,
  query: { q: string; a: Record<string, unknown> }
): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    node._rpc.query(addressOf(node, client), query, (error, reply) => {
      if (error || !reply?.r) reject(error ?? new Error('no reply'))
      else resolve(reply.r)
    })
  })
}

/** Random bytes, and good messages with a few bytes changed. */
function damaged(id: Buffer): fc.Arbitrary<Buffer> {
  const signal = { id, type: 'offer', sdp: FAKE_SDP, extensions: ['introduce'] }
  const query = (q: string, a: object) => encodeRaw({ t: 'zzzzz', y: 'q', q, a: { id, ...a } })
  const good = [
    query('ping', {}),
    query('find_node', { target: id, signals: [signal, signal] }),
    query('get_peers', { info_hash: id, signals: [signal] }),
    query('announce_peer', { info_hash: id, port: 1, token: 'x'.repeat(20) }),
    query('get', { target: id, seq: 1 }),
    query('put', {
      v: 'x',
      k: Buffer.alloc(32),
      sig: Buffer.alloc(64),
      seq: 1,
      salt: 'x',
      token: 'x'.repeat(20)
    }),
    query('peer_connection', { signal, target: randomBytes(20) }),
    query('pong', {}),
    encodeRaw({
      t: 'aa',
      y: 'r',
      r: { id, nodes: Buffer.alloc(26), values: [Buffer.alloc(6)], signals: [0] }
    }),
    encodeRaw({ t: 'aa', y: 'e', e: [201, 'no'] })
  ]
  const edit = fc.tuple(fc.nat(), fc.nat(255), fc.nat(2))
  const edited = fc.tuple(fc.constantFrom(...good), fc.array(edit, { maxLength: 3 })).map(([bytes, edits]) =>
    edits.reduce((before, [at, byte, removed]) => {
      const position = at % (before.length + 1)
      const after = before.subarray(position + removed)
      return Buffer.concat([before.subarray(0, position), Buffer.from([byte]), after])
    }, bytes)
  )
  const random = fc.uint8Array({ minLength: 1, maxLength: 300 }).map(bytes => Buffer.from(bytes))
  return fc.oneof({ weight: 1, arbitrary: random }, { weight: 5, arbitrary: edited })
}
