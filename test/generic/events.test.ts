/** k-rpc-socket: its events, in their order, and what they bring; those of the datagram socket below it, too. */

import type { KRPCMessage, Peer } from '../../src/upstream.js'
import {
  arrived,
  ask,
  bind,
  closing,
  createEchoing,
  createSockets,
  echoOn,
  nextEvent,
  nextQueries,
  nextQuery,
  onBoth,
  placeOf,
  recordEvents,
  soon
} from '../helpers/implementations.js'
import { decodeRaw } from '../helpers/raw-client.js'

const ENDS = ['update', 'postupdate', 'response', 'warning'] as const

onBoth('after a response come the callback, update, postupdate and response', async (t, implementation) => {
  const { client, place } = await createEchoing(t, implementation)
  const events = recordEvents(client, ENDS)
  const inflight: number[] = []
  for (const event of ['update', 'postupdate', 'response'] as const)
    client.on(event, () => inflight.push(client.inflight))
  const response = nextEvent(client, 'response')
  client.query(place, { q: 'echo', a: { n: 1 } }, () => {
    events.push('callback')
    inflight.push(client.inflight)
  })
  const [message, peer] = (await response) as [KRPCMessage, Peer]
  t.deepEqual(events, ['callback', 'update', 'postupdate', 'response'] as const)
  t.deepEqual(inflight, [0, 0, 0, 0], 'the query counts no more when they come')
  t.deepEqual([String(message.y), message.r], ['r', { echo: { n: 1 } }])
  t.ok(Buffer.isBuffer(message.t) && message.t.length === 2)
  t.equal(placeOf(peer), placeOf(place))
})

onBoth('response comes with what the callback got', async (t, implementation) => {
  const { client, place } = await createEchoing(t, implementation)
  const response = nextEvent(client, 'response')
  const { message, from } = await ask(client, place, { q: 'echo', a: ['x'] })
  const values = await response
  t.equal(values.length, 2)
  t.deepEqual(values, [message, from])
})

onBoth('a callback or a listener for update may ask at once', async (t, implementation) => {
  const { client, place } = await createEchoing(t, implementation)
  const echoes: unknown[] = []
  const askFor = (n: number, then = () => {}) =>
    client.query(place, { q: 'echo', a: { n } }, (_, message) => {
      echoes.push(message?.r?.echo)
      then()
    })
  const done = new Promise<void>(resolve => {
    const end = () => echoes.length === 3 && resolve()
    client.once('update', () => askFor(3, end))
    askFor(1, () => {
      askFor(2, end)
      t.equal(client.inflight, 1)
    })
  })
  await soon('three responses', done)
  t.deepEqual(echoes, [{ n: 1 }, { n: 2 }, { n: 3 }])
})

onBoth(
  'all who listen for queries get each of them, and one may stop listening',
  async (t, implementation) => {
    const { server, client, place } = await createEchoing(t, implementation)
    const heard: string[] = []
    const first = () => heard.push('first')
    server.on('query', first)
    server.prependListener('query', () => heard.push('zeroth'))
    await ask(client, place, { q: 'echo' })
    server.off('query', first)
    await ask(client, place, { q: 'echo' })
    t.deepEqual(heard, ['zeroth', 'first', 'zeroth'])
  }
)

onBoth('a query that only once listens for is answered by it', async (t, implementation) => {
  const { server, client, place } = await createSockets(t, implementation)
  server.once('query', (query, peer) => server.response(peer, query, { n: 1 }))
  t.deepEqual((await ask(client, place, { q: 'hello' })).message?.r, { n: 1 })
})

onBoth('queries come in the order in which they were sent', async (t, implementation) => {
  const { server, client, place } = await createEchoing(t, implementation)
  await ask(client, place, { q: 'echo' })
  const asked = nextQueries(server, 30)
  const outcomes = Array.from({ length: 30 }, (_, i) => ask(client, place, { q: `method ${i}`, a: { i } }))
  const order = (await asked).map(([{ q }]) => String(q))
  t.deepEqual(
    order,
    Array.from({ length: 30 }, (_, i) => `method ${i}`)
  )
  t.ok((await Promise.all(outcomes)).every(({ error }) => error === null))
})

