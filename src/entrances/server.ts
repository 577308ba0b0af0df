/** The way in: an HTTP server that takes a newcomer's WebRTC offer and responds with the answer. */

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { messageOf, toError } from '../errors.js'
import { accessHeaders, isMisdirected, type OwnPlace, whereaboutsOf } from './access.js'
import type { RequestListener } from './request-listener.js'
import { createSenderReader } from './request-origin.js'
import { HttpError, RequestRates } from './request-rates.js'
import type { HttpClient, HttpServer, HttpServerOptions } from './server-interface.js'
import { WaitingSockets } from './waiting-sockets.js'
import { createWebServer } from './web-server.js'
import { WebSockets } from './websocket-server.js'

/** Milliseconds between looks for requests that take too long. */
const CHECKING_INTERVAL = 1000
/** Seconds after which a newcomer may ask a full or busy node again. */
const RETRY_AFTER = '2'
const MISDIRECTED = 'this server has another name: its owner can set `http_address`'

/** Makes the server; it listens once it is told to. */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  const { limits, log } = options
  const rates = new RequestRates(limits)
  const waiting = new WaitingSockets(limits.sockets)
  const senderOf = createSenderReader(options.trustProxy)
  const own: OwnPlace = { listening: '', public: options.publicHost }

  const { server, prepare, onSocket } = createWebServer({
    tls: options.tls,
    onBadCertificate: options.onBadCertificate,
    requestTimeout: limits.requestTimeout,
    headersTimeout: limits.requestTimeout,
    // Node.js looks for requests that take too long only every 30 seconds by default.
    connectionsCheckingInterval: Math.min(limits.requestTimeout, CHECKING_INTERVAL)
  })
  server.maxHeadersCount = 50
  // `closeAllConnections` forgets upgraded sockets, while `close` waits for their end.
  const sockets = new Set<Socket>()
  onSocket((socket, former) => {
    if (former) waiting.remove(former)
    waiting.add(socket)
    sockets.add(socket)
    socket.once('close', () => {
      waiting.remove(socket)
      sockets.delete(socket)
    })
  })
  const webSockets = new WebSockets({
    ...options,
    rates,
    waiting,
    clientOf: request => {
      if (isMisdirected(request.headers, own)) throw new HttpError(421, MISDIRECTED)
      return clientOf(request)
    }
  })
  server.on('upgrade', (request, socket, head) => void webSockets.upgrade(request, socket, head))
  server.on('request', async (request, response) => {
    const { socket } = request
    response.once('close', () => waiting.add(socket)) // it may be kept for the next request
    if (isMisdirected(request.headers, own)) {
      options.onRefused(421)
      return send(request, response, 421, MISDIRECTED)
    }
    const isOffer = request.method === 'POST' || request.method === 'OPTIONS'
    if (options.requestListener && !isOffer) {
      waiting.remove(socket)
      return serve(options.requestListener, request, response)
    }
    // The socket's address is gone once the other side has hung up.
    const client = clientOf(request)
    request.on('error', () => response.destroy()) // the other side went away
    try {
      const body = request.method === 'POST' ? await readBody(request, limits.bodyBytes) : ''
      waiting.remove(socket)
      // Not until the response is closed: of requests in a row on one socket, those after an error never get one.
      await rates.run(client.origin, () => respond(request, response, body, client))
    } catch (error) {
      waiting.remove(socket)
      const status = error instanceof HttpError ? error.status : 500
      options.onRefused(status)
      log('HTTP %d to %s: %s', status, client.origin, messageOf(error))
      send(request, response, status, messageOf(error))
    }
  })

  function clientOf(request: IncomingMessage): HttpClient {
    const sender = senderOf(request)
    return { ...sender, whereabouts: whereaboutsOf(sender, request.headers, own) }
  }

  async function serve(listener: RequestListener, request: IncomingMessage, response: ServerResponse) {
    try {
      await listener(request, response)
    } catch (error) {
      if (response.headersSent) response.destroy()
      else send(request, response, 500, 'Internal Server Error')
      options.onFailed(error)
    }
  }

  async function respond(
    request: IncomingMessage,
    response: ServerResponse,
    body: string,
    client: HttpClient
  ): Promise<void> {
    if (request.method === 'OPTIONS') return send(request, response, 204, '')
    if (request.method !== 'POST')
      throw new HttpError(405, 'POST a WebRTC offer as JSON to join the DHT (see bep.md)')
    const { status, body: text } = await options.respond(body, client)
    if (status !== 200) options.onRefused(status)
    send(request, response, status, text)
  }

  return {
    listen(port, address, callback) {
      const given = { host: address, port }
      const onError = (error: Error) => callback(error, given)
      try {
        prepare()
      } catch (error) {
        return onError(toError(error))
      }
      server.once('error', onError)
      server.listen(port, address, () => {
        server.off('error', onError)
        server.on('error', error => log('HTTP server: %s', messageOf(error))) // out of descriptors, for example
        const place = server.address()
        own.listening = typeof place === 'object' && place ? place.address : address
        callback(null, typeof place === 'object' && place ? { host: place.address, port: place.port } : given)
      })
    },
    close(callback) {
      rates.close()
      webSockets.close()
      server.close(() => callback())
      for (const socket of sockets) socket.destroy()
    }
  }
}

async function readBody(request: IncomingMessage, maxBytes: number): Promise<string> {
  const tooLong = new HttpError(413, `the body is longer than ${maxBytes} bytes`)
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLong
  const chunks: Buffer[] = []
  let length = 0
  // Leaving the loop must not destroy the request: its socket has to carry the response.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    length += chunk.length
    if (length > maxBytes) throw tooLong
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

function send(request: IncomingMessage, response: ServerResponse, status: number, body: string): void {
  if (response.headersSent || response.destroyed) return
  const headers: Record<string, string> = {
    ...accessHeaders(request.headers),
    'content-type': status === 200 ? 'application/json' : 'text/plain; charset=utf-8'
  }
  if (status === 429 || status === 503) headers['retry-after'] = RETRY_AFTER
  if (status === 405) headers.allow = 'POST, OPTIONS'
  if (status >= 400) headers.connection = 'close' // the rest of a body that is too long is not read
  response.writeHead(status, headers)
  response.end(status === 200 || body === '' ? body : `${body}\n`)
}
