/** A hand-made client: a real data channel to a node, on which a test says whatever it likes. */

import { randomBytes } from 'node:crypto'
import { request } from 'node:http'
import bencode from 'bencode'
import type WebTorrentDHT from '../../src/index.js'
import { nodePlatform } from '../../src/platform-node.js'
import { SimplePeer } from '../../src/simple-peer.js'
import type { Description } from '../../src/wire/description.js'
import { placeOf, within } from './nodes.js'

const MAX_ATTEMPTS = 3
/** Milliseconds from the answer to an open channel. */
const OPEN_TIMEOUT = 2000
const HTTP_TIMEOUT = 5000

type Dictionary = Record<string, unknown>

/** What a node says, with byte strings as `Buffer`s. */
export interface RawMessage {
  t: Buffer
  y: string
  q?: string
  a?: Dictionary
  r?: Dictionary
  e?: [code: number, text: Buffer]
}

export interface RawClientOptions {
  /** Default: random, 20 bytes. `null`: says none over HTTP. */
  id?: Buffer | null
  extensions?: string[]
  /** What is sent at the very moment that the client's own channel opens, before the node's `connect` event. */
  early?: (Uint8Array | string)[]
  /** Another loopback address to come from (`127.0.0.2`), with HTTP and with WebRTC. */
  from?: string
  /** Headers of the HTTP request. */
  headers?: Record<string, string>
  /** Gets every bencoded message from the first one on, with its bytes. */
  onMessage?: (message: RawMessage, bytes: Buffer) => void
}

export class RawClient {
  readonly id: Buffer
  /** Queries that the node sent, in their order. */
  readonly queries: RawMessage[] = []
  /** Error codes that came back, by transaction in hex. */
  readonly errors = new Map<string, number>()
  /** What came that is not bencode: server info, for example. */
  readonly others: Buffer[] = []
  /** Answers the node's queries. Without one they are noted only. */
  onQuery: ((query: RawMessage) => void) | null = null
  isClosed = false
  readonly #peer: SimplePeer
  readonly #waiting = new Map<string, (reply: RawMessage) => void>()
  readonly #closed: Promise<void>
  #next = 0
  #onMessage: NonNullable<RawClientOptions['onMessage']> = () => {}

  /**
   * Connects to a node through its HTTP server. An attempt that is lost is repeated, as a node would.
   *
   * @param node the node, or its `host:port`
   */
  static async connect(node: WebTorrentDHT | string, options: RawClientOptions = {}): Promise<RawClient> {
    const place = typeof node === 'string' ? node : placeOf(node)
    for (let attempt = 1; ; attempt++) {
      try {
        return await RawClient.#connect(place, options)
      } catch (error) {
        if (attempt === MAX_ATTEMPTS) throw error
      }
    }
  }

