/** Queries of a node's to addresses: the way there, the node itself, offers that go with them, and how they end. */

import test, { type Test } from 'tape'
import type { Link } from '../../src/connections/link.js'
import type { Lease } from '../../src/connections/offers.js'
import type { PeerConnection } from '../../src/connections/peer-connection.js'
import type { WebTorrentDHTError } from '../../src/errors.js'
import { INTRODUCE, ROUTE } from '../../src/extensions.js'
import type { CheckedMessage } from '../../src/krpc/inbound.js'
import type { End, Values } from '../../src/krpc/ledger.js'
import { Outbound, type Question } from '../../src/krpc/outbound.js'
import { Remote } from '../../src/krpc/remote.js'
import type { KRPCMessage } from '../../src/upstream.js'
import { encode } from '../../src/wire/bencode.js'
import { encodeReply } from '../../src/wire/message.js'
import { bytesOf, idOf } from '../helpers/fake-neighbours.js'
import { createNode, destroyAll, placeOf, within } from '../helpers/nodes.js'
import {
  createRouteNode,
  only,
  type RouteNodeOptions,
  replyBytes,
  withoutSize
} from '../helpers/route-node.js'

const OWN = { host: '127.0.0.1', port: 1 }
const PLACE = { host: '127.0.0.1', port: 2 }
const TIMEOUT = 2000

const settled = () => new Promise(resolve => setImmediate(resolve))

/** A node A that reaches itself at `OWN`, and at `PLACE` what a test says. */
function create(t: Test, options: RouteNodeOptions = {}) {
  const node = createRouteNode(t, options)
  const followed: { values: Values; leases: number; isDone: boolean }[] = []
  /** What became of the offers. */
  const offers: string[] = []
  const state = {
    /** Finds the way to `PLACE`. */
    reach: (): Promise<Link | 'self'> => Promise.reject(new Error('nobody is there')),
    follow: Promise.resolve()
  }
  const createLease = (number: number): Lease => ({
    describe: async () => ({ type: 'offer', sdp: `v=0 ${number}` }),
    purpose: 'node',
    isReached: () => false,
    use: () => ({}) as never,
    giveBack: () => offers.push(`${number} given back`),
    discard: () => offers.push(`${number} discarded`)
  })
  const following = {
    leaseOffers: async () => [1, 2].map(createLease),
    toSignals: (leases: Lease[]) =>
      Promise.all(
        leases.map(async lease => ({ ...(await lease.describe()), id: bytesOf('A'), extensions: [] }))
      ),
    async follow(values: Values, _: unknown, leases: Lease[]) {
      const followed_ = { values, leases: leases.length, isDone: false }
      followed.push(followed_)
      await state.follow
      followed_.isDone = true
    }
  }
  const outbound = new Outbound({
    id: node.table.id,
    ledger: node.ledger,
    inbound: node.inbound,
    destinations: { reach: async (place: unknown) => (place === OWN ? 'self' : state.reach()) } as never,
    following: following as never
  })
  const sent: (Error | null)[] = []
  const ends: End[] = []
  const ask = (place: typeof OWN, question: Partial<Question> = {}) =>
    outbound.ask(place, {
      method: 'ping',
      args: { id: bytesOf('A') },
      timeout: TIMEOUT,
      onSent: error => sent.push(error),
      onEnd: end => ends.push(end),
      ...question
    })
  const findNode = { method: 'find_node', args: { id: bytesOf('A'), target: bytesOf('Z') } }
  /** A neighbour, which is at `PLACE`. */
  const connect = (extensions?: string[]): PeerConnection => {
    const connection = node.neighbours.add('N', extensions)
    state.reach = async () => connection
    return connection
  }
  /** The arguments of the only query that went to the neighbour. */
  const argsTo = (connection: PeerConnection) => {
    const message = only(node.neighbours.takeMessages(connection))
    if (message.kind !== 'query') throw new Error(message.kind)
    return message.args
  }
  return { node, outbound, state, followed, offers, sent, ends, ask, findNode, connect, argsTo }
}

test('a node answers queries to its own address', async t => {
  const { node, ask, sent, ends } = create(t)
  node.neighbours.add('N')
  const before = structuredClone(node.table.counters)
  const heard: [CheckedMessage, Remote][] = []
  node.inbound.on('query', (...args) => heard.push(args))
  const query = ask(OWN)
  await settled()
  t.deepEqual([sent, ends], [[null], []], 'not before who asked has gone on')
  node.clock.move(0)
  node.clock.move(0)
  t.deepEqual(ends.map(withoutSize), [{ kind: 'replied', values: { id: bytesOf('A') } }])
  t.ok(query.isToSelf)
  const [message, remote] = only(heard)
  t.deepEqual([message.kind, remote.host, remote.port], ['query', OWN.host, OWN.port])
  t.deepEqual(node.neighbours.takeMessages('N'), [], 'nobody else is asked')
  const { sent: counted, messages, drops } = node.table.counters
  t.deepEqual(
    [counted, messages, drops],
    [before.sent, before.messages, before.drops],
    'and nothing is counted'
  )
})

