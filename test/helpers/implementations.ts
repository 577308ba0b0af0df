/** The classes of upstream and those of this package, made alike, so that one test runs with both. */

import test, { type Test } from 'tape'
import type { EventEmitter } from '../../src/events.js'
import WebTorrentDHT, { KRPCSocketWebRTC, KRPCWebRTC } from '../../src/index.js'
import { nodePlatform } from '../../src/platform-node.js'
import {
  BittorrentDHT,
  KRPC,
  type KRPCMessage,
  KRPCSocket,
  type Peer,
  type Query,
  type QueryCallback
} from '../../src/upstream.js'
import { within } from './nodes.js'

type Options = Record<string, unknown>

export interface Implementation {
  name: string
  isOurs: boolean
  createSocket(options?: Options): KRPCSocket
  createRPC(options?: Options): KRPC
  createDHT(options?: Options): BittorrentDHT
}

/** A query of an application: upstream sends whatever bencode can hold. */
export interface ApplicationQuery {
  q: string | Buffer
  a?: unknown
}

/** What a query's callback got. */
export interface Outcome {
  error: Parameters<QueryCallback>[0]
  message: KRPCMessage | null
  from: Peer | null
  request: KRPCMessage | undefined
}

/** Milliseconds after which a test gives up waiting: more than twice the time that a query is given by default. */
const DEADLINE = 5000
/** Milliseconds that a whole test is given. */
const TEST_TIMEOUT = 15_000

/** Milliseconds for a query that nobody answers. */
export const SHORT_TIMEOUT = 400
const MAX_ATTEMPTS = 8

const LOCAL = { bootstrap: false, simple_peer_opts: { config: { iceServers: [] } } }

export const UPSTREAM: Implementation = {
  name: 'upstream',
  isOurs: false,
  createSocket: options => new KRPCSocket({ ...options }),
  createRPC: options => new KRPC({ bootstrap: false, ...options }) as KRPC,
  createDHT: options => new BittorrentDHT({ bootstrap: false, ...options })
}

export const OURS: Implementation = {
  name: 'webtorrent-dht',
  isOurs: true,
  createSocket: options => new KRPCSocketWebRTC({ ...LOCAL, ...options }),
  createRPC: options => new KRPCWebRTC({ ...LOCAL, ...options }) as KRPC as KRPC,
  createDHT: options => new WebTorrentDHT({ ...LOCAL, ...options })
}

type Body = (t: Test, implementation: Implementation) => Promise<void>

/** One promise that both implementations keep. */
export function onBoth(name: string, body: Body): void {
  for (const implementation of [UPSTREAM, OURS]) {
    register(implementation, name, body)
  }
}

/** A promise of this package alone. */
export function onOurs(name: string, body: Body): void {
  register(OURS, name, body)
}

function register(implementation: Implementation, name: string, body: Body): void {
  test(`${implementation.name}: ${name}`, { timeout: TEST_TIMEOUT }, async t => {
    // The first query of a process would have this in its time; it takes seconds on a busy machine.
    if (implementation.isOurs) await nodePlatform.loadWebRTC()
    await body(t, implementation)
  })
}

/**
 * Waits a while only. That a test which has failed already no longer looks at it is no failure of its own, and must not end
 * the process.
 */
export function soon<T>(what: string, promise: Promise<T>): Promise<T> {
  const end = within(what, promise, DEADLINE)
  end.catch(() => {})
  return end
}

interface Closable {
  destroyed: boolean
  destroy(callback?: () => void): void
}

/** Has something destroyed at the end of a test, if the test has not done so. */
export function closing<T extends Closable>(t: Test, closable: T): T {
  t.teardown(() => {
    if (closable.destroyed) return undefined
    return soon('destroy', new Promise<void>(resolve => closable.destroy(resolve)))
  })
  return closable
}

/** Has a socket, or what is above it, listen on this machine; gives its place. */
export async function bind(node: KRPC | KRPCSocket, port = 0): Promise<Peer> {
  const emitter: EventEmitter = node
  const listening = new Promise<void>((resolve, reject) => {
    emitter.once('error', reject)
    node.bind(port, '127.0.0.1', () => {
      emitter.off('error', reject)
      resolve()
    })
  })
  await soon('listening', listening)
  return { host: '127.0.0.1', port: node.address().port }
}