onBoth(
  'send takes a raw message, and response, error and send say when it is gone',
  async (t, implementation) => {
    const { server, client, place } = await createSockets(t, implementation)
    const message = { t: Buffer.from('four'), y: 'q', q: 'raw', a: { n: 1 } }
    const sent = new Promise<unknown>(resolve => client.send(place, message, resolve))
    const [query, peer] = await nextQuery(server)
    t.deepEqual([query.t.toString(), String(query.q), query.a], ['four', 'raw', { n: 1 }])
    const results = [
      await sent,
      await new Promise<unknown>(resolve => server.response(peer, query, { n: 2 }, resolve)),
      await new Promise<unknown>(resolve => server.error(peer, query, 'no', resolve)),
      await new Promise<unknown>(resolve => server.send(peer, { t: query.t, y: 'r', r: {} }, resolve))
    ]
    t.deepEqual(
      results.map(error => error ?? null),
      [null, null, null, null]
    )
  }
)

onBoth('a socket says when it listens, and where', async (t, implementation) => {
  const socket = closing(t, implementation.createSocket())
  const events = recordEvents(socket, ['listening'])
  const bound = new Promise<void>(resolve => socket.bind(0, resolve))
  await soon('listening', bound)
  t.deepEqual(events, ['listening'])
  const { address, family, port } = socket.address()
  t.deepEqual([typeof address, String(family)], ['string', 'IPv4'])
  t.ok(port > 0 && port < 65536)
})

onBoth('a socket that never listened has an address once it has asked', async (t, implementation) => {
  const { server, client, place } = await createEchoing(t, implementation)
  const [[, peer]] = await Promise.all([nextQuery(server), ask(client, place, { q: 'echo' })])
  t.equal(client.address().port, peer.port, 'the port that others see')
})

onBoth('a place that is taken is an error', async (t, implementation) => {
  const { place } = await createEchoing(t, implementation)
  const second = closing(t, implementation.createSocket())
  const error = nextEvent(second, 'error')
  second.bind(place.port, '127.0.0.1')
  t.equal(((await error)[0] as { code?: string }).code, 'EADDRINUSE')
})

onBoth('destroy calls back once the port is free', async (t, implementation) => {
  const first = implementation.createSocket()
  const { port } = await bind(first)
  const events = recordEvents(first.socket, ['close'])
  await soon('destroy', new Promise<void>(resolve => first.destroy(resolve)))
  t.deepEqual(events, ['close'])
  const second = closing(t, implementation.createSocket())
  t.equal((await bind(second, port)).port, port)
})

onBoth(
  'message: whoever listens on the socket below gets the bytes of queries and replies',
  async (t, implementation) => {
    const { server, client, place } = await createSockets(t, implementation)
    echoOn(server)
    const there = nextEvent(server.socket, 'message')
    const back = nextEvent(client.socket, 'message')
    const { request, message, from } = await ask(client, place, { q: 'echo', a: { text: 'x', list: [1] } })
    const [query, asker] = (await there) as [Buffer, Peer & { size: number }]
    const [reply, answerer] = (await back) as [Buffer, Peer & { size: number }]
    t.ok(Buffer.isBuffer(query) && Buffer.isBuffer(reply))
    const a = arrived({ text: 'x', list: [1] })
    t.deepEqual(decodeRaw(query), { t: request?.t, y: 'q', q: 'echo', a })
    t.deepEqual(decodeRaw(reply), { t: message?.t, y: 'r', r: { echo: a } })
    t.deepEqual([asker.size, answerer.size], [query.length, reply.length])
    t.equal(asker.address, '127.0.0.1')
    t.equal(placeOf(answerer), placeOf(from))
  }
)

onBoth('message: the bytes of an error', async (t, implementation) => {
  const { server, client, place } = await createSockets(t, implementation)
  server.on('query', (query, peer) => server.error(peer, query, [499, 'no']))
  const back = nextEvent(client.socket, 'message')
  const { message } = await ask(client, place, { q: 'fail' })
  const [bytes] = (await back) as [Buffer]
  t.deepEqual(decodeRaw(bytes), { t: message?.t, y: 'e', e: [499, Buffer.from('no')] })
})

onBoth('message comes to several who listen, beside query', async (t, implementation) => {
  const { server, client, place } = await createEchoing(t, implementation)
  const events: string[] = []
  server.on('query', () => events.push('query'))
  server.socket.prependListener('message', () => events.push('first message'))
  server.socket.on('message', () => events.push('message'))
  await ask(client, place, { q: 'echo' })
  t.deepEqual(events.sort(), ['first message', 'message', 'query'])
})
