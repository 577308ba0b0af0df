/** What strangers may do holds for an application's queries too, and only good messages reach its listeners. */

import type { Test } from 'tape'
import type { EventEmitter } from '../../src/events.js'
import type { WebRTCSocket } from '../../src/faces/webrtc-socket.js'
import type { KRPCMessage, KRPCSocket, Peer } from '../../src/upstream.js'
import {
  ask,
  bind,
  closing,
  createEchoing,
  createHasty,
  createSockets,
  nextQuery,
  onOurs,
  SHORT_TIMEOUT
} from '../helpers/implementations.js'
import { eventually, watchProcess } from '../helpers/nodes.js'
import { RawClient } from '../helpers/raw-client.js'
import { BAD_MESSAGES } from '../robustness/corpus.js'

const statsOf = ({ socket }: KRPCSocket) => (socket as WebRTCSocket).stats()

async function connectRaw(t: Test, place: Peer): Promise<RawClient> {
  const client = await RawClient.connect(`127.0.0.1:${place.port}`)
  t.teardown(() => client.close())
  return client
}

onOurs(
  'an application’s queries beyond the limit get error 429, and reach nobody',
  async (t, implementation) => {
    const { server, client, place } = await createEchoing(t, implementation, { limits: { queries: 1 } })
    let heard = 0
    server.on('query', () => heard++)
    const outcomes = await Promise.all(
      Array.from({ length: 30 }, (_, i) => ask(client, place, { q: 'echo', a: i }))
    )
    const answered = outcomes.filter(({ error }) => error === null).length
    const refused = outcomes.filter(({ error }) => error?.code === 429).length
    t.ok(answered >= 9 && answered <= 12, `ten seconds' worth: ${answered}`)
    t.deepEqual([refused, heard], [30 - answered, answered])
    t.equal(statsOf(server).drops['too many queries'], refused)
    const other = closing(t, implementation.createSocket())
    t.equal((await ask(other, place, { q: 'echo' })).error, null, 'another node has its own limit')
  }
)

onOurs('refusals have the same limit where nobody listens', async (t, implementation) => {
  const { client, place } = await createSockets(t, implementation, { limits: { queries: 1 } })
  const outcomes = await Promise.all(Array.from({ length: 30 }, () => ask(client, place, { q: 'echo' })))
  const codes = outcomes.map(({ error }) => error?.code)
  t.ok(codes.filter(code => code === 204).length <= 12)
  t.ok(codes.includes(429))
})

onOurs(
  '204 is the answer only while nobody listens: at k-rpc-socket, k-rpc and the DHT',
  async (t, implementation) => {
    const dht = closing(t, implementation.createDHT())
    const rpc = closing(t, implementation.createRPC())
    const socket = closing(t, implementation.createSocket())
    const hasty = closing(t, implementation.createSocket({ timeout: SHORT_TIMEOUT }))
    const patient = closing(t, implementation.createSocket())
    for (const [node, listenedTo] of [
      [socket, socket],
      [rpc, rpc],
      [rpc, rpc.socket],
      [dht._rpc, dht._rpc],
      [dht._rpc, dht._rpc.socket]
    ] as const) {
      const { port } = node.address()
      const place = port === 0 ? await bind(node) : { host: '127.0.0.1', port }
      const listener = () => {}
      const emitter: EventEmitter = listenedTo
      emitter.on('query', listener)
      t.equal(
        (await ask(hasty, place, { q: 'chat' })).error?.code,
        'ETIMEDOUT',
        'it listens, and says nothing'
      )
      emitter.off('query', listener)
      t.equal((await ask(patient, place, { q: 'chat' })).error?.code, 204, 'it listens no more')
    }
  }
)

onOurs('who floods a listener is disconnected', async (t, implementation) => {
  const { server, place } = await createEchoing(t, implementation, { limits: { messages: 10 } })
  const flooding = await connectRaw(t, place)
  let heard = 0
  server.on('query', () => heard++)
  for (let i = 0; i < 300; i++) flooding.sendMessage({ t: 'aa', y: 'q', q: 'echo', a: { i } })
  t.ok(await eventually(() => flooding.isClosed))
  t.ok(heard > 0 && heard <= 110, `the listener has heard ${heard} of 300`)
})

onOurs('responses do not count: who asks gets as many as he has asked for', async (t, implementation) => {
  const { place } = await createEchoing(t, implementation)
  const client = closing(t, implementation.createSocket({ limits: { messages: 1 } }))
  for (let i = 0; i < 30; i++) {
    const { message } = await ask(client, place, { q: 'echo', a: i })
    if (message?.r?.echo !== i) t.fail(`query ${i} was not answered`)
  }
  t.equal(statsOf(client).drops['too many messages'], 0)
})

