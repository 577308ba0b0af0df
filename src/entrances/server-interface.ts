/** What the socket asks of an HTTP server. Only `server.ts` runs `node:http`. */

import type { Log } from '../log.js'
import type { RequestListener } from './request-listener.js'

/** @internal What a request is answered with. `body` is JSON for 200 and one line of text for all else. */
export interface HttpResponse {
  status: 200 | 400 | 503
  body: string
}

/** @internal */
export interface HttpServerOptions {
  limits: HttpLimits
  log: Log
  /** Answers an offer: gets the body of a request and the IP address that it came from, and gives what to respond. */
  respond: (body: string, address: string) => Promise<HttpResponse>
  /** Called for each request that is not answered with 200 or 204. */
  onRefused: (status: number) => void
  /** Responds to what is no offer: every method but POST and OPTIONS. */
  requestListener: RequestListener | null
}

export interface HttpLimits {
  /** Bytes of a request's body. */
  bodyBytes: number
  /** Milliseconds from a request's beginning to the end of its body. */
  requestTimeout: number
  /** Requests that are being answered at the same time. */
  concurrentRequests: number
  /** Requests from one address in ten seconds. */
  requestsPerAddress: number
}

/** @internal */
export interface HttpServer {
  /** Starts to listen. Calls back with an error, `EADDRINUSE` for example, or with the port that it listens on. */
  listen(port: number, address: string, callback: (error: Error | null, port: number) => void): void
  /** Ends all requests and frees the port; then calls back. */
  close(callback: () => void): void
}
