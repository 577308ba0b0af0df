/** Candidates that come after their description follow it, on the way that it took. */

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import test, { type Test } from 'tape'
import { TRICKLE } from '../../src/extensions.js'
import { Id } from '../../src/id.js'
import type WebTorrentDHT from '../../src/index.js'
import { latePeerClass } from '../helpers/late-peer.js'
import { createWithoutRoutes, dial, keepToItself, tableOf } from '../helpers/line.js'
import { createNode, destroyAll, eventually, placeOf } from '../helpers/nodes.js'
import { createStunServer } from '../helpers/stun-server.js'

/** Milliseconds: later than a description waits on this machine, where a round trip takes one. */
const LATE = 800

const idOf = (node: WebTorrentDHT) => Id.of(node.nodeId)
const received = (node: WebTorrentDHT) => tableOf(node).counters.received.candidates ?? 0
const waiting = (...nodes: WebTorrentDHT[]) => nodes.map(node => node.socket.node.late.count)

/** Two nodes that a third one introduces to each other. From then on their addresses come late. */
async function createHidden(t: Test, create: typeof createNode) {
  const stun: { url: string | null } = { url: null }
  const options = { simple_peer_constructor: latePeerClass(stun) }
  const nodes = [await createNode(options), await create(options), await createNode(options)] as const
  t.teardown(() => destroyAll(...nodes))
  const [a, relay, c] = nodes
  const { destinations } = a.socket.node
  const connect = destinations.connect.bind(destinations)
  for (const node of nodes) keepToItself(node)
  await dial(a, relay)
  await dial(c, relay)
  tableOf(a).addresses.learn(idOf(c), idOf(relay), relay.socket.node.options.extensions.includes('route'))
  stun.url = (await createStunServer(t, { answersAfter: LATE })).url
  return { a, relay, c, connect: () => connect(idOf(c)) }
}

test('late candidates follow an offer and its answer over the relay that introduced the nodes', async t => {
  const { a, relay, c, connect } = await createHidden(t, createWithoutRoutes)
  const connection = await connect()
  t.ok(connection.isOpen)
  t.ok(received(relay) > 0, 'the relay has passed them on')
  t.ok(received(a) + received(c) > 0, 'to an end')
  t.ok(await eventually(() => waiting(a, relay, c).every(count => count === 0)), 'nobody waits for more')
})

test('late candidates follow an offer and its answer over a route', async t => {
  const { a, relay, c, connect } = await createHidden(t, createNode)
  const connection = await connect()
  t.ok(connection.isOpen)
  t.equal(received(relay), 0, 'the relay passes frames on')
  t.ok(received(a) + received(c) > 0)
  t.ok(await eventually(() => waiting(a, relay, c).every(count => count === 0)), 'nobody waits for more')
})

test('a node that does not speak `trickle` is sent none, and is not reached in time', async t => {
  const { a, relay, c, connect } = await createHidden(t, createWithoutRoutes)
  const extensions = c._rpc.options.extensions as string[]
  extensions.splice(extensions.indexOf(TRICKLE), 1)
  await connect().then(
    () => t.fail('its address came too late'),
    ({ code }) => t.equal(code, 'ECONNFAILED')
  )
  t.deepEqual([received(a), received(c)], [0, 0])
  t.deepEqual(waiting(a, relay, c), [0, 0, 0], 'nobody waits for more')
})

test('late candidates follow a dial and its answer, over a connection and over a route', async t => {
  const { a, relay, c } = await createHidden(t, createNode)
  for (const node of [c, relay]) {
    node.handle('echo', ({ accept }) => {
      const peer = accept()
      peer.on('data', (bytes: Uint8Array) => peer.send(bytes))
    })
  }
  for (const node of [c, relay]) {
    const before = received(a) + received(node)
    const peer = await a.dial(node.nodeId, 'echo')
    t.teardown(() => peer.destroy())
    t.ok(peer.connected)
    t.ok(received(a) + received(node) > before)
    t.ok(await eventually(() => waiting(a, node).every(count => count === 0)), 'nobody waits for more')
  }
})

test('late candidates follow an offer and its answer over HTTP', async t => {
  const stun = await createStunServer(t, { answersAfter: LATE })
  const options = { simple_peer_constructor: latePeerClass({ url: stun.url }) }
  const [server, newcomer] = [await createNode(options), await createNode(options)]
  t.teardown(() => destroyAll(server, newcomer))
  const bodies: string[] = []
  const between = createServer(async (request, response) => {
    const body = (await request.toArray()).join('')
    bodies.push(body)
    const reply = await fetch(`http://${placeOf(server)}`, { method: 'POST', body })
    response.writeHead(reply.status).end(await reply.text())
  })
  await new Promise<void>(resolve => between.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    between.close()
    between.closeAllConnections()
  })
  const { port } = between.address() as AddressInfo
  newcomer._rpc.query({ host: '127.0.0.1', port }, { q: 'ping' }, () => {})
  t.ok(await eventually(() => tableOf(newcomer).get(idOf(server)) !== undefined))
  const late = bodies.map(body => JSON.parse(body)).filter(({ type }) => type === 'candidates')
  t.ok(late.some(({ candidates }) => candidates.some((line: string) => line.includes(' typ srflx'))))
  t.ok(new Set(late.map(({ ufrag }) => ufrag)).size === 1, 'at the first attempt')
})
