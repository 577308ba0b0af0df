/** The HTTP entrance of a node: it runs the server, answers the offers there, and tells other nodes the server’s address. */

import type { PeerConnection } from '../connections/peer-connection.js'
import type { Surroundings } from '../connections/surroundings.js'
import type { Counters } from '../counters.js'
import { type ErrorCode, hasCode, messageOf, WebTorrentDHTError } from '../errors.js'
import { emitter } from '../events.js'
import type { Log } from '../log.js'
import type { ResolvedOptions } from '../options.js'
import { parseHost } from '../place.js'
import type { Answering } from '../signal-exchange/answering.js'
import type { Reach } from '../wire/candidates.js'
import type { Address } from '../wire/compact.js'
import { encodeLate, parseLate, saysLate } from '../wire/late-candidates.js'
import { encodeServerInfo } from '../wire/server-info.js'
import { encodeHttpSignal, parseHttpSignal } from '../wire/signal.js'
import type { TurnGrant } from '../wire/turn-grant.js'
import type { Whereabouts } from './access.js'
import { LateAnswers } from './late-answers.js'
import { encodeRefusal, type OtherServers } from './other-servers.js'
import { statusOf } from './refusal.js'
import type { HttpClient, HttpServer, OfferResponse } from './server-interface.js'
import { grantTurn } from './turn-credentials.js'

/** Addresses that mean "any": useless to other nodes. */
const ANY = ['0.0.0.0', '[::]']

/** Why a server may not listen, of all that Node.js says. */
const LISTEN_CODES: readonly ErrorCode[] = ['EADDRINUSE', 'EACCES', 'EADDRNOTAVAIL']

type Events = {
  /** `null`: there is no server here. */
  listening: [address: Address | null]
  /** The server cannot listen. */
  error: [error: WebTorrentDHTError]
  /** `requestListener` has failed. */
  warning: [error: WebTorrentDHTError]
}

export class HttpEntrance extends emitter<Events>() {
  readonly #options: ResolvedOptions
  readonly #answering: Answering
  readonly #counters: Counters
  readonly #log: Log
  readonly #load: () => Promise<void>
  readonly #surroundings: Surroundings
  readonly #others: OtherServers
  readonly #late = new LateAnswers()
  #server: HttpServer | null = null
  #address: Address | null = null
  /** The address that the caller gave: it may be a name. */
  #host = ''
  /** It listens, or is about to. */
  #isBound = false
  #isStarting = false
  #isClosed = false
  #onStarted = () => {}

  /** @param load loads WebRTC: who joins needs an answer */
  constructor(
    options: ResolvedOptions,
    {
      answering,
      counters,
      log,
      load,
      surroundings,
      others
    }: {
      answering: Answering
      counters: Counters
      log: Log
      load(): Promise<void>
      surroundings: Surroundings
      others: OtherServers
    }
  ) {
    super()
    this.#options = options
    this.#answering = answering
    this.#counters = counters
    this.#log = log
    this.#load = load
    this.#surroundings = surroundings
    this.#others = others
  }

  /** Where the server listens. */
  get address(): Address | null {
    return this.#address
  }

