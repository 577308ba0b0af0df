/** The way in: an HTTP server that takes a newcomer's WebRTC offer and responds with the answer. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { messageOf } from '../errors.js'
import { LRU } from '../upstream.js'
import { accessHeaders, isMisdirected, type OwnPlace, whereaboutsOf } from './access.js'
import type { RequestListener } from './request-listener.js'
import type { HttpServer, HttpServerOptions } from './server-interface.js'

const RATE_WINDOW = 10_000
/** Addresses of which requests are counted. Beyond that the oldest counts are dropped. */
const MAX_COUNTED_ADDRESSES = 10_000
/** Milliseconds between looks for requests that take too long. */
const CHECKING_INTERVAL = 1000
/** Seconds after which a newcomer may ask a full or busy node again. */
const RETRY_AFTER = '2'

/** A request that cannot be answered, with the response that says so. */
class HttpError extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** Makes the server; it listens once it is told to. */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  const { limits, log } = options
  const requestsByAddress = new LRU<number>({ max: MAX_COUNTED_ADDRESSES })
  const windowTimer = setInterval(() => requestsByAddress.clear(), RATE_WINDOW)
  windowTimer.unref?.() // not where jsdom's timers are the global ones
  const own: OwnPlace = { listening: '', public: options.publicHost }
  let concurrent = 0

  const server = createServer({
    requestTimeout: limits.requestTimeout,
    headersTimeout: limits.requestTimeout,
    // Node.js looks for requests that take too long only every 30 seconds by default.
    connectionsCheckingInterval: Math.min(limits.requestTimeout, CHECKING_INTERVAL)
  })
  server.maxHeadersCount = 50
  server.on('request', async (request, response) => {
    if (isMisdirected(request.headers, own)) {
      options.onRefused(421)
      return send(request, response, 421, 'this server has another name')
    }
    const isOffer = request.method === 'POST' || request.method === 'OPTIONS'
    if (options.requestListener && !isOffer) return serve(options.requestListener, request, response)
    const address = request.socket.remoteAddress ?? '' // the socket is gone once the other side has hung up
    request.on('error', () => response.destroy()) // the other side went away
    // Not until the response is closed: of requests in a row on one socket, those after an error never get one.
    concurrent++
    try {
      checkRate(address)
      await respond(request, response, address)
    } catch (error) {
      const status = error instanceof HttpError ? error.status : 500
      options.onRefused(status)
      log('HTTP %d to %s: %s', status, address, messageOf(error))
      send(request, response, status, messageOf(error))
    } finally {
      concurrent--
    }
  })

  async function serve(listener: RequestListener, request: IncomingMessage, response: ServerResponse) {
    try {
      await listener(request, response)
    } catch (error) {
      if (response.headersSent) response.destroy()
      else send(request, response, 500, 'Internal Server Error')
      options.onFailed(error)
    }
  }

  function checkRate(address: string): void {
    const count = (requestsByAddress.get(address) ?? 0) + 1
    requestsByAddress.set(address, count)
    if (count > limits.requestsPerAddress) throw new HttpError(429, 'too many requests from this address')
    if (concurrent > limits.concurrentRequests) throw new HttpError(503, 'too many requests at once')
  }

  async function respond(request: IncomingMessage, response: ServerResponse, address: string): Promise<void> {
    if (request.method === 'OPTIONS') return send(request, response, 204, '')
    if (request.method !== 'POST')
      throw new HttpError(405, 'POST a WebRTC offer as JSON to join the DHT (see bep.md)')
    const body = await readBody(request, limits.bodyBytes)
    const { status, body: text } = await options.respond(body, address, whereaboutsOf(request.headers, own))
    if (status !== 200) options.onRefused(status)
    send(request, response, status, text)
  }

  return {
    listen(port, address, callback) {
      const given = { host: address, port }
      const onError = (error: Error) => callback(error, given)
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
      clearInterval(windowTimer)
      server.close(() => callback())
      server.closeAllConnections()
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