/** A socket that listens, its place, and one that does not listen and can ask it. */
export async function createSockets(t: Test, { createSocket }: Implementation, options: Options = {}) {
  const server = closing(t, createSocket(options))
  const client = closing(t, createSocket(options))
  return { server, client, place: await bind(server) }
}

/**
 * As {@link createSockets}, with a short time for queries: so they are connected first, since the time to connect counts, and
 * a lost attempt is made again.
 */
export async function createHasty(t: Test, implementation: Implementation) {
  const sockets = await createSockets(t, implementation, { timeout: SHORT_TIMEOUT })
  const { server, client, place } = sockets
  const answer = (query: KRPCMessage, peer: Peer) => server.response(peer, query, {})
  server.on('query', answer)
  for (let i = 0; i < MAX_ATTEMPTS; i++) {
    if ((await ask(client, place, { q: 'connect' })).error?.code !== 'ETIMEDOUT') break
  }
  server.off('query', answer)
  return sockets
}

/** As {@link createSockets}, and each query is answered with its arguments as `echo`. */
export async function createEchoing(t: Test, implementation: Implementation, options: Options = {}) {
  const sockets = await createSockets(t, implementation, options)
  echoOn(sockets.server)
  return sockets
}

/** Answers each query with its arguments as `echo`. */
export function echoOn(node: KRPCSocket | KRPC): void {
  onQuery(node, (query, peer) => node.response(peer, query, { echo: query.a }))
}

/** `on` of the one and of the other: their types have no common signature. */
function onQuery(node: KRPCSocket | KRPC, listener: (query: KRPCMessage, peer: Peer) => void): void {
  const emitter: Pick<EventEmitter, 'on'> = node
  emitter.on('query', listener)
}

/** Sends a query and waits for its end. */
export function ask(
  asker: Pick<KRPC, 'query'> | Pick<KRPCSocket, 'query'>,
  peer: Peer,
  query: ApplicationQuery
): Promise<Outcome> {
  const end = new Promise<Outcome>(resolve => {
    asker.query(peer, query as Query, (error, message, from, request) =>
      resolve({ error, message, from, request })
    )
  }).catch(error => ({ error, message: null, from: null, request: undefined })) // what cannot be sent is thrown here
  return soon(`the end of ${JSON.stringify(String(query.q))}`, end)
}

/** A query, and who sent it. */
export type Asked = [query: KRPCMessage, peer: Peer]

/** The next queries that a node gets. */
export function nextQueries(node: KRPCSocket | KRPC, count: number): Promise<Asked[]> {
  const queries: Asked[] = []
  const all = new Promise<Asked[]>(resolve => {
    onQuery(node, (query, peer) => {
      if (queries.push([query, peer]) === count) resolve(queries)
    })
  })
  return soon(`query ${count}`, all)
}

/** The next query that a node gets. */
export function nextQuery(node: KRPCSocket | KRPC): Promise<Asked> {
  return soon(
    'a query',
    nextQueries(node, 1).then(([asked]) => asked as Asked)
  )
}

/** What an event brings, the next time that it comes. */
export function nextEvent(emitter: EventEmitter, event: string): Promise<unknown[]> {
  const next = new Promise<unknown[]>(resolve =>
    emitter.once(event, (...values: unknown[]) => resolve(values))
  )
  return soon(`'${event}'`, next)
}

/** Notes the names of events, in their order. */
export function recordEvents(emitter: EventEmitter, events: readonly string[]): string[] {
  const names: string[] = []
  for (const event of events) emitter.on(event, () => names.push(event))
  return names
}

/** What a value is once it has crossed the wire: strings are bytes there, and what is `null` or `undefined` is left out. */
export function arrived(value: unknown): unknown {
  if (typeof value === 'string') return Buffer.from(value)
  if (value instanceof Uint8Array) return Buffer.from(value)
  const isThere = (item: unknown) => item !== null && item !== undefined
  if (Array.isArray(value)) return value.filter(isThere).map(arrived)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([, item]) => isThere(item))
  return Object.fromEntries(entries.map(([key, item]) => [key, arrived(item)]))
}

/** The id of who responded, in hex. */
export function idOf({ r }: KRPCMessage): string {
  return Buffer.isBuffer(r?.id) ? r.id.toString('hex') : 'none'
}

/** `host:port`, whichever of both names of the host is there. */
export function placeOf(peer: Partial<Peer> | null): string {
  return `${peer?.address ?? peer?.host}:${peer?.port}`
}