test('a node’s query to itself is checked like any other', async t => {
  const { node, ask, ends } = create(t)
  node.inbound.isListenedTo = () => false
  ask(OWN, { method: 'unheard_of' })
  ask(OWN, { method: 'find_node', args: { id: bytesOf('A') } })
  await settled()
  for (let i = 0; i < 2; i++) node.clock.move(0)
  t.deepEqual(
    ends.map(end => end.kind === 'refused' && Array.isArray(end.error) && end.error[0]),
    [204, 203]
  )
})

test('a node’s queries to itself have no rate limits', async t => {
  const { node, ask, ends } = create(t, { limits: { queries: 1, messages: 1 } })
  for (let i = 0; i < 100; i++) ask(OWN)
  await settled()
  for (let i = 0; i < 2; i++) node.clock.move(0)
  t.deepEqual(
    ends.map(({ kind }) => kind),
    Array(100).fill('replied')
  )
})

test('a listener may answer the node’s query to itself', async t => {
  const { node, ask, ends } = create(t)
  node.inbound.isListenedTo = () => true
  node.inbound.on('query', (message, remote) => {
    Remote.answered(remote)
    Remote.linkOf(remote, node.inbound)?.send(encodeReply(message.transaction, { x: 5 }))
  })
  ask(OWN, { method: 'unheard_of' })
  await settled()
  for (let i = 0; i < 2; i++) node.clock.move(0)
  t.deepEqual(ends.map(withoutSize), [{ kind: 'replied', values: { x: 5 } }])
})

test('a query waits for a link, within its deadline', async t => {
  const { node, ask, state, sent, ends } = create(t)
  let found: (link: Link) => void = () => {}
  state.reach = () =>
    new Promise(resolve => {
      found = resolve
    })
  const query = ask(PLACE)
  await settled()
  node.clock.move(TIMEOUT / 2)
  t.deepEqual(sent, [])
  found(node.neighbours.add('N'))
  await settled()
  t.deepEqual(sent, [null])
  const message = only(node.neighbours.takeMessages('N'))
  t.deepEqual('transaction' in message && message.transaction, query.transaction)
  node.clock.move(TIMEOUT / 2 - 1)
  t.deepEqual(ends, [])
  node.clock.move(1)
  t.equal(ends[0]?.kind, 'failed')
})

test('a query that times out before it has a link is not sent, and leases no offers', async t => {
  const { node, ask, findNode, offers, state, ends } = create(t)
  let found: (link: Link) => void = () => {}
  state.reach = () =>
    new Promise(resolve => {
      found = resolve
    })
  ask(PLACE, findNode)
  node.clock.move(TIMEOUT)
  t.equal(ends[0]?.kind, 'failed')
  found(node.neighbours.add('N', []))
  await settled()
  t.deepEqual(node.neighbours.takeMessages('N'), [])
  t.deepEqual(offers, [], 'none is there to be given back')
})

test('a query without a link fails at once with ETIMEDOUT', async t => {
  const { node, ask, sent, ends } = create(t)
  const query = ask(PLACE)
  await settled()
  const [end] = ends
  const error = end?.kind === 'failed' ? (end.error as WebTorrentDHTError) : undefined
  t.equal(error?.code, 'ETIMEDOUT')
  t.match(String(error?.message), /nobody is there/)
  t.deepEqual(sent, [error ?? null], 'and was not sent')
  t.ok(query.isOver)
  t.equal(node.table.counters.sent.ping?.['not sent'], 1)
})

test('a query that returns nodes carries offers if the asked node needs them', async t => {
  const { ask, findNode, connect, argsTo } = create(t)
  const old = connect([])
  ask(PLACE, findNode)
  await settled()
  const signals = argsTo(old).signals as { sdp: string }[]
  t.deepEqual(
    signals.map(({ sdp }) => sdp),
    ['v=0 1', 'v=0 2']
  )
  ask(PLACE)
  await settled()
  t.notOk('signals' in argsTo(old), 'a ping leads nowhere')
  old.extensions = new Set([INTRODUCE])
  ask(PLACE, findNode)
  await settled()
  t.notOk('signals' in argsTo(old))
})

