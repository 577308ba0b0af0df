/** A hand-made client of links over WebSocket, on which a test says whatever it likes. */

import { randomBytes } from 'node:crypto'
import { WebSocket } from 'ws'
import {
  createNonce,
  describeEnd,
  linkUrl,
  type Nonces,
  readNonce
} from '../../src/connections/websocket-handshake.js'
import type WebTorrentDHT from '../../src/index.js'
import { FOR_WEBSOCKET } from '../../src/proofs.js'
import type { Description } from '../../src/wire/description.js'
import { placeOf, within } from './nodes.js'
import { decodeRaw, encodeRaw, type RawMessage } from './raw-client.js'

export interface RawLinkOptions {
  protocol?: string
  headers?: Record<string, string>
  /** Another loopback address to come from (`127.0.0.2`). */
  from?: string
}

export class RawLink {
  readonly nonces: Nonces
  /** The server's answer: its first message. */
  readonly answer: { id: string; sdp?: string }
  readonly #socket: WebSocket
  readonly messages: Buffer[] = []
  pongs = 0
  /** Code and reason with which the server has closed. */
  readonly closed: Promise<string>

  /** Opens a WebSocket and waits for the answer. @throws Error if the server refuses */
  static async open(node: WebTorrentDHT, options: RawLinkOptions = {}): Promise<RawLink> {
    const { protocol = 'webtorrent-dht', headers = {}, from: localAddress } = options
    const client = createNonce()
    const socket = new WebSocket(linkUrl(`http://${placeOf(node)}/`, client), protocol, {
      headers,
      ...(localAddress && { localAddress })
    })
    const first = new Promise<string>((resolve, reject) => {
      socket.once('message', data => resolve(String(data)))
      socket.once('unexpected-response', (_, { statusCode }) => {
        socket.terminate()
        reject(new Error(`HTTP ${statusCode}`))
      })
      socket.once('close', code => reject(new Error(`closed: ${code}`)))
      socket.on('error', reject)
    })
    const answer = await within('the answer', first)
    const server = readNonce(answer)
    if (!server) throw new Error('the first message has no nonce')
    return new RawLink(socket, { server, client }, JSON.parse(answer))
  }

  /** Opens a link as a node does that has no key. */
  static async connect(node: WebTorrentDHT, id: Buffer, options?: RawLinkOptions): Promise<RawLink> {
    const link = await RawLink.open(node, options)
    link.offer({ id: id.toString('hex') })
    await link.taken(id)
    return link
  }

  constructor(socket: WebSocket, nonces: Nonces, answer: RawLink['answer']) {
    this.#socket = socket
    this.nonces = nonces
    this.answer = answer
    socket.on('message', data => {
      this.messages.push(data as Buffer)
      socket.emit('heard')
    })
    socket.on('pong', () => this.pongs++)
    this.closed = new Promise(resolve =>
      socket.once('close', (code, reason) => resolve(`${code} ${reason}`.trim()))
    )
  }

  get isClosed(): boolean {
    return this.#socket.readyState === WebSocket.CLOSED
  }

  /** The description of this end. */
  get description(): Description {
    return describeEnd('offer', this.nonces)
  }

  /** The description of this end with a proof by a node. */
  provenBy(
    node: WebTorrentDHT,
    description = this.description,
    purpose = FOR_WEBSOCKET
  ): Promise<Description> {
    return node.socket.node.connector.proofs.prove(description, purpose, null)
  }

  /** Sends the offer, with other fields than a node would where they are given. */
  offer(fields: Record<string, unknown>): void {
    this.send(JSON.stringify({ ...this.description, extensions: ['introduce', 'route'], ...fields }))
  }

  send(data: string | Uint8Array): void {
    this.#socket.send(data)
  }

  /** Waits for a reply to a ping: the offer is taken. @throws Error if the server closes instead */
  async taken(id: Buffer = randomBytes(20)): Promise<void> {
    const refused = this.closed.then(reason => {
      throw new Error(reason)
    })
    refused.catch(() => {})
    await Promise.race([this.query('ping', { id }, Buffer.from('tk')), refused])
  }

  /** Sends a query; gives what comes back. */
  async query(q: string, a: Record<string, unknown>, t = Buffer.from('qq')): Promise<RawMessage> {
    this.send(encodeRaw({ t, y: 'q', q, a }))
    const find = () => {
      const replies = this.messages.filter(bytes => bytes[0] === 0x64).map(decodeRaw)
      return replies.find(message => message.y !== 'q' && Buffer.from(message.t).equals(t))
    }
    return within(`reply to ${q}`, this.#hear(find))
  }

  ping(): void {
    this.#socket.ping()
  }

  /** Waits for a pong. */
  ponged(): Promise<void> {
    return new Promise(resolve => this.#socket.once('pong', () => resolve()))
  }

  close(): Promise<string> {
    this.#socket.close()
    return this.closed
  }

  #hear<T>(find: () => T | undefined): Promise<T> {
    return new Promise(resolve => {
      const look = () => {
        const found = find()
        if (found === undefined) return
        this.#socket.off('heard', look)
        resolve(found)
      }
      this.#socket.on('heard', look)
      look()
    })
  }
}
