/** Credentials for TURN servers: how they are made, read, renewed, and from whom they are taken. */

import { createHmac } from 'node:crypto'
import test from 'tape'
import { TurnServers } from '../../src/connections/turn-servers.js'
import { grantTurn, readTurn } from '../../src/entrances/turn-credentials.js'
import type WebTorrentDHT from '../../src/index.js'
import { nodePlatform } from '../../src/platform-node.js'
import { parseTurnGrant, type TurnGrant } from '../../src/wire/turn-grant.js'
import { HandClock } from '../helpers/hand-clock.js'
import { createJoined, createNode, destroyAll } from '../helpers/nodes.js'

const SECONDS = 1000
const URLS = ['turn:turn.example.org:3478?transport=udp', 'turns:[2001:db8::1]:5349']
const GRANT: TurnGrant = { urls: URLS, username: '1700003600:42', credential: 'c2VjcmV0', ttl: 3600 }
const bodyOf = (turn: unknown) => JSON.stringify({ id: '42', turn })

test('credentials are those of coturn: a time and a name, and their HMAC', t => {
  const sign = nodePlatform.signTurn
  if (!sign) return t.fail('Node.js signs')
  const turn = readTurn('turn', { urls: URLS, secret: 'north' })
  const grant = grantTurn(turn, sign, '42', 1_700_000_000_500)
  const credential = createHmac('sha1', 'north').update('1700003600:42').digest('base64')
  t.deepEqual(grant, { urls: URLS, username: '1700003600:42', credential, ttl: 3600 })
  t.equal(readTurn('turn', { urls: 'turn:a', secret: 's', lifetime: 60 }).lifetime, 60)
  t.end()
})

test('what is no grant is none, so that no browser throws at it', t => {
  t.deepEqual(parseTurnGrant(bodyOf(GRANT)), GRANT)
  t.equal(parseTurnGrant(bodyOf({ ...GRANT, ttl: 1e9 }))?.ttl, 86_400, 'a day at most')
  const wrong = [
    ...[undefined, null, 5, 'turn:a', [], {}],
    ...[
      [],
      'turn:a',
      ['stun:a'],
      ['http://a'],
      ['turn:a:99999'],
      ['turn:'],
      ['turn:a b'],
      Array(5).fill('turn:a')
    ].map(urls => ({ ...GRANT, urls })),
    ...['', 5, 'a b', 'x'.repeat(513), 'a\n'].flatMap(text => [
      { ...GRANT, username: text },
      { ...GRANT, credential: text }
    ]),
    ...[0, -1, 1, 59, '60', null].map(ttl => ({ ...GRANT, ttl }))
  ]
  for (const turn of wrong) t.equal(parseTurnGrant(bodyOf(turn)), undefined, JSON.stringify(turn))
  for (const body of ['', '[', 'null']) t.equal(parseTurnGrant(body), undefined)
  t.end()
})

test('credentials are renewed before they expire, again after a failure, and gone when they have', t => {
  const clock = new HandClock()
  t.teardown(() => clock.restore())
  const servers = new TurnServers()
  let asked = 0
  servers.take('a', { ...GRANT, ttl: 100 }, () => asked++)
  const { urls, username, credential } = GRANT
  t.deepEqual(servers.current, [{ urls, username, credential }])
  clock.move(74 * SECONDS)
  t.equal(asked, 0)
  clock.move(1 * SECONDS)
  t.equal(asked, 1)
  clock.move(24 * SECONDS)
  t.ok(asked > 1, 'nothing has come of it')
  t.equal(servers.current.length, 1)
  servers.take('b', { ...GRANT, ttl: 100 }, () => {})
  servers.take('b', { ...GRANT, username: '2:43', ttl: 100 }, () => {})
  clock.move(1 * SECONDS)
  t.deepEqual(
    servers.current.map(({ username }) => username),
    ['2:43'],
    'the newest of each place'
  )
  servers.close()
  t.equal(clock.pending, 0)
  t.end()
})

test('a newcomer takes those of its own bootstrap places, and of no others', async t => {
  const turn = { urls: 'turn:127.0.0.1:3478', secret: 'north' }
  const server = await createNode({ turn })
  const { port } = server.address()
  const stranger = { nodes: [{ host: '127.0.0.1', port }] }
  const client = await createJoined(server)
  const unwilling = await createJoined(server, { useTurn: false })
  const remembering = await createJoined(server, { bootstrap: false, state: stranger })
  const usernames = (node: WebTorrentDHT) => turnServersOf(node).map(({ username }) => username.split(':')[1])
  t.deepEqual(usernames(client), [client.nodeId.toString('hex')], 'each has a name of its own')
  t.equal(remembering.status, 'connected')
  t.deepEqual([unwilling, remembering].map(usernames), [[], []])
  await destroyAll(server, client, unwilling, remembering)
})

function turnServersOf(node: WebTorrentDHT) {
  return node.socket.node.connector.factory.turnServers.current
}

test('a node that is connected already is handed new ones, too', async t => {
  const server = await createNode({ turn: { urls: 'turn:127.0.0.1:3478', secret: 'north' } })
  const client = await createJoined(server)
  const { connector } = client.socket.node
  connector.factory.turnServers.close()
  t.deepEqual(turnServersOf(client), [])
  const place = { host: '127.0.0.1', port: server.address().port }
  await client.socket.node.destinations.dialPlace(connector.table.addresses.addPlace({ ...place, url: null }))
  t.equal(turnServersOf(client).length, 1)
  t.equal(client.socket.node.table.size, 1, 'over the same connection')
  await destroyAll(server, client)
})
