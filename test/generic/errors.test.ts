/** k-rpc-socket: how a query ends that gets no response: by an error, a timeout, a wrong id, `cancel` and `destroy`. */

import type { KRPCMessage, Peer } from '../../src/upstream.js'
import {
  arrived,
  ask,
  bind,
  closing,
  createEchoing,
  createHasty,
  createSockets,
  nextEvent,
  nextQueries,
  nextQuery,
  onBoth,
  placeOf,
  recordEvents,
  SHORT_TIMEOUT,
  soon
} from '../helpers/implementations.js'

/** What `error` is given, and what the asker gets of it. */
const ERRORS: [given: unknown, message: string, code: number, e: unknown[]][] = [
  ['oh no', 'oh no', 0, ['oh no']],
  ['größer', 'größer', 0, ['größer']],
  [[203, 'bad argument'], '203 bad argument', 203, [203, 'bad argument']],
  [[450, 'two', 'texts'], '450 two texts', 450, [450, 'two', 'texts']],
  [['texts', 'alone'], 'texts alone', 0, ['texts', 'alone']],
  [[500], '500', 500, [500]],
  [404, '404', 404, [404]],
  [[], '', 0, []],
  [new Error('broken'), 'broken', 0, ['broken']],
  [Object.assign(new Error('coded'), { code: 'ECODE' }), 'coded', 0, ['coded']]
]

const ID = Buffer.alloc(20, 1)
const OTHER_ID = Buffer.alloc(20, 2)

/** All that the end of a query can cause. */
const ENDS = ['update', 'postupdate', 'response', 'warning'] as const

onBoth(
  'error takes a string, an array or an Error; the callback gets its text and code',
  async (t, implementation) => {
    const { server, client, place } = await createSockets(t, implementation)
    const events = recordEvents(client, ENDS)
    let given: unknown
    server.on('query', (query, peer) => server.error(peer, query, given))
    for (const [error, text, code, e] of ERRORS) {
      given = error
      const outcome = await ask(client, place, { q: 'fail', a: { n: 1 } })
      t.ok(outcome.error instanceof Error)
      t.deepEqual([outcome.error?.message, outcome.error?.code], [text, code], `${String(error)}`)
      t.deepEqual(Object.keys(outcome.message ?? {}).sort(), ['e', 't', 'y'])
      t.deepEqual([String(outcome.message?.y), outcome.message?.e], ['e', arrived(e)])
      t.deepEqual(outcome.message?.t, outcome.request?.t)
      t.equal(placeOf(outcome.from), placeOf(place))
      t.equal(outcome.request?.q, 'fail')
    }
    t.deepEqual(
      events,
      ERRORS.flatMap(() => ['update', 'postupdate']),
      'an error is no response'
    )
    t.equal(client.inflight, 0)
  }
)

onBoth('an error that is no list is "Unknown error"', async (t, implementation) => {
  const { server, client, place } = await createSockets(t, implementation)
  for (const e of ['text', 7, { code: 1 }]) {
    const asked = nextQuery(server)
    const outcome = ask(client, place, { q: 'fail' })
    const [query, peer] = await asked
    server.send(peer, { t: query.t, y: 'e', e: e as unknown as unknown[] })
    const { error, message } = await outcome
    t.deepEqual([error?.message, error?.code], ['Unknown error', 0])
    t.deepEqual(message?.e, arrived(e))
  }
})

onBoth('an error ends its own query and no other', async (t, implementation) => {
  const { server, client, place } = await createSockets(t, implementation)
  server.on('query', (query, peer) => {
    if (String(query.q) === 'fail') server.error(peer, query, 'no')
    else server.response(peer, query, { n: 1 })
  })
  const outcomes = await Promise.all(['work', 'fail', 'work'].map(q => ask(client, place, { q })))
  t.deepEqual(
    outcomes.map(({ error, message }) => error?.message ?? message?.r?.n),
    [1, 'no', 1]
  )
})

