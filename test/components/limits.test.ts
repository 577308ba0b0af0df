/** What a stranger may ask of a node: everything up to a limit, and nothing grows beyond it. */

import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import test, { type Test } from 'tape'
import { Id } from '../../src/id.js'
import type WebTorrentDHT from '../../src/index.js'
import type { Limits } from '../../src/index.js'
import { createNode, destroyAll, eventually } from '../helpers/nodes.js'
import { createOffer, encodeRaw, RawClient, type RawMessage } from '../helpers/raw-client.js'

async function createNeighbours(
  t: Test,
  count: number,
  limits: Partial<Limits> = {}
): Promise<[WebTorrentDHT, ...RawClient[]]> {
  const node = await createNode({ limits })
  t.teardown(() => destroyAll(node))
  const clients: RawClient[] = []
  for (let i = 0; i < count; i++) {
    const client = await RawClient.connect(node)
    t.teardown(() => client.close())
    await client.query('ping')
    clients.push(client)
  }
  return [node, ...clients]
}

/** How many queries of a row are answered with a reply, and how many with error 429. */
async function ask(client: RawClient, count: number, make: () => [method: string, args: object]) {
  const replies: RawMessage[] = []
  for (let i = 0; i < count; i++) {
    const [method, args] = make()
    replies.push(await client.query(method, args as Record<string, unknown>))
  }
  const refused = replies.filter(({ e }) => e?.[0] === 429 || e?.[0] === 503).length
  return { replied: replies.filter(({ y }) => y === 'r').length, refused }
}

test('more queries than the limit get error 429, on that connection alone', async t => {
  const [node, busy, other] = (await createNeighbours(t, 2, { queries: 1 })) as [
    WebTorrentDHT,
    RawClient,
    RawClient
  ]
  const { replied, refused } = await ask(busy, 20, () => ['find_node', { target: randomBytes(20) }])
  t.ok(replied >= 9 && replied <= 12, `ten seconds' worth, less the one before: ${replied}`)
  t.equal(refused, 20 - replied)
  t.equal((await other.query('ping')).y, 'r', 'the other one is answered')
  t.equal(node.stats().drops['too many queries'], refused)
})

test('a connection that floods is closed, and the node goes on', async t => {
  const [node, flooding, other] = (await createNeighbours(t, 2, { messages: 10 })) as [
    WebTorrentDHT,
    RawClient,
    RawClient
  ]
  const message = encodeRaw({ t: 'aa', y: 'q', q: 'ping', a: { id: flooding.id } })
  for (let i = 0; i < 300; i++) flooding.send(message)
  t.ok(await eventually(() => flooding.isClosed), 'it is disconnected')
  const { drops, connections } = node.stats()
  t.equal(connections.closed.flooding, 1)
  t.ok(drops['too many messages'] >= 100, `${drops['too many messages']} messages were not even read`)
  t.equal((await other.query('ping')).y, 'r')
})

test('bytes have a limit too', async t => {
  const [node, client] = (await createNeighbours(t, 1, { bytes: 4096 })) as [WebTorrentDHT, RawClient]
  for (let i = 0; i < 4; i++) client.send(encodeRaw({ t: 'aa', y: 'x', v: Buffer.alloc(16_384) }))
  t.ok(await eventually(() => node.stats().drops['too many bytes'] >= 1))
  t.equal(node.stats().drops.malformed, 2, 'two had been read')
})

test('offers have a limit: each would be an RTCPeerConnection', async t => {
  const [node, client] = (await createNeighbours(t, 1, { offers: 1 })) as [WebTorrentDHT, RawClient]
  const { offer, close } = await createOffer()
  t.teardown(close)
  const { made } = node.stats().connections
  const signal = () => ({ id: randomBytes(20), ...offer, extensions: [] })
  const forThis = [{}, { target: node.nodeId }]
  let asked = 0
  const { replied, refused } = await ask(client, 15, () => [
    'peer_connection',
    { signal: signal(), ...forThis[asked++ % 2] }
  ])
  t.ok(replied <= 11 && refused >= 4, `${replied} answered, ${refused} refused`)
  t.equal(node.stats().connections.made - made, replied)
})

