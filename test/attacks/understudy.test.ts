/** A second connection under a connected id never speaks as that id, unless the node itself says that it is its own. */

import test, { type Test } from 'tape'
import type { PeerConnection } from '../../src/connections/peer-connection.js'
import { Id } from '../../src/id.js'
import type WebTorrentDHT from '../../src/index.js'
import { countsOf, createNode, destroyAll, eventually, placeOf } from '../helpers/nodes.js'
import { createOffer, postFrom, RawClient, type RawMessage } from '../helpers/raw-client.js'
import { runUnderstudy } from './understudy.js'

const NOTHING = { answered: 0, isLeft: false, isHarmed: false, hasInherited: false }

test('an understudy that connected before the node gets nothing', async t => {
  t.deepEqual(await runUnderstudy(true), NOTHING)
})

test('an understudy that connects after the node gets nothing', async t => {
  t.deepEqual(await runUnderstudy(false), NOTHING)
})

const idOf = ({ id }: RawClient) => Id.of(id)
const tableOf = (node: WebTorrentDHT) => node.socket.node.table

/** A node with a client whose first connection says, when it is asked, whether a second one is its own. */
async function createContest(
  t: Test,
  own: number
): Promise<{ node: WebTorrentDHT; first: RawClient; second: RawClient; asked: RawMessage[] }> {
  const node = await createNode()
  t.teardown(() => destroyAll(node))
  const first = await RawClient.connect(node)
  t.teardown(() => first.close())
  const asked: RawMessage[] = []
  first.onQuery = query => {
    if (query.a?.fingerprint) asked.push(query)
    first.reply(query, query.a?.fingerprint ? { own } : {})
  }
  await first.query('ping')
  const second = await RawClient.connect(node, { id: null })
  t.teardown(() => second.close())
  second.onQuery = query => second.reply(query, { id: first.id })
  return { node, first, second, asked }
}

test('what a second connection says is answered once the node has said that it is its own', async t => {
  const { node, first, second, asked } = await createContest(t, 1)
  const reply = await second.query('find_node', { id: first.id, target: first.id })
  t.equal(reply.y, 'r')
  t.equal(asked.length, 1, 'the first one was asked')
  const connections = [...tableOf(node).all].filter(({ id }) => id?.equals(idOf(first)))
  t.equal(connections.length, 2, 'both stay for the replies under way')
  t.equal(tableOf(node).get(idOf(first)), connections[0], 'the first one is in use')
})

test('the fingerprint that is asked for is that of the second connection', async t => {
  const { node, first, second, asked } = await createContest(t, 0)
  const rival = [...tableOf(node).all].find(({ id }) => id === null) as PeerConnection
  second.sendMessage({ t: 'aa', y: 'q', q: 'ping', a: { id: first.id } })
  t.ok(await eventually(() => second.isClosed), 'who is not vouched for is disconnected')
  t.equal(asked[0]?.a?.fingerprint?.toString(), rival.remoteFingerprint)
  t.match(rival.remoteFingerprint ?? '', /^sha-256 [0-9a-f:]{95}$/)
  t.ok(tableOf(node).get(idOf(first))?.isOpen)
})

test('a rival of a node that leaves meanwhile does not take its place', async t => {
  const { node, first, second } = await createContest(t, 1)
  first.onQuery = null
  const own = tableOf(node).get(idOf(first))
  second.sendMessage({ t: 'aa', y: 'q', q: 'ping', a: { id: first.id } })
  t.ok(await eventually(() => [...tableOf(node).all].some(({ contestedId }) => contestedId !== null)))
  await first.close()
  t.ok(await eventually(() => second.isClosed && own?.isClosed === true))
  t.equal(tableOf(node).get(idOf(first)), undefined)
})

test('an offer under somebody’s id ends no attempt of his own, unless it comes from the same origin', async t => {
  const node = await createNode()
  t.teardown(() => destroyAll(node))
  const { offer, close } = await createOffer()
  t.teardown(close)
  const body = JSON.stringify({ ...offer, id: 'ab'.repeat(20) })
  const pending = async (from: string) => {
    const { status } = await postFrom(from, `http://${placeOf(node)}/`, body)
    t.equal(status, 200)
    return countsOf(node).pending
  }
  t.equal(await pending('127.0.0.2'), 1)
  t.equal(await pending('127.0.0.3'), 2, 'both may open')
  t.equal(await pending('127.0.0.3'), 2, 'it has given up its earlier one')
})

test('a node asked about a connection of its own says so, and denies any other', async t => {
  const node = await createNode()
  t.teardown(() => destroyAll(node))
  const client = await RawClient.connect(node)
  t.teardown(() => client.close())
  await client.query('ping')
  const connection = tableOf(node).get(idOf(client))
  const ask = async (fingerprint: string) => (await client.query('ping', { fingerprint })).r?.own
  t.equal(await ask(connection?.fingerprint ?? ''), 1)
  t.equal(await ask(connection?.remoteFingerprint ?? ''), 0)
  t.equal((await client.query('ping')).r?.own, undefined, 'unasked it says nothing')
})
