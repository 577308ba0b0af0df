/** A full node names other servers that have room. */

import dns from 'node:dns'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import test, { type Test } from 'tape'
import { parseRefusal } from '../../src/entrances/other-servers.js'
import WebTorrentDHT, { WebTorrentDHTError } from '../../src/index.js'
import { createJoined, createNode, destroyAll, eventually, placeOf } from '../helpers/nodes.js'

const OFFER = JSON.stringify({ type: 'offer', sdp: 'v=0\r\n', extensions: [] })

/** A node that is full with servers, which joined it. */
async function createFull(t: Test, servers: number): Promise<[WebTorrentDHT, ...WebTorrentDHT[]]> {
  const full = await createNode({ maxConnections: servers })
  const others: WebTorrentDHT[] = []
  t.teardown(() => destroyAll(full, ...others))
  full.socket.node.table.eviction.evict = () => Promise.resolve(false)
  const place = { host: '127.0.0.1', port: full.address().port, url: null }
  for (let i = 0; i < servers; i++) {
    const server = await createNode()
    others.push(server)
    await server.socket.node.destinations.dialPlace(server.socket.node.addresses.addPlace(place))
  }
  await eventually(() => full.socket.known_http_servers().length === servers)
  return [full, ...others]
}

/** Has a node count as full. */
function fill(node: WebTorrentDHT): void {
  Object.defineProperty(node.socket.node.table, 'isFull', { value: true })
}

async function refusalOf(node: WebTorrentDHT, headers: Record<string, string> = {}) {
  const response = await fetch(`http://${placeOf(node)}/`, { method: 'POST', body: OFFER, headers })
  return { status: response.status, ...parseRefusal(await response.text()) }
}

test('a full node names two servers that have room, and says why it refuses', async t => {
  const [full, ...others] = await createFull(t, 4)
  const [first, second] = others as [WebTorrentDHT, WebTorrentDHT]
  for (const node of [first, second]) fill(node)
  const refusal = await refusalOf(full)
  t.deepEqual([refusal.status, refusal.reason], [503, 'all 4 connections are in use'])
  const named = refusal.others.map(({ host, port }) => `${host}:${port}`).sort()
  t.deepEqual(named, others.slice(2).map(placeOf).sort())
})

test('servers in private networks are not named to strangers', async t => {
  const [full] = await createFull(t, 2)
  t.equal((await refusalOf(full)).others.length, 2)
  const refusal = await refusalOf(full, { 'x-forwarded-for': '198.51.100.7' })
  t.deepEqual([refusal.status, refusal.others], [503, []])
})

test('nobody is sent to names of private networks, nor to other services', async t => {
  const [full] = await createFull(t, 3)
  const claims = [
    { host: 'intranet', port: 8000 },
    { host: 'example.org', port: 25 },
    { host: 'example.org', port: 8000 }
  ]
  for (const { peer } of full.socket.node.table.connections)
    Object.assign(peer, { http_server: claims.pop() })
  const headers = { 'x-forwarded-for': '198.51.100.7' }
  t.deepEqual((await refusalOf(full, headers)).others, [{ host: 'example.org', port: 8000 }])
})

test('a public place cannot send a newcomer into its private network', async t => {
  const full = createServer((request, response) => {
    request.resume()
    response.writeHead(503).end('full\ntry intranet:8000\ntry metadata.google.internal:80')
  })
  await new Promise<void>(resolve => full.listen(0, '127.0.0.1', resolve))
  const { port } = full.address() as AddressInfo
  const lookedUp = new Set<string>()
  const { lookup } = dns
  dns.lookup = ((name: string, _: object, callback: (...args: unknown[]) => void) => {
    lookedUp.add(name)
    callback(null, [{ address: '127.0.0.1', family: 4 }])
  }) as typeof lookup
  const newcomer = new WebTorrentDHT({
    bootstrap: `http://dht.example.org:${port}`,
    simple_peer_opts: { config: { iceServers: [] } }
  })
  t.teardown(async () => {
    dns.lookup = lookup
    await destroyAll(newcomer)
    full.close()
    full.closeAllConnections()
  })
  newcomer.on('warning', () => {})
  await new Promise<void>(resolve => newcomer.once('ready', resolve))
  t.deepEqual([...lookedUp], ['dht.example.org'])
})

test('servers that do not answer are not named, and all are asked once for many newcomers', async t => {
  const [full, ...others] = await createFull(t, 3)
  const [silent, asked] = others as [WebTorrentDHT, WebTorrentDHT]
  silent.socket.node.inbound.receive = () => {} // as if its process were stopped
  const before = asked.stats().queries.received.ping
  const refusals = await Promise.all(Array.from({ length: 5 }, () => refusalOf(full)))
  for (const { others } of refusals) t.notOk(others.some(({ port }) => port === silent.address().port))
  t.equal(asked.stats().queries.received.ping, before + 1)
})

test('a newcomer that knows a full node only gets in at one that it names', async t => {
  const [full, first, second] = await createFull(t, 2)
  const newcomer = await createJoined(full)
  t.teardown(() => destroyAll(newcomer))
  t.ok(await eventually(() => newcomer.status === 'connected'), 'it is in')
  const { counts } = full.socket.node.table
  t.equal(counts.existing, 2, 'the full one has not let it in')
  t.ok([first, second].some(node => node?.socket.get_id_mapping(newcomer.nodeId)?.connected))
})

test('what a named server names in turn is not tried', async t => {
  const nodes = await Promise.all([createNode(), createNode(), createNode()])
  const [full, named, namedInTurn] = nodes
  t.teardown(() => destroyAll(...nodes))
  const asked: WebTorrentDHT[] = []
  const refuseAndName = (node: WebTorrentDHT, other: WebTorrentDHT) => {
    node.socket.node.table.takeSlot = () => {
      asked.push(node)
      return Promise.reject(new WebTorrentDHTError('EFULL', `full\ntry ${placeOf(other)}`))
    }
  }
  refuseAndName(full, named)
  refuseAndName(named, namedInTurn)
  refuseAndName(namedInTurn, full)
  const newcomer = await createJoined(full)
  t.teardown(() => destroyAll(newcomer))
  t.ok(asked.includes(full) && asked.includes(named), 'the named one is asked')
  t.notOk(asked.includes(namedInTurn), 'and nobody else')
})

test('a refusal names two places at most, and nothing but places', t => {
  const read = (body: string) => parseRefusal(body).others.map(({ host, port }) => `${host}:${port}`)
  t.deepEqual(parseRefusal('full\n'), { reason: 'full', others: [] })
  t.deepEqual(read('full\ntry a.example:1\ntry [2001:db8::1]:2\ntry c.example:3'), [
    'a.example:1',
    '[2001:db8::1]:2'
  ])
  t.deepEqual(
    read('full\ntry\ntry a\ntry a:0\ntry a:99999\ntry http://a:1/path\ntry a:1/path\nTRY a:1\n try a:1'),
    []
  )
  t.deepEqual(read('<html>\n<body>try a.example:1'), [])
  t.end()
})