test('introductions have a limit: a node cannot be used to attack another one', async t => {
  const [node, asker, target] = (await createNeighbours(t, 2, { introductions: 1 })) as [
    WebTorrentDHT,
    RawClient,
    RawClient
  ]
  target.onQuery = query => target.reply(query, { signal: { id: target.id } })
  const { offer, close } = await createOffer()
  t.teardown(close)
  const signal = { id: asker.id, ...offer, extensions: [] }
  const { replied, refused } = await ask(asker, 15, () => ['peer_connection', { target: target.id, signal }])
  t.ok(replied <= 11 && refused >= 4, `${replied} passed on, ${refused} refused`)
  t.equal(target.queries.filter(({ q }) => q === 'peer_connection').length, replied)
  t.equal(node.stats().drops['too many introductions'], refused)
})

test('signals in a query count as introductions, each of them', async t => {
  const [node, asker, ...targets] = await createNeighbours(t, 5, { introductions: 1 })
  if (!asker) return t.fail('no asker')
  for (const target of targets) target.onQuery = query => target.reply(query, { signal: { id: target.id } })
  const { offer, close } = await createOffer()
  t.teardown(close)
  const signals = Array.from({ length: 4 }, () => ({ id: asker.id, ...offer, extensions: [] }))
  for (let i = 0; i < 5; i++) await asker.query('find_node', { target: randomBytes(20), signals })
  const passedOn = targets.flatMap(({ queries }) => queries.filter(({ q }) => q === 'peer_connection'))
  t.ok(passedOn.length <= 11, `${passedOn.length} of 20`)
  t.equal(node.stats().drops['too many introductions'], 20 - passedOn.length)
})

test('what is stored has a limit for each node, and in time', async t => {
  const [node, client, other] = (await createNeighbours(t, 2, { peersPerNode: 3, valuesPerNode: 2 })) as [
    WebTorrentDHT,
    RawClient,
    RawClient
  ]
  const announce = async (by: RawClient, infoHash: Buffer) => {
    const { r } = await by.query('get_peers', { info_hash: infoHash })
    return by.query('announce_peer', { info_hash: infoHash, port: 4000, token: r?.token })
  }
  const infoHashes = Array.from({ length: 4 }, () => randomBytes(20))
  const replies: RawMessage[] = []
  for (const infoHash of infoHashes) replies.push(await announce(client, infoHash))
  t.deepEqual(
    replies.map(({ y }) => y),
    ['r', 'r', 'r', 'e']
  )
  t.equal(replies[3]?.e?.[0], 429)
  t.equal(
    (await announce(client, infoHashes[0] as Buffer)).y,
    'r',
    'what it has announced it may announce again'
  )
  t.equal((await announce(other, infoHashes[3] as Buffer)).y, 'r', 'another node has its own share')

  const put = async (by: RawClient, v: string) => {
    const { r } = await by.query('get', { target: randomBytes(20) })
    return by.query('put', { v, token: r?.token })
  }
  t.deepEqual(
    [(await put(client, 'a')).y, (await put(client, 'b')).y, (await put(client, 'c')).y],
    ['r', 'r', 'e']
  )
  t.equal((await put(client, 'a')).y, 'r', 'the same value again')
  t.equal((await put(other, 'c')).y, 'r')
  t.deepEqual(node.stats().stored, { peers: 4, values: 3 })
  t.equal(node.stats().drops['share of the store used up'], 2)
})

test('stores have a limit in time', async t => {
  const [, client] = (await createNeighbours(t, 1, { stores: 1 })) as [WebTorrentDHT, RawClient]
  const { r } = await client.query('get', { target: randomBytes(20) })
  let number = 0
  const { replied, refused } = await ask(client, 15, () => [
    'put',
    { v: `value ${number++}`, token: r?.token }
  ])
  t.ok(replied <= 11 && refused >= 4, `${replied} stored, ${refused} refused`)
})

test('a token is for the node that asked, not for all on its host', async t => {
  const [, asker, other] = (await createNeighbours(t, 2)) as [WebTorrentDHT, RawClient, RawClient]
  const { r } = await asker.query('get', { target: randomBytes(20) })
  t.equal((await other.query('put', { v: 'theirs', token: r?.token })).e?.[0], 203)
  t.equal((await asker.query('put', { v: 'own', token: r?.token })).y, 'r')
})