onBoth(
  'a listener that says nothing makes the query time out, and the socket goes on',
  async (t, implementation) => {
    const { server, client, place } = await createHasty(t, implementation)
    t.equal(client.timeout, SHORT_TIMEOUT)
    const silent: string[] = []
    server.on('query', (query, peer) => {
      if (String(query.q) === 'silent') silent.push(String(query.q))
      else server.response(peer, query, {})
    })
    t.equal((await ask(client, place, { q: 'hello' })).error, null)
    const events = recordEvents(client, ENDS)
    const outcomes = [1, 2, 3].map(() => ask(client, place, { q: 'silent' }))
    t.equal(client.inflight, 3)
    for (const { error, message, from } of await Promise.all(outcomes)) {
      t.ok(error instanceof Error)
      t.deepEqual([error?.message, error?.code, message], ['Query timed out', 'ETIMEDOUT', null])
      t.equal(placeOf(from), placeOf(place))
    }
    t.equal(client.inflight, 0)
    t.deepEqual(silent, ['silent', 'silent', 'silent'])
    t.deepEqual(
      events,
      [1, 2, 3].flatMap(() => ['update', 'postupdate'])
    )
    t.equal((await ask(client, place, { q: 'hello' })).error, null)
  }
)

onBoth('a query to a place where nobody listens ends with ETIMEDOUT', async (t, implementation) => {
  const gone = implementation.createSocket()
  const place = await bind(gone)
  await soon('destroy', new Promise<void>(resolve => gone.destroy(resolve)))
  const client = closing(t, implementation.createSocket({ timeout: 100 }))
  const { error, message, from } = await ask(client, place, { q: 'hello' })
  t.deepEqual([error?.code, message], ['ETIMEDOUT', null])
  t.equal(placeOf(from), placeOf(place))
  t.equal(client.inflight, 0)
})

onBoth(
  'a failure comes with the very peer that was asked, and what the application wrote on it',
  async (t, implementation) => {
    const { server, client, place } = await createSockets(t, implementation)
    const peer = { ...place, id: ID, name: 'of the application' }
    const asked = nextQuery(server)
    let transaction: number | undefined
    const outcome = new Promise<unknown[]>(resolve => {
      transaction = client.query(peer, { q: 'held' }, (...values) => resolve(values))
    })
    await asked
    client.cancel(transaction ?? 0)
    t.equal((await outcome)[2], peer)
    t.deepEqual(peer, { ...place, id: ID, name: 'of the application' }, 'nothing was written to it')
  }
)

onBoth('a response with another id than that of the peer is EUNEXPECTEDNODE', async (t, implementation) => {
  const { server, client, place } = await createSockets(t, implementation)
  server.on('query', (query, peer) => server.response(peer, query, { id: OTHER_ID, n: 1 }))
  const events = recordEvents(client, ENDS)
  const { error, message, from } = await ask(client, { ...place, id: ID }, { q: 'hello' })
  t.ok(error instanceof Error)
  t.deepEqual([error?.message, error?.code, message], ['Unexpected node id', 'EUNEXPECTEDNODE', null])
  t.equal(placeOf(from), placeOf(place))
  t.deepEqual(events, ['update', 'postupdate'], 'it is no response')
  t.equal(client.inflight, 0)
  const expected = await ask(client, { ...place, id: OTHER_ID }, { q: 'hello' })
  t.deepEqual(expected.message?.r, { id: OTHER_ID, n: 1 })
})

onBoth('a response without an id is good for any peer', async (t, implementation) => {
  const { client, place } = await createEchoing(t, implementation)
  const { error, message } = await ask(client, { ...place, id: ID }, { q: 'echo', a: 1 })
  t.equal(error, null)
  t.deepEqual(message?.r, { echo: 1 })
})

