/** Nodes whose NATs let no connection through: they do not try, and an application is told. */

import test from 'tape'
import type { NetworkKind } from '../../src/connections/network.js'
import type WebTorrentDHT from '../../src/index.js'
import { HERE, lineOf, THERE } from '../helpers/behind-nats.js'
import { ask, codeOf, failureOf, sayBack } from '../helpers/calls.js'
import { areConnected } from '../helpers/line.js'
import { eventually } from '../helpers/nodes.js'
import { countMade } from '../helpers/signals.js'

const find = (node: WebTorrentDHT, other: WebTorrentDHT) =>
  new Promise<void>(resolve =>
    node._rpc.closest(other.nodeId, { q: 'find_node', a: { target: other.nodeId } }, null, () => resolve())
  )

const refusedBy = (node: WebTorrentDHT) => node.stats().queries.sent.peer_connection.refused

test('nodes that cannot meet make no connection for each other, whatever their tables want', async t => {
  for (const kinds of [
    ['symmetric', 'symmetric'],
    ['symmetric', 'nat'],
    ['nat', 'symmetric']
  ] as const) {
    const [a, b, c] = await lineOf(t, [HERE, kinds[0]], [THERE, kinds[1]])
    await find(a, c)
    const before = countMade([b, c])
    for (const node of [a, c]) Reflect.deleteProperty(node.nodes, 'wants')
    await find(a, c)
    t.ok(await eventually(() => refusedBy(a) === 1), 'it is asked once, and says so')
    await find(a, c)
    await find(c, a)
    await find(a, c)
    t.equal(refusedBy(a), 1, 'it is not asked again')
    t.notOk(areConnected(a, c))
    t.equal(
      countMade([b, c]) - before,
      c.socket.node.connector.offers.count,
      'none was made but offers that serve again'
    )
    t.equal(a.stats().connections.closed['not opened'], 0)
    t.equal(a.stats().offers.wasted, 0, 'the offer serves again')
    const { key } = await a.promises.put(`of ${kinds}`)
    t.equal(String((await c.promises.get(key))?.v), `of ${kinds}`, 'they find over others what they look for')
  }
})

test('nodes that can meet do, whatever is said of their NATs', async t => {
  const pairs: [string, [string, NetworkKind], [string, NetworkKind]][] = [
    ['two ordinary NATs', [HERE, 'nat'], [THERE, 'nat']],
    ['behind one symmetric NAT', [HERE, 'symmetric'], [HERE, 'symmetric']],
    ['one of which nothing is known', [HERE, 'symmetric'], [THERE, 'unknown']]
  ]
  for (const [title, first, last] of pairs) {
    const [a, , c] = await lineOf(t, first, last)
    await a.connect(c.nodeId)
    t.ok(areConnected(a, c), title)
  }
})

test('connect and dial fail at once with ECANNOTMEET, and no handler is called', async t => {
  for (const kinds of [
    ['symmetric', 'nat'],
    ['nat', 'symmetric'],
    ['blocked', 'nat']
  ] as const) {
    const [a, , c] = await lineOf(t, [HERE, kinds[0]], [THERE, kinds[1]])
    let calls = 0
    c.handle('chat', ({ accept }) => {
      calls++
      accept()
    })
    const error = (await failureOf(a.dial(c.nodeId, 'chat'))) as Error & { code?: string }
    t.equal(error.code, 'ECANNOTMEET', `${kinds}`)
    t.match(error.message, /NAT/)
    if (kinds[0] !== 'blocked') t.equal(await codeOf(a.connect(c.nodeId)), 'ECANNOTMEET')
    t.equal(calls, 0)
    t.equal(a.stats().queries.sent.dial.refused, 1, 'it was asked once')
  }
})

test('a handler whose own peers use TURN is called; the answer without a relay is refused', async t => {
  const [a, , c] = await lineOf(t)
  let calls = 0
  c.handle(
    'chat',
    ({ accept }) => {
      calls++
      accept()
    },
    { hasTurn: true }
  )
  t.equal(await codeOf(a.dial(c.nodeId, 'chat')), 'ECANNOTMEET')
  t.equal(calls, 1)
  t.throws(() => c.handle('x', () => {}, { hasTurn: 1 } as never), { code: 'EINVAL' })
})

test('a dial between nodes that can meet is as ever', async t => {
  const [a, , c] = await lineOf(t, [HERE, 'nat'], [THERE, 'nat'])
  sayBack(c, 'echo')
  const peer = await a.dial(c.nodeId, 'echo')
  t.teardown(() => peer.destroy())
  t.equal(await ask(peer, 'hello'), 'hello')
})