/** These are good where a listener gives them a meaning: another method, or other arguments. */
const isMalformed = ({ code, name }: (typeof BAD_MESSAGES)[number]) =>
  code === null && !name.startsWith('ping: ')

onOurs('malformed bytes reach no listener', async (t, implementation) => {
  const { server, place } = await createEchoing(t, implementation)
  const client = await connectRaw(t, place)
  const heard: string[] = []
  server.on('query', ({ q }: KRPCMessage) => heard.push(`query ${q}`))
  server.on('response', () => heard.push('response'))
  server.socket.on('message', () => heard.push('message'))
  const bad = BAD_MESSAGES.filter(isMalformed)
  t.ok(bad.length > 20, `${bad.length} bad messages`)
  for (const { make } of bad) client.send(make({ id: client.id, transaction: client.nextTransaction() }))
  const after = nextQuery(server)
  client.sendMessage({ t: 'zz', y: 'q', q: 'after', a: {} })
  await after
  t.deepEqual(heard.sort(), ['message', 'query after'])
})

onOurs('replies that nobody waits for reach no listener', async (t, implementation) => {
  const { server, place } = await createEchoing(t, implementation)
  const client = await connectRaw(t, place)
  const heard: string[] = []
  for (const event of ['response', 'warning', 'update'] as const) server.on(event, () => heard.push(event))
  server.socket.on('message', () => heard.push('message'))
  for (let i = 1; i < 20; i++) {
    client.sendMessage({ t: Buffer.from([0, i]), y: 'r', r: { n: 1 } })
    client.sendMessage({ t: Buffer.from([0, i]), y: 'e', e: [201, 'no'] })
  }
  const after = nextQuery(server)
  client.sendMessage({ t: 'zz', y: 'q', q: 'after', a: {} })
  await after
  t.deepEqual(heard, ['message'], 'of the query alone')
})

onOurs('the pings of connections are answered below, whatever a listener says', async (t, implementation) => {
  const { server, client, place } = await createHasty(t, implementation)
  const heard: string[] = []
  server.on('query', ({ q }) => heard.push(String(q)))
  t.equal((await ask(client, place, { q: 'silent' })).error?.code, 'ETIMEDOUT')
  t.ok(await eventually(() => statsOf(client).queries.sent.ping.replied > 0), 'who did not answer is pinged')
  t.equal(statsOf(client).connections.closed.unresponsive, 0, 'and is there')
  t.deepEqual(heard, ['silent'])
})

onOurs(
  'an id that is none, where one is expected, ends the query and not the process',
  async (t, implementation) => {
    const { server, client, place } = await createHasty(t, implementation)
    const { crashes, stop } = watchProcess()
    t.teardown(stop)
    let id: unknown
    server.on('query', (query, peer) => server.response(peer, query, { id }))
    for (id of [7, [1], { n: 1 }, 'short']) {
      const { error } = await ask(client, { ...place, id: Buffer.alloc(20, 1) }, { q: 'who' })
      t.equal(error?.code, 'EUNEXPECTEDNODE', JSON.stringify(id))
    }
    t.deepEqual(crashes, [])
  }
)

onOurs('an application’s messages move nobody in the routing table', async (t, { createRPC }) => {
  const server = closing(t, createRPC())
  const place = await bind(server)
  server.on('query', (query, peer) => server.response(peer, query, {}))
  const [victim, liar] = [await connectRaw(t, place), await connectRaw(t, place)]
  const asked = nextQuery(server)
  victim.sendMessage({ t: 'qq', y: 'q', q: 'echo', a: { id: victim.id } })
  await asked
  const where = () => {
    const contact = server.nodes.get(victim.id)
    return contact && `${contact.host}:${contact.port}`
  }
  const before = where()
  t.ok(before, 'who asks is in the table')
  const nobody = Buffer.alloc(20, 6)
  let isAfter = false
  server.on('query', ({ q }) => {
    if (String(q) === 'after') isAfter = true
  })
  for (const id of [victim.id, nobody]) liar.sendMessage({ t: 'qq', y: 'q', q: 'echo', a: { id } })
  liar.sendMessage({ t: 'zz', y: 'q', q: 'after', a: {} })
  t.ok(await eventually(() => isAfter || liar.isClosed))
  t.equal(where(), before, 'the node is where it was')
  t.equal(server.nodes.get(nobody), null, 'who does not exist is not in the table')
})