onBoth('cancel ends a query at once, whether it has been sent or not', async (t, implementation) => {
  const { server, client, place } = await createSockets(t, implementation)
  for (const isSent of [false, true]) {
    const values: unknown[][] = []
    const asked = isSent ? nextQuery(server) : undefined // else it may never come
    const note = (...all: unknown[]) => values.push([...all, client.inflight])
    const transaction = client.query(place, { q: 'held' }, note) ?? 0
    await asked
    const events = recordEvents(client, ENDS)
    t.equal(client.inflight, 1)
    client.cancel(transaction)
    t.deepEqual([values.length, client.inflight, events], [1, 0, ['update', 'postupdate']])
    const [error, message, peer] = values[0] as [Error & { code?: unknown }, KRPCMessage | null, Peer]
    t.deepEqual([error.message, message], ['Query was cancelled', null])
    t.equal(placeOf(peer), placeOf(place))
    t.equal(values[0]?.at(-1), 0, 'it counts no more when the callback is called')
    client.cancel(transaction)
    client.cancel(transaction + 1)
    t.equal(values.length, 1, 'it is called once')
    for (const event of ENDS) client.removeAllListeners(event)
  }
})

onBoth('cancel takes the error that the callback is to get', async (t, implementation) => {
  const { server, client, place } = await createEchoing(t, implementation)
  const error = Object.assign(new Error('no longer wanted'), { code: 'EMINE' })
  const outcomes: unknown[] = []
  const first = client.query(place, { q: 'echo' }, error => outcomes.push(error)) ?? 0
  const second = ask(client, place, { q: 'echo', a: 2 })
  client.cancel(first, error)
  t.deepEqual(outcomes, [error])
  t.equal(outcomes[0], error, 'this very one')
  t.deepEqual((await second).message?.r, { echo: 2 }, 'other queries go on')
  t.equal(server.inflight, 0)
})

onBoth('cancel after the response does nothing', async (t, implementation) => {
  const { client, place } = await createEchoing(t, implementation)
  const outcomes: unknown[] = []
  const update = nextEvent(client, 'postupdate')
  const transaction = client.query(place, { q: 'echo' }, error => outcomes.push(error)) ?? 0
  await update
  client.cancel(transaction)
  t.deepEqual([outcomes, client.inflight], [[null], 0])
})

onBoth('destroy cancels the queries that are under way', async (t, implementation) => {
  for (const isSent of [false, true]) {
    const { server, client, place } = await createSockets(t, implementation)
    const asked = isSent ? nextQueries(server, 3) : undefined // else they may never come
    const outcomes: unknown[][] = []
    for (let i = 0; i < 3; i++) client.query(place, { q: 'held' }, (...values) => outcomes.push(values))
    await asked
    const events = recordEvents(client, ENDS)
    const closed = new Promise<void>(resolve => client.destroy(resolve))
    t.deepEqual([outcomes.length, client.inflight, client.destroyed], [3, 0, true], 'at once')
    for (const [error, message, peer] of outcomes) {
      t.deepEqual([(error as Error).message, message], ['Query was cancelled', null])
      t.equal(placeOf(peer as Peer), placeOf(place))
    }
    t.deepEqual(
      events,
      [1, 2, 3].flatMap(() => ['update', 'postupdate'])
    )
    await soon('close', closed)
    t.equal(outcomes.length, 3, 'each callback is called once')
  }
})

onBoth('a callback may destroy the socket', async (t, implementation) => {
  const { server, client, place } = await createEchoing(t, implementation)
  const closed = new Promise<void>(resolve => {
    client.query(place, { q: 'echo' }, () => client.destroy(resolve))
  })
  await soon('close', closed)
  t.ok(client.destroyed)
  const other = closing(t, implementation.createSocket())
  t.deepEqual((await ask(other, place, { q: 'echo', a: 1 })).message?.r, { echo: 1 }, 'the other end goes on')
  t.notOk(server.destroyed)
})
