/** What is seen of an implementation where this package differs from upstream: see the table of differences. */

import { createSocket as createDatagramSocket } from 'node:dgram'
import { EventEmitter } from 'node:events'
import type { Test } from 'tape'
import type { BittorrentDHT, KRPCMessage, KRPCSocket, Peer } from '../../src/upstream.js'
import {
  type ApplicationQuery,
  ask,
  bind,
  closing,
  createEchoing,
  createHasty,
  createSockets,
  echoOn,
  type Implementation,
  nextQuery,
  SHORT_TIMEOUT,
  soon
} from '../helpers/implementations.js'
import { eventually, watchProcess } from '../helpers/nodes.js'
import { encodeRaw, RawClient } from '../helpers/raw-client.js'

/** What a query comes to: its response, or text and code of its error. */
async function endOf(client: KRPCSocket, place: Peer, query: ApplicationQuery): Promise<unknown> {
  const { error, message } = await ask(client, place, query)
  return error ? [error.message, error.code] : message?.r
}

/** The names of responses and warnings, with the `n` of a response. */
function noteReplies(client: KRPCSocket): string[] {
  const events: string[] = []
  client.on('response', ({ r }: KRPCMessage) => events.push(`response ${r?.n}`))
  client.on('warning', ({ message }: Error) => events.push(`warning: ${message.replace(/\d+/, 'N')}`))
  return events
}

async function listen(t: Test, { createDHT }: Implementation): Promise<[BittorrentDHT, Peer]> {
  const dht = closing(t, createDHT())
  await soon('listening', new Promise<void>(resolve => dht.listen(0, '127.0.0.1', resolve)))
  return [dht, { host: '127.0.0.1', port: dht.address().port }]
}

export async function unheardBySocket(t: Test, implementation: Implementation) {
  const { client, place } = await createHasty(t, implementation)
  return endOf(client, place, { q: 'hello', a: { n: 1 } })
}

/** Here a query has time enough to connect; there it has to time out. */
const timeoutFor = ({ isOurs }: Implementation) => (isOurs ? {} : { timeout: SHORT_TIMEOUT })

export async function unheardByRPC(t: Test, implementation: Implementation) {
  const place = await bind(closing(t, implementation.createRPC()))
  const client = closing(t, implementation.createSocket(timeoutFor(implementation)))
  return endOf(client, place, { q: 'hello', a: { n: 1 } })
}

export async function unheardByDHT(t: Test, implementation: Implementation) {
  const [, place] = await listen(t, implementation)
  const client = closing(t, implementation.createSocket(timeoutFor(implementation)))
  return endOf(client, place, { q: 'hello', a: { n: 1 } })
}

/** What comes of a response to a query that has ended already. */
export function answeredTooLate(end: (client: KRPCSocket, transaction: number) => void) {
  return async (t: Test, implementation: Implementation) => {
    const { server, client, place } = await createHasty(t, implementation)
    const asked = nextQuery(server)
    let transaction = 0
    const ended = new Promise<void>(resolve => {
      transaction = client.query(place, { q: 'held' }, () => resolve()) ?? 0
    })
    const [query, peer] = await asked
    end(client, transaction)
    await soon('the end of the query', ended)
    const events = noteReplies(client)
    server.response(peer, query, { n: 'late' })
    echoOn(server)
    await ask(client, place, { q: 'next' }) // by now the late one is there
    return events.filter(event => event !== 'response undefined')
  }
}

export async function answeredTwice(t: Test, implementation: Implementation) {
  const { server, client, place } = await createSockets(t, implementation)
  server.on('query', (query, peer) => {
    for (const n of ['first', 'second']) server.response(peer, query, { n })
  })
  const { message } = await ask(client, place, { q: 'hello' })
  const events = noteReplies(client)
  await ask(client, place, { q: 'hello' })
  return [String(message?.r?.n), ...events.filter(event => event !== 'response first')].slice(0, 3)
}

