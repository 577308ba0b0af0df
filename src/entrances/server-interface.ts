/** The interface of the HTTP server. Only `server.ts` runs `node:http`. */

import type { WebSocketPeer } from '../connections/websocket-peer.js'
import type { Log } from '../log.js'
import type { Address } from '../wire/compact.js'
import type { Description } from '../wire/description.js'
import type { HttpSignal, Signal } from '../wire/signal.js'
import type { Whereabouts } from './access.js'
import type { Certificate } from './certificate.js'
import type { RequestListener } from './request-listener.js'
import type { TrustedProxies } from './trusted-proxies.js'

/** @internal The response to an offer. `body` is JSON for status 200, and one line of text for any other. */
export interface OfferResponse {
  status: 200 | 400 | 503
  body: string
}

/** @internal The sender of a request. */
export interface HttpClient {
  /** For shares and penalties: see origin.ts. */
  origin: string
  /** The IP address: that of the socket, or the one that trusted proxies name. */
  address: string
  /** Where the client says that it is. */
  whereabouts: Whereabouts
}

/** @internal */
export interface HttpServerOptions {
  limits: HttpLimits
  log: Log
  trustProxy: TrustedProxies | null
  /** Gives the current certificate; `null`: plain HTTP. */
  tls: (() => Certificate) | null
  /** Called with why a certificate cannot be used; the one before stays. */
  onBadCertificate: (thrown: unknown) => void
  /** The host of the option `http_address`. */
  publicHost: string | null
  /** Responds to an offer: gets the body of the request, and who has sent it. */
  respond: (body: string, client: HttpClient) => Promise<OfferResponse>
  /** The length of all ids. */
  idLength: number
  /** Takes links over WebSocket. */
  links: LinkTaker
  /** Called for each response whose status is not 200 or 204. */
  onRefused: (status: number) => void
  /** Handles requests that are no offers: every method but POST and OPTIONS. */
  requestListener: RequestListener | null
  /** Called with what `requestListener` has thrown. */
  onFailed: (thrown: unknown) => void
}

/** @internal */
export interface LinkTaker {
  /** Whether a link would be refused for want of room. */
  isFull(): boolean
  /** Encloses a description of a link in this node's answer. */
  answer(own: Description): Promise<Signal>
  /** Makes a connection of a link, by the offer that came on it. @throws WebTorrentDHTError why it does not */
  take(offer: HttpSignal, link: WebSocketPeer, client: HttpClient): Promise<void>
}

export interface HttpLimits {
  /** Bytes of a request's body. */
  bodyBytes: number
  /** Milliseconds from a request's beginning to the end of its body. */
  requestTimeout: number
  /** Whole requests that are being answered at the same time; half of them at most for one address. */
  concurrentRequests: number
  /** Whole requests from one address in ten seconds. An IPv6 address counts as its /64. */
  requestsPerAddress: number
  /** Sockets without a whole request. One more closes the oldest of the address that has the most. */
  sockets: number
}

/** @internal */
export interface HttpServer {
  /** Starts to listen. Calls back with an error, `EADDRINUSE` for example, or with the address and port that it listens on. */
  listen(port: number, address: string, callback: (error: Error | null, bound: Address) => void): void
  /** Ends all requests and frees the port; then calls back. */
  close(callback: () => void): void
}
