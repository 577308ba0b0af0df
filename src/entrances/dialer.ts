/** Dials the ways in: connects to nodes through their HTTP servers, and through entrances. A place is dialled only once at a time. */

import { abortable } from '../abort-signals.js'
import { keyOf } from '../connections/address-book.js'
import type { Connector } from '../connections/connector.js'
import type { PeerConnection } from '../connections/peer-connection.js'
import { type Attempt, attemptAlone, openInTwo } from '../connections/retry.js'
import { messageOf, WebTorrentDHTError } from '../errors.js'
import { Id } from '../id.js'
import type { Log } from '../log.js'
import type { ResolvedOptions } from '../options.js'
import { nameOf, type Place } from '../place.js'
import { LRU } from '../upstream.js'
import type { Reach } from '../wire/candidates.js'
import type { Address } from '../wire/compact.js'
import { markBeside } from '../wire/description.js'
import { type HttpReply, readJsonSignal, type Signal, toJsonSignal } from '../wire/signal.js'
import { OfferRequest, type PostedReply, postLate } from './client.js'
import type { Entrance } from './entrance.js'
import { failedEntrance } from './failures.js'
import { type Progress, reachServer } from './fallback.js'
import type { KnownSchemes } from './known-schemes.js'
import { LateOverHttp } from './late-over-http.js'
import { openLink } from './websocket-client.js'

const SECONDS = 1000
/** Milliseconds for a server to answer. */
const HTTP_TIMEOUT = 5 * SECONDS
/** Milliseconds for an entrance to bring an answer: it may have to look for nodes first. */
const ENTRANCE_TIMEOUT = 10 * SECONDS
/** Milliseconds for a connection that the other end reports as open: two nodes may make offers to each other at once. */
const CROSSING_TIMEOUT = 500
/** Milliseconds that an offer waits for candidates once it could be sent. A server that can be reached answers the checks that come. */
const GRACE = 50
/** Dials at once. Places come from the user, but an application may pass on strangers' places. */
const MAX_DIALS = 16
const MAX_REMEMBERED = 64

/** The result of dialling a place: a connection, or this node itself. */
export type Dialled = PeerConnection | 'self'

type OnFailed = (address: Address, error: WebTorrentDHTError) => void

/** Carries one offer to a node, and its answer back. */
interface Carrier {
  /** The URL that is asked, once it is known; `null` if there is none. */
  found?: Promise<string | null>
  /** Settles when an offer could be sent. */
  connected?: Promise<void>
  /** Settles when the offer should be sent. */
  due?: Promise<void>
  /** Takes and sends candidates that follow, if any may. */
  late?: LateOverHttp
  carry(offer: Signal): Promise<HttpReply>
  close(): void
}

/** A way for an offer to a node, and for its answer back. */
interface Way {
  name: string
  /** Of whoever answers. */
  reach: Reach
  /** The node's address here from now on. */
  address: Address | null
  /** Whether an offer that got no answer may still be answered by somebody. */
  mayAnswerLater: boolean
  /** Connects, where it can before the offer is there. Whoever opens a carrier closes it. */
  open(): Carrier
}

export interface DialerParts {
  connector: Connector
  schemes: KnownSchemes
  log: Log
  /** Told of each place that could not be dialled. */
  onFailed: OnFailed
}

export class Dialer {
  readonly #options: ResolvedOptions
  readonly #connector: Connector
  readonly #schemes: KnownSchemes
  readonly #log: Log
  readonly #onFailed: OnFailed
  readonly #dials = new Map<string, Promise<Dialled>>()
  /** Names of the places that were dialled before. */
  readonly #dialled = new LRU<true>({ max: MAX_REMEMBERED })
  /** Names of the places where no link over WebSocket has opened: none is begun there before it is needed. */
  readonly #linkless = new LRU<true>({ max: MAX_REMEMBERED })
  #abort = new AbortController()

  constructor(options: ResolvedOptions, { connector, schemes, log, onFailed }: DialerParts) {
    this.#options = options
    this.#onFailed = onFailed
    this.#connector = connector
    this.#schemes = schemes
    this.#log = log
  }