test('every leased offer is used, given back or discarded, once', async t => {
  const { node, ask, findNode, connect, followed, offers, ends } = create(t)
  connect([])
  const replied = ask(PLACE, findNode)
  await settled()
  node.receive('N', replyBytes('N', replied.transaction))
  t.deepEqual([followed[0]?.leases, offers], [2, []], 'whoever follows the reply has them now')
  const refused = ask(PLACE, findNode)
  await settled()
  node.receive('N', encode({ t: refused.transaction, y: 'e', e: [201, 'no'] }))
  t.deepEqual(offers.splice(0), ['1 given back', '2 given back'])
  ask(PLACE, findNode)
  await settled()
  node.clock.move(TIMEOUT)
  t.deepEqual(offers.splice(0), ['1 discarded', '2 discarded'], 'the node may be answering them')
  await settled()
  t.deepEqual(ends.map(({ kind }) => kind).sort(), ['failed', 'refused', 'replied'])
})

test('a reply that names nodes is followed before its asker gets it', async t => {
  const { node, ask, findNode, connect, state, followed, ends } = create(t)
  connect()
  let open = () => {}
  state.follow = new Promise(resolve => {
    open = resolve
  })
  const query = ask(PLACE, findNode)
  await settled()
  node.receive('N', replyBytes('N', query.transaction))
  await settled()
  t.deepEqual([followed[0]?.isDone, ends], [false, []])
  open()
  await settled()
  t.deepEqual(ends.map(withoutSize), [{ kind: 'replied', values: { id: bytesOf('N') } }])
  const ping = ask(PLACE)
  await settled()
  node.receive('N', replyBytes('N', ping.transaction))
  t.equal(ends.length, 2, 'a ping leads nowhere')
  t.equal(followed.length, 1)
})

test('a recursive query goes only to nodes that speak `route`, and its replies are followed', async t => {
  const { node, ask, findNode, connect, argsTo, followed } = create(t)
  const connection = connect([INTRODUCE])
  const passedOn: [Values, string][] = []
  const question = {
    ...findNode,
    onPassedOn: (values: Values, from: { hex: string }) => passedOn.push([values, from.hex])
  }
  ask(PLACE, question)
  await settled()
  t.notOk('recursive' in argsTo(connection))
  connection.extensions = new Set([INTRODUCE, ROUTE])
  const query = ask(PLACE, question)
  await settled()
  t.equal(argsTo(connection).recursive, 1)
  t.deepEqual(query.recursive?.neighbour, idOf('N'))
  query.recursive?.onReply({ id: bytesOf('R') }, idOf('R'))
  t.deepEqual(passedOn, [[{ id: bytesOf('R') }, idOf('R').hex]])
  t.equal(followed.length, 1)
  ask(PLACE, findNode)
  await settled()
  t.notOk('recursive' in argsTo(connection), 'who does not ask for it gets none')
  node.clock.move(TIMEOUT)
})

test('queries count as use of a connection, except keep-alive and gossip', async t => {
  const { node, ask, findNode, connect } = create(t)
  const connection = connect()
  const before = connection.lastUsed
  node.clock.move(100)
  ask(PLACE)
  await settled()
  t.equal(connection.lastUsed, before)
  ask(PLACE, findNode)
  await settled()
  t.equal(connection.lastUsed, before + 100)
})

test('replies and errors are delivered, also to the node itself', async t => {
  const { node, outbound, connect, ask, ends } = create(t)
  const connection = connect()
  await outbound.deliver(PLACE, Buffer.from('a datagram'))
  t.deepEqual((connection.peer as unknown as { sent: Buffer[] }).sent, [Buffer.from('a datagram')])
  connection.close('no room')
  const error = await outbound.deliver(PLACE, Buffer.from('another one')).catch(error => error)
  t.equal(error.code, 'ETIMEDOUT')
  const query = ask(OWN)
  await outbound.deliver(OWN, encodeReply(query.transaction, { id: bytesOf('A') }))
  node.clock.move(0)
  t.deepEqual(ends.map(withoutSize), [{ kind: 'replied', values: { id: bytesOf('A') } }])
})

test('a node that queries its own HTTP address answers itself', async t => {
  const node = await createNode()
  t.teardown(() => destroyAll(node))
  const [host = '', port] = placeOf(node).split(':')
  const ask = (method: string) =>
    within(
      method,
      new Promise<KRPCMessage | null>(resolve =>
        node._rpc.socket.query(
          { host, port: Number(port) },
          { q: method, a: { id: node.nodeId, target: node.nodeId } },
          (_, reply) => resolve(reply)
        )
      )
    )
  for (const method of ['ping', 'find_node']) t.deepEqual((await ask(method))?.r?.id, node.nodeId)
  t.equal(node.socket.node.table.counts.made, 0, 'without a connection')
})
