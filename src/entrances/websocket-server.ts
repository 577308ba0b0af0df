/** Takes WebSockets at the port of the HTTP server, and hands them on as links. Only this file runs `ws` as a server. */

import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { WebSocketServer } from 'ws'
import { LINK_LIMITS, LINK_PROTOCOL } from '../connections/link-protocol.js'
import { nonceOfPath } from '../connections/websocket-handshake.js'
import { type LinkEnds, REFUSAL, WebSocketPeer } from '../connections/websocket-peer.js'
import { messageOf } from '../errors.js'
import { HttpError, type RequestRates } from './request-rates.js'
import type { HttpClient, HttpServerOptions } from './server-interface.js'
import type { WaitingSockets } from './waiting-sockets.js'
import { takeLink } from './websocket-handshaking.js'

export interface WebSocketsOptions
  extends Pick<HttpServerOptions, 'idLength' | 'limits' | 'links' | 'onRefused'> {
  rates: RequestRates
  waiting: WaitingSockets
  /** Tells the sender of a request. @throws HttpError if this server is not meant */
  clientOf(request: IncomingMessage): HttpClient
}

export class WebSockets {
  readonly #options: WebSocketsOptions
  #server: Promise<WebSocketServer> | null = null
  #isClosed = false

  constructor(options: WebSocketsOptions) {
    this.#options = options
  }

  /** Takes a request to change the protocol. */
  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const { clientOf, rates, links, onRefused } = this.#options
    socket.on('error', () => socket.destroy()) // the other side went away
    try {
      const client = clientOf(request)
      rates.count(client.origin)
      const asked = request.headers['sec-websocket-protocol']?.split(',').map(name => name.trim())
      if (!asked?.includes(LINK_PROTOCOL)) {
        throw new HttpError(400, `the only other protocol here is the WebSocket protocol ${LINK_PROTOCOL}`)
      }
      const nonce = nonceOfPath(request.url ?? '')
      if (!nonce) throw new HttpError(400, 'the URL has no `nonce` of 64 hex digits')
      if (links.isFull()) throw new HttpError(503, 'this node is full')
      this.#server ??= loadServer()
      const server = await this.#server
      if (this.#isClosed || socket.destroyed) return void socket.destroy()
      server.handleUpgrade(request, socket, head, webSocket => {
        const peer = new WebSocketPeer(webSocket, false, endsOf(request, client))
        void this.#take(peer, nonce, client, request.socket)
      })
    } catch (error) {
      const status = error instanceof HttpError ? error.status : 500
      onRefused(status)
      refuse(socket, status, messageOf(error))
    }
  }

  /** Cuts all off. */
  async close(): Promise<void> {
    this.#isClosed = true
    const server = await this.#server
    for (const webSocket of server?.clients ?? []) webSocket.terminate()
  }

  /** Lets the client have the time of a request for its offer. */
  async #take(peer: WebSocketPeer, nonce: Buffer, client: HttpClient, socket: Socket): Promise<void> {
    const { idLength, limits, links, waiting, rates, onRefused } = this.#options
    const timer = setTimeout(() => peer.destroy(), limits.requestTimeout)
    peer.once('close', () => clearTimeout(timer))
    try {
      await takeLink(peer, nonce, {
        idLength,
        maxBytes: limits.bodyBytes,
        answer: own => links.answer(own),
        run: take => {
          clearTimeout(timer)
          waiting.remove(socket)
          return rates.run(client.origin, take)
        },
        take: offer => links.take(offer, peer, client)
      })
    } catch (error) {
      if (peer.destroyed) return
      const status = error instanceof HttpError ? error.status : 500
      onRefused(status)
      peer.refuse(status === 429 || status === 503 ? REFUSAL.full : REFUSAL.bad, messageOf(error))
    }
  }
}

async function loadServer(): Promise<WebSocketServer> {
  const { WebSocketServer } = await import('ws')
  return new WebSocketServer({ ...LINK_LIMITS, noServer: true, handleProtocols: () => LINK_PROTOCOL })
}

/** Behind a proxy the port is that of the proxy; behind one that nobody said to trust, the address is, too. */
function endsOf({ socket }: IncomingMessage, { address, whereabouts }: HttpClient): LinkEnds {
  if (whereabouts === 'proxied') return {}
  const { remoteAddress, remotePort: port = 0, localAddress = '' } = socket
  return { remoteAddress: address, remotePort: address === remoteAddress ? port : 0, localAddress }
}

function refuse(socket: Duplex, status: number, reason: string): void {
  if (socket.destroyed) return
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: text/plain; charset=utf-8\r\n`
  const body = `${reason}\n`
  socket.once('finish', () => socket.destroy()) // the other side may never end it
  socket.end(`${head}Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`)
}