  /**
   * Dials a place.
   *
   * @param address the node's address here from now on
   * @throws WebTorrentDHTError why there is no connection
   */
  dialPlace(place: Place, address: Address): Promise<Dialled> {
    this.#connector.surroundings.noteHost(place.host)
    const key = keyOf(address)
    const current = this.#dials.get(key)
    if (current) return current
    if (this.#dials.size >= MAX_DIALS) {
      return Promise.reject(new WebTorrentDHTError('EFULL', `${MAX_DIALS} nodes are being dialled already`))
    }
    const dial = this.#dialPlace(place, address).finally(() => {
      if (this.#dials.get(key) === dial) this.#dials.delete(key)
    })
    this.#dials.set(key, dial)
    return dial
  }

  /**
   * Connects to a node through an entrance.
   *
   * @param signal lets go of the request; not of a connection that is opening
   * @throws WebTorrentDHTError why there is no connection
   */
  async dialEntrance(entrance: Entrance, signal: AbortSignal): Promise<PeerConnection> {
    const { surroundings } = this.#connector
    const isLocal = entrance.isLocal ?? false
    const reach = surroundings.ofEntrance(isLocal)
    const { name } = entrance
    const carry = (offer: Signal) => this.#request(entrance, surroundings.show(offer, reach), signal)
    const open = () => ({ carry, close: () => {} })
    try {
      const dialled = await this.#dial({ name, reach, address: null, mayAnswerLater: true, open })
      if (dialled !== 'self') return dialled
      throw new WebTorrentDHTError('EREFUSED', `${name}: this node’s own offer came back`)
    } catch (thrown) {
      this.#log('cannot get in through %s: %s', name, messageOf(thrown))
      throw describe(name, thrown, isLocal ? '' : ' Private addresses are for entrances with `isLocal`')
    }
  }

  /** The dials of places that are under way. */
  get dials(): Promise<Dialled>[] {
    return [...this.#dials.values()]
  }

  /** Aborts the dials under way: the network may be another now. */
  letGo(): void {
    this.#abort.abort()
    this.#abort = new AbortController()
    this.#dials.clear()
  }

  /** Aborts all dials. */
  close(): void {
    this.#abort.abort()
  }

  async #dialPlace(place: Place, address: Address): Promise<Dialled> {
    const name = nameOf(place)
    const { signal } = this.#abort
    const reach = this.#connector.surroundings.ofPlace(place)
    const open = () => this.#openRequest(place, reply => this.#takeTurn(reply, way))
    const way: Way = { name, reach, address, mayAnswerLater: false, open }
    const isFar = this.#connector.surroundings.isFar(place.host) && !this.#linkless.peek(name)
    try {
      return await reachServer({
        udp: this.#connector.udp,
        isFar,
        overWebRTC: (attempt, progress) => this.#attempt(way, attempt, progress),
        overWebSocket: (url, lost) =>
          this.#link(place, address, url, lost ? AbortSignal.any([signal, lost]) : signal)
      })
    } catch (thrown) {
      this.#log('cannot reach %s: %s', name, messageOf(thrown))
      const error = describe(name, thrown)
      if (!signal.aborted) this.#onFailed(address, error)
      throw error
    } finally {
      this.#dialled.set(name, true)
    }
  }

  #dial(way: Way): Promise<Dialled> {
    return openInTwo(attempt => this.#attempt(way, attempt))
  }

  async #attempt(
    { reach, address, mayAnswerLater, open }: Way,
    attempt: Attempt,
    progress?: Progress
  ): Promise<Dialled> {
    const { isSecond, isBeside } = attempt
    const carrier = open()
    void carrier.found?.then(url => url !== null && progress?.found(url))
    const { offers } = this.#connector
    const lease = await offers.lease(isSecond, isSecond ? undefined : carrier.due).catch(error => {
      carrier.close()
      throw error
    })
    const carriedAt = performance.now()
    // A second attempt has all candidates: the server may be behind a NAT, too.
    const isWhole = isSecond || !carrier.connected
    const send = async () => {
      await carrier.connected // candidates come meanwhile
      const offer = await this.#connector.toSignal(await lease.describe(carrier.late, isWhole), null)
      return carrier.carry(isBeside ? markBeside(offer) : offer)
    }
    const reply = await send().catch(error => {
      carrier.close()
      if (mayAnswerLater) lease.discard()
      else lease.giveBack() // without its answer no connection can come of it
      throw error
    })
    const { id } = reply
    if (reply.sdp !== undefined) {
      const signalTime = performance.now() - carriedAt
      progress?.answered(signalTime, lease.isReached)
      const remote = { id, dialled: address, reach }
      return this.#connector.acceptAnswer(lease, reply, remote, { signalTime, attempt })
    }
    lease.giveBack()
    return this.#connected(reply.id, address)
  }

  #openRequest(place: Place, onReply: (reply: PostedReply) => void): Carrier {
    const { idLength, platform } = this.#options
    const { allowsHttp, beginPost, whenResolvable } = platform
    const isAgain = this.#dialled.peek(nameOf(place)) !== undefined
    const limits = { signal: this.#abort.signal, timeout: HTTP_TIMEOUT }
    const request = new OfferRequest(place, {
      idLength,
      allowsHttp,
      beginPost,
      schemes: this.#schemes,
      ...limits,
      late: true,
      ...(isAgain && { whenResolvable })
    })
    const found = request.whenFound()
    const connected = request.whenConnected()
    const due = connected.then(() => new Promise<void>(resolve => setTimeout(resolve, GRACE).unref?.()))
    const late = new LateOverHttp((url, message) => {
      const signal = AbortSignal.any([limits.signal, AbortSignal.timeout(HTTP_TIMEOUT)])
      return postLate(beginPost(url, { signal }), message)
    })
    const carry = async (offer: Signal) => {
      const reply = await request.post(offer)
      late.answered(reply.url, reply.late)
      onReply(reply)
      return reply
    }
    return { found, connected, due, late, carry, close: () => request.close() }
  }

  async #link(place: Place, address: Address, first: string | null, letGo: AbortSignal): Promise<Dialled> {
    const signal = AbortSignal.any([letGo, AbortSignal.timeout(HTTP_TIMEOUT)])
    const parts = { options: this.#options, connector: this.#connector, schemes: this.#schemes }
    const opened = await openLink(place, { ...parts, address, first, signal }).catch(error => {
      if (!letGo.aborted) this.#linkless.set(nameOf(place), true)
      throw error
    })
    this.#linkless.remove(nameOf(place))
    return opened instanceof Id ? this.#connected(opened, address) : opened
  }

  async #request(entrance: Entrance, offer: Signal, letGo: AbortSignal): Promise<HttpReply> {
    const signal = AbortSignal.any([letGo, this.#abort.signal, AbortSignal.timeout(ENTRANCE_TIMEOUT)])
    signal.throwIfAborted()
    const request = async () => entrance.request?.(toJsonSignal(offer), { signal })
    const answer = await abortable(request(), signal).catch(cause => {
      throw failedEntrance(entrance.name, cause)
    })
    const reply = readJsonSignal(answer, 'answer', this.#options.idLength)
    if (reply) return reply
    throw new WebTorrentDHTError('ENOTANODE', `${entrance.name}: what came back is no answer of a node`)
  }

  /** A place that the user did not give could name servers to which it wants our packets sent. */
  #takeTurn({ turn }: PostedReply, way: Way): void {
    const { bootstrap, useTurn } = this.#options
    if (!turn || !useTurn || !bootstrap.some(own => nameOf(own) === way.name)) return
    this.#connector.factory.turnServers.take(way.name, turn, () => {
      this.#attempt(way, attemptAlone(false)).catch(error =>
        this.#log('no new TURN credentials from %s: %s', way.name, messageOf(error))
      )
    })
  }

  /** The other end says that we are connected already: to ourselves, or from before. */
  async #connected(id: Id, address: Address | null): Promise<Dialled> {
    const { table } = this.#connector
    if (id.equals(table.id)) return 'self'
    const connection = await table.whenConnected(id, CROSSING_TIMEOUT)
    if (!connection)
      throw new WebTorrentDHTError('ECONNFAILED', 'the node says that it is connected, but it is not')
    this.#connector.identify(connection, id, address)
    return connection
  }
}

/** The error with the name of the place or entrance, and a word on the usual cause. @param hint a sentence more */
function describe(name: string, error: unknown, hint = ''): WebTorrentDHTError {
  if (!(error instanceof WebTorrentDHTError)) {
    return new WebTorrentDHTError('EUNREACHABLE', `${name}: ${messageOf(error)}`, { cause: error })
  }
  const { code } = error
  if (code !== 'ECONNFAILED' && code !== 'ENOTPROVEN') return error
  const blocked = `it answers, but no WebRTC connection to it opens; is UDP blocked?${hint}`
  const text = code === 'ECONNFAILED' ? blocked : error.message
  return new WebTorrentDHTError(code, `${name}: ${text}`, { cause: error })
}