  /**
   * Starts the server. If the platform has none, it only emits `'listening'`, for programs that wait for it. Without WebRTC it does
   * nothing.
   *
   * @param mayFallBack take any free port if this one is taken
   * @throws WebTorrentDHTError `EINVAL` if it was started before; `ECLOSED`
   */
  listen(port: number, host: string, mayFallBack: boolean): void {
    if (this.#isClosed) throw new WebTorrentDHTError('ECLOSED', 'the node was destroyed')
    if (this.#isBound) throw new WebTorrentDHTError('EINVAL', 'the node listens already')
    this.#isBound = true
    this.#host = host
    this.#load().then(
      () => this.#listen(port, host, mayFallBack),
      () => {
        this.#isBound = false
      }
    )
  }

  #listen(port: number, host: string, mayFallBack: boolean): void {
    if (this.#isClosed) return
    const { createHttpServer } = this.#options.platform
    if (!createHttpServer) return void this.emit('listening', null)
    this.#isStarting = true
    const { idLength, httpLimits: limits, requestListener, trustProxy, tls } = this.#options
    this.#surroundings.noteListening(host)
    const publicHost = this.#options.httpAddress?.address ?? null
    const respond = (body: string, client: HttpClient) => this.#respond(body, client)
    const onRefused = (status: number) => this.#counters.refusedRequest(status)
    const warn = (what: string) => (cause: unknown) =>
      this.emit('warning', new WebTorrentDHTError('EAPPLICATION', `${what}: ${messageOf(cause)}`, { cause }))
    const server = createHttpServer({
      publicHost,
      limits,
      log: this.#log,
      respond,
      idLength,
      links: {
        isFull: () => this.#answering.isFull,
        answer: own => this.#answering.answerOnLink(own),
        take: (offer, link, { origin, address, whereabouts }) =>
          this.#answering.takeLink(offer, link, origin, this.#reachOf(address, whereabouts))
      },
      onRefused,
      requestListener,
      onFailed: warn('requestListener failed'),
      trustProxy,
      tls,
      onBadCertificate: warn('option `tls` has no certificate that can be used')
    })
    server.listen(port, host, (error, bound) => {
      this.#isStarting = false
      if (this.#isClosed || error) server.close(this.#onStarted)
      if (this.#isClosed) return
      if (error && mayFallBack) return this.#listen(0, host, false)
      if (error) {
        this.#isBound = false
        return void this.emit('error', toListenError(error))
      }
      this.#server = server
      this.#address = bound
      this.#log('listening for HTTP on %s:%d', bound.host, bound.port)
      this.emit('listening', this.#address)
    })
  }

  /** Tells the other end of a connection the server's address. */
  introduce(connection: PeerConnection): void {
    if (!this.#address) return
    const { httpAddress } = this.#options
    const host = httpAddress?.address ?? parseHost(this.#host)
    const port = httpAddress?.port ?? this.#address.port
    if (host !== undefined && !ANY.includes(host)) connection.send(encodeServerInfo({ host, port }))
  }

  /** Stops the server; calls back when its port is free. */
  close(callback: () => void): void {
    this.#isClosed = true
    if (this.#server) this.#server.close(callback)
    else if (this.#isStarting) this.#onStarted = callback
    else callback()
  }

  async #respond(body: string, { origin, address, whereabouts }: HttpClient): Promise<OfferResponse> {
    const { idLength, id } = this.#options
    const given = parseLate(body)
    if (given) return { status: 200, body: encodeLate(await this.#late.respond(origin, given)) }
    const offer = parseHttpSignal(body, 'offer', idLength)
    if (!offer) {
      return {
        status: 400,
        body: 'the body is not a WebRTC offer: {"type":"offer","sdp":"…","extensions":[]}'
      }
    }
    const reach = this.#reachOf(address, whereabouts)
    try {
      const show = (sdp: string) => this.#surroundings.show({ type: 'answer', sdp }, reach).sdp
      const late = saysLate(body) ? this.#late.wayOf(origin, show) : null
      const answer = await this.#answering.answer(offer, origin, reach, { late })
      const shown = answer.sdp === undefined ? answer : this.#surroundings.show(answer, reach)
      const user = (offer.id ?? answer.id).hex
      return {
        status: 200,
        body: encodeHttpSignal(
          { ...shown, id },
          { turn: this.#grantTurn(user), ...(late?.hasMore && { late: true }) }
        )
      }
    } catch (error) {
      const status = statusOf(error)
      if (status === 400) return { status, body: messageOf(error) }
      const others = hasCode(error, 'EFULL') ? await this.#others.withRoom(reach) : []
      return { status, body: encodeRefusal(messageOf(error), others) }
    }
  }

  #grantTurn(user: string): TurnGrant | undefined {
    const { turn, platform } = this.#options
    return turn && platform.signTurn ? grantTurn(turn, platform.signTurn, user) : undefined
  }

  #reachOf(address: string, whereabouts: Whereabouts): Reach {
    if (whereabouts === 'foreign') return 'foreign'
    if (whereabouts === 'direct') return this.#surroundings.ofAddress(address)
    this.#surroundings.noteStranger()
    return 'public'
  }
}

function toListenError(cause: Error): WebTorrentDHTError {
  const given = 'code' in cause ? cause.code : undefined
  const isUnknownName = 'syscall' in cause && cause.syscall === 'getaddrinfo'
  const code = isUnknownName ? 'EADDRNOTAVAIL' : (LISTEN_CODES.find(known => known === given) ?? 'ELISTEN')
  return new WebTorrentDHTError(code, `cannot listen: ${cause.message}`, { cause })
}