/** A response with the right transaction id, by somebody who was not asked. */
export async function answeredByAnother(t: Test, { isOurs, createSocket }: Implementation) {
  if (!isOurs) return answeredByAnotherHost(t, createSocket)
  const server = closing(t, createSocket())
  const client = closing(t, createSocket())
  const [asked, place] = [nextQuery(server), await bind(server)]
  const other = await RawClient.connect(`127.0.0.1:${(await bind(client)).port}`)
  t.teardown(() => other.close())
  let isEnded = false
  client.query(place, { q: 'held' }, () => {
    isEnded = true
  })
  const [{ t: transaction }] = await asked
  const events = noteReplies(client)
  const next = nextQuery(client)
  other.sendMessage({ t: transaction, y: 'r', r: { id: other.id, n: 'forged' } })
  other.sendMessage({ t: 'zz', y: 'q', q: 'next', a: { id: other.id } })
  await next
  return [...events, isEnded ? 'ended' : 'goes on']
}

function answeredByAnotherHost(t: Test, createSocket: Implementation['createSocket']) {
  const sent: Buffer[] = []
  const socket = Object.assign(new EventEmitter(), {
    send: (bytes: Buffer) => sent.push(bytes),
    close: () => socket.emit('close')
  })
  const client = closing(t, createSocket({ socket }))
  const events = noteReplies(client)
  let isEnded = false
  const transaction = client.query({ host: '127.0.0.1', port: 1 }, { q: 'held' }, () => {
    isEnded = true
  })
  const reply = { t: Buffer.from([0, transaction ?? 0]), y: 'r', r: { n: 'forged' } }
  socket.emit('message', encodeRaw(reply), { address: '127.0.0.9', port: 1 })
  return [...events, isEnded ? 'ended' : 'goes on']
}

/** Whose response counts, where another socket on the same host responds before the one that was asked. */
export async function answeredFromSameHost(t: Test, implementation: Implementation) {
  const { server, client, place } = await createSockets(t, implementation)
  const other = closing(t, implementation.createSocket())
  await bind(other)
  const asked = nextQuery(server)
  const outcome = ask(client, place, { q: 'held' })
  const [query, peer] = await asked
  const sent = new Promise<unknown>(resolve => other.response(peer, query, { by: 'another' }, resolve))
  await soon('the end of response', sent)
  server.response(peer, query, { by: 'the asked one' })
  return String((await outcome).message?.r?.by)
}

/** The warnings that bytes cause which are no good message. */
export function warningsOf(bytes: Uint8Array | string) {
  return async (t: Test, implementation: Implementation) => {
    const { server, place } = await createEchoing(t, implementation)
    const warnings: string[] = []
    server.on('warning', (error: Error) => warnings.push(error.message))
    const after = { t: 'zz', y: 'q', q: 'after', a: {} }
    const asked = nextQuery(server)
    if (implementation.isOurs) {
      const client = await RawClient.connect(`127.0.0.1:${place.port}`)
      t.teardown(() => client.close())
      client.send(bytes)
      client.sendMessage(after)
    } else {
      const socket = createDatagramSocket('udp4')
      t.teardown(() => void socket.close())
      for (const datagram of [bytes, encodeRaw(after)]) socket.send(datagram, place.port, place.host)
    }
    await asked
    return warnings
  }
}

/** What becomes of an exception in code of the application, and whether queries are answered afterwards. */
export function thrownIn(where: 'query' | 'response' | 'message' | 'callback') {
  return async (t: Test, implementation: Implementation) => {
    const { server, client, place } = await createHasty(t, implementation)
    const { crashes, stop } = watchProcess()
    t.teardown(stop)
    const warnings: unknown[] = []
    for (const socket of [server, client]) socket.on('warning', warning => warnings.push(warning))
    const fail = () => {
      throw new Error('of the application')
    }
    if (where === 'query') server.once('query', fail)
    if (where === 'message') server.socket.once('message', fail)
    if (where === 'response') client.once('response', fail)
    echoOn(server)
    client.query(place, { q: 'first' }, where === 'callback' ? fail : undefined)
    await eventually(() => crashes.length + warnings.length > 0, 2000)
    const isAnswered = (await ask(client, place, { q: 'second', a: 2 })).error === null
    return { uncaught: crashes.length, warnings: warnings.map(shown), isAnswered }
  }
}

/** The text of an error, or of the error within. */
function shown(error: unknown): string {
  const { message, cause } = error as Error
  return cause instanceof Error ? cause.message : message
}