  static async #connect(
    place: string,
    {
      id = randomBytes(20),
      extensions = ['introduce'],
      early = [],
      from,
      headers = {},
      onMessage
    }: RawClientOptions
  ): Promise<RawClient> {
    const peer = await createPeer(true, from)
    const client = new RawClient(peer, id ?? randomBytes(20))
    if (onMessage) client.#onMessage = onMessage
    const channel = (peer as unknown as { _channel: EventTarget & { send(data: unknown): void } })._channel
    channel.addEventListener('open', () => {
      try {
        for (const data of early) channel.send(data)
      } catch {
        // The node has hung up because of one of these.
      }
    })
    const connected = new Promise<void>(resolve => peer.once('connect', resolve))
    try {
      const offer = await signalOf(peer)
      const body = JSON.stringify({ ...offer, ...(id && { id: id.toString('hex') }), extensions })
      const { status, text } = await postFrom(from, `http://${place}/`, body, headers)
      if (status !== 200) throw new Error(`${status} ${text.trim()}`)
      const { type, sdp } = JSON.parse(text)
      peer.signal({ type, sdp })
      await within('connecting', connected, OPEN_TIMEOUT)
      return client
    } catch (error) {
      await client.close()
      throw error
    }
  }

  constructor(peer: SimplePeer, id: Buffer) {
    this.id = id
    this.#peer = peer
    this.#closed = new Promise(resolve => {
      peer.once('close', () => {
        this.isClosed = true
        resolve()
      })
    })
    peer.on('error', () => {}) // the node hung up: the test looks at `isClosed`
    peer.on('data', data => this.#received(Buffer.from(data)))
  }

  /** A transaction id that no other query of this client has. */
  nextTransaction(): Buffer {
    const transaction = Buffer.alloc(4)
    transaction.writeUInt32BE(++this.#next)
    return transaction
  }

  /** Sends bytes. If the node has hung up meanwhile, they are lost. */
  send(data: Uint8Array | string): void {
    try {
      this.#peer.send(data as Uint8Array)
    } catch (error) {
      const { _channel: channel } = this.#peer as unknown as { _channel: { readyState: string } | null }
      // libdatachannel knows it a moment before the channel's state says so.
      const isClosed = channel?.readyState !== 'open' || /closed/i.test(String(error))
      if (!isClosed) throw error
    }
  }

  /** Bytes that wait to be sent. */
  get unsentBytes(): number {
    return (this.#peer as unknown as { bufferSize?: number }).bufferSize ?? 0
  }

  sendMessage(message: Dictionary): void {
    this.send(encodeRaw(message))
  }

  /** Sends a query; gives what comes back, a reply or an error. The id is the client's own unless `args` has one. */
  query(method: string, args: Dictionary = {}, deadline?: number): Promise<RawMessage> {
    const t = this.nextTransaction()
    const reply = this.expect(t)
    this.sendMessage({ t, y: 'q', q: method, a: { id: this.id, ...args } })
    return within(`reply to ${method}`, reply, deadline)
  }

  /** What comes back for a transaction. */
  expect(transaction: Buffer): Promise<RawMessage> {
    return new Promise(resolve => this.#waiting.set(transaction.toString('hex'), resolve))
  }

  /** Answers a query of the node's. */
  reply(query: RawMessage, r: Dictionary): void {
    this.send(this.encodeReply(query, r))
  }

  encodeReply({ t }: RawMessage, r: Dictionary): Buffer {
    return encodeRaw({ t, y: 'r', r: { id: this.id, ...r } })
  }

  get whenClosed(): Promise<void> {
    return this.#closed
  }

  close(): Promise<void> {
    clearTimeout((this.#peer as unknown as { _iceCompleteTimer?: NodeJS.Timeout })._iceCompleteTimer)
    this.#peer.destroy()
    return this.#closed
  }

  #received(bytes: Buffer): void {
    if (bytes[0] !== 0x64) {
      this.others.push(bytes)
      return
    }
    const message = decodeRaw(bytes)
    this.#onMessage(message, bytes)
    if (message.y === 'q') {
      this.queries.push(message)
      this.onQuery?.(message)
      return
    }
    // A relay passes on keys that it does not know, and `bencode` takes one behind a byte order mark for `t`.
    if (!Buffer.isBuffer(message.t)) return
    const key = message.t.toString('hex')
    if (message.e) this.errors.set(key, message.e[0])
    this.#waiting.get(key)?.(message)
    this.#waiting.delete(key)
  }
}

/** Posts from another loopback address, which `fetch` cannot. */
export function postFrom(
  localAddress: string | undefined,
  url: string,
  body: string,
  headers: Record<string, string> = {}
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const options = {
      method: 'POST',
      headers,
      agent: false,
      timeout: HTTP_TIMEOUT,
      ...(localAddress && { localAddress })
    }
    const sent = request(url, options, response => {
      const chunks: Buffer[] = []
      response.on('data', chunk => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() })
      )
    })
    sent.on('timeout', () => sent.destroy(new Error('no answer in time')))
    sent.on('error', reject)
    sent.end(body)
  })
}

/** A fresh `simple-peer` of this platform, without STUN. */
export async function createPeer(initiator: boolean, bindAddress?: string): Promise<SimplePeer> {
  const options = await nodePlatform.loadWebRTC()
  // `careful`: slower, and never lost; a lost attempt would hold a place in the node for a while.
  const config = { ...options.config, iceServers: [], careful: true, ...(bindAddress && { bindAddress }) }
  return new SimplePeer({ ...options, config, trickle: false, initiator })
}

/** The offer or answer of a peer, once its candidates are gathered. */
export function signalOf(peer: SimplePeer): Promise<Description> {
  return within('signal', new Promise(resolve => peer.once('signal', resolve)))
}

/** A real offer; call `close` when it has served. */
export async function createOffer(): Promise<{
  offer: Description
  peer: SimplePeer
  close: () => Promise<void>
}> {
  const peer = await createPeer(true)
  const client = new RawClient(peer, Buffer.alloc(20))
  const { type, sdp } = await signalOf(peer)
  return { offer: { type, sdp }, peer, close: () => client.close() }
}

export function decodeRaw(bytes: Uint8Array): RawMessage {
  const message = toBuffers(bencode.decode(bytes)) as RawMessage
  message.y = String(message.y)
  if (message.q !== undefined) message.q = String(message.q)
  return message
}

export function encodeRaw(value: unknown): Buffer {
  return Buffer.from(bencode.encode(value))
}

function toBuffers(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value)
  if (Array.isArray(value)) return value.map(toBuffers)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toBuffers(item)]))
}
