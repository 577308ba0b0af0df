/** The way in to a node: it runs the HTTP server, answers the offers there, and tells other nodes the server's address. */

import type { PeerConnection } from '../connections/peer-connection.js'
import type { Counters } from '../counters.js'
import { messageOf, WebTorrentDHTError } from '../errors.js'
import { emitter } from '../events.js'
import type { Log } from '../log.js'
import type { ResolvedOptions } from '../options.js'
import type { Answering } from '../signal-exchange/answering.js'
import type { Address } from '../wire/compact.js'
import { encodeServerInfo } from '../wire/server-info.js'
import { encodeHttpSignal, parseHttpSignal } from '../wire/signal.js'
import type { HttpServer, OfferResponse } from './server-interface.js'

/** Addresses that mean "any": useless to other nodes. */
const ANY = ['0.0.0.0', '::']

type Events = {
  /** `null`: there is no server here. */
  listening: [address: Address | null]
  /** The server cannot listen. */
  error: [error: Error]
}

export class Entrance extends emitter<Events>() {
  readonly #options: ResolvedOptions
  readonly #answering: Answering
  readonly #counters: Counters
  readonly #log: Log
  #server: HttpServer | null = null
  #address: Address | null = null
  /** It listens, or is about to. */
  #isBound = false
  #isClosed = false

  constructor(options: ResolvedOptions, answering: Answering, counters: Counters, log: Log) {
    super()
    this.#options = options
    this.#answering = answering
    this.#counters = counters
    this.#log = log
  }

  /** Where the server listens. */
  get address(): Address | null {
    return this.#address
  }

  /**
   * Starts the server. If the platform has none, it only emits `'listening'`, for programs that wait for it.
   *
   * @param mayFallBack take any free port if this one is taken
   * @throws WebTorrentDHTError `EINVAL` if it was started before
   */
  listen(port: number, host: string, mayFallBack: boolean): void {
    if (this.#isClosed) return
    if (this.#isBound) throw new WebTorrentDHTError('EINVAL', 'the node listens already')
    this.#isBound = true
    this.#listen(port, host, mayFallBack)
  }

  #listen(port: number, host: string, mayFallBack: boolean): void {
    const { createHttpServer } = this.#options.platform
    if (!createHttpServer) return queueMicrotask(() => this.emit('listening', null))
    const { httpLimits: limits, requestListener } = this.#options
    const respond = (body: string, address: string) => this.#respond(body, address)
    const onRefused = (status: number) => this.#counters.refusedRequest(status)
    const server = createHttpServer({ limits, log: this.#log, respond, onRefused, requestListener })
    server.listen(port, host, (error, actualPort) => {
      if (this.#isClosed) return server.close(() => {})
      if (error && mayFallBack) return this.#listen(0, host, false)
      if (error) {
        this.#isBound = false
        return void this.emit('error', error)
      }
      this.#server = server
      this.#address = { host, port: actualPort }
      this.#log('listening for HTTP on %s:%d', host, actualPort)
      this.emit('listening', this.#address)
    })
  }

  /** Tells the other end of a connection the server's address. */
  introduce(connection: PeerConnection): void {
    if (!this.#address) return
    const { httpAddress } = this.#options
    const host = httpAddress?.address ?? this.#address.host
    const port = httpAddress?.port ?? this.#address.port
    if (!ANY.includes(host)) connection.send(encodeServerInfo({ host, port }))
  }

  /** Stops the server; calls back when its port is free. */
  close(callback: () => void): void {
    this.#isClosed = true
    if (this.#server) this.#server.close(callback)
    else callback()
  }

  async #respond(body: string, address: string): Promise<OfferResponse> {
    const { idLength, id } = this.#options
    const offer = parseHttpSignal(body, 'offer', idLength)
    if (!offer) {
      return {
        status: 400,
        body: 'the body is not a WebRTC offer: {"type":"offer","sdp":"…","extensions":[]}'
      }
    }
    try {
      return {
        status: 200,
        body: encodeHttpSignal({ ...(await this.#answering.answer(offer, address)), id })
      }
    } catch (error) {
      const isBadOffer = error instanceof WebTorrentDHTError && error.code === 'ECONNFAILED'
      return { status: isBadOffer ? 400 : 503, body: messageOf(error) }
    }
  }
}