test('a forged value gets error 206 and is not stored', async t => {
  const [node, client] = (await createNeighbours(t, 1)) as [WebTorrentDHT, RawClient]
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const k = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32)
  const { r } = await client.query('get', { target: randomBytes(20) })
  const put = (v: string, sig: Buffer) => client.query('put', { v, k, sig, seq: 1, token: r?.token })
  const sig = sign(null, Buffer.from('3:seqi1e1:v4:true'), privateKey)
  t.equal((await put('lies', sig)).e?.[0], 206)
  t.equal(node.stats().stored.values, 0)
  t.equal((await put('true', sig)).y, 'r')
  t.equal(node.stats().stored.values, 1)
  t.equal(node.stats().drops['forged value'], 1)
})

test('a connection whose other end turns out to be somebody else is closed', async t => {
  const node = await createNode()
  t.teardown(() => destroyAll(node))
  const client = await RawClient.connect(node, { id: randomBytes(20) }) // so a relay of its offer would have said, too
  t.teardown(() => client.close())
  client.sendMessage({ t: 'aa', y: 'q', q: 'ping', a: { id: randomBytes(20) } })
  t.ok(await eventually(() => client.isClosed), 'it was said to be to another node')
})

test('a newcomer cannot take over the id of a node that is connected', async t => {
  const [node, client] = (await createNeighbours(t, 1)) as [WebTorrentDHT, RawClient]
  const { table } = node.socket.node
  const id = Id.of(client.id)
  const connection = table.get(id)
  client.onQuery = query => client.reply(query, {})
  if (connection) connection.openedAt -= 10_000
  const impostor = await RawClient.connect(node, { id: null }) // says who it is in its first message only
  t.teardown(() => impostor.close())
  impostor.sendMessage({ t: 'aa', y: 'q', q: 'ping', a: { id: client.id } })
  t.ok(await eventually(() => impostor.isClosed), 'it is disconnected')
  t.equal(table.get(id), connection)
  t.ok(connection?.isOpen)
})

test('a node that was started anew replaces its old connection, also where it says its id late', async t => {
  const [node, old] = (await createNeighbours(t, 1)) as [WebTorrentDHT, RawClient]
  const { table } = node.socket.node
  const id = Id.of(old.id)
  const connection = table.get(id)
  if (connection) connection.openedAt -= 10_000 // and it answers nothing any more
  const anew = await RawClient.connect(node, { id: null })
  t.teardown(() => anew.close())
  anew.onQuery = query => anew.reply({ ...query }, { id: old.id })
  anew.sendMessage({ t: 'aa', y: 'q', q: 'ping', a: { id: old.id } })
  t.ok(await eventually(() => connection?.isClosed === true), 'the old one was asked, and did not answer')
  t.ok(await eventually(() => table.get(id)?.isOpen === true), 'the new one takes its place')
  const current = table.get(id)
  await new Promise(resolve => setTimeout(resolve, 2600)) // a connection that lost would be closed by now
  t.ok(current?.isOpen, 'and stays')
})

test('a node disconnected for flooding cannot reconnect at once with full rate limits', async t => {
  const [node, flooding] = (await createNeighbours(t, 1, { messages: 10 })) as [WebTorrentDHT, RawClient]
  const message = encodeRaw({ t: 'aa', y: 'q', q: 'ping', a: { id: flooding.id } })
  for (let i = 0; i < 300; i++) flooding.send(message)
  t.ok(await eventually(() => flooding.isClosed))
  const { made } = node.stats().connections
  const again = await RawClient.connect(node, { id: flooding.id }).catch(String)
  t.match(String(again), /503/, 'from the same address, with the same id')
  t.equal(node.stats().connections.made, made, 'it costs no RTCPeerConnection')
  const late = await RawClient.connect(node, { id: null })
  t.teardown(() => late.close())
  late.send(message)
  t.ok(await eventually(() => late.isClosed), 'nor may it say the id later')
})

test('offers that lead to nothing lock nobody out', async t => {
  const node = await createNode({ maxPendingConnections: 8 })
  t.teardown(() => destroyAll(node))
  const neighbour = await RawClient.connect(node)
  t.teardown(() => neighbour.close())
  const { offer, close } = await createOffer()
  t.teardown(close)
  for (let i = 0; i < 10; i++) {
    void neighbour.query('peer_connection', { signal: { id: randomBytes(20), ...offer, extensions: [] } })
  }
  t.ok(
    await eventually(() => node.stats().connections.signalling >= 6),
    'as many are in the making as may be'
  )
  const newcomer = await RawClient.connect(node)
  t.teardown(() => newcomer.close())
  t.equal((await newcomer.query('ping')).y, 'r', 'somebody who comes from elsewhere gets in')
})
