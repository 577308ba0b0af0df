/**
 * Takes an offer to a node's HTTP server and brings back the answer. It connects while the offer is being made: at once to all URLs that
 * the place may have, and then asks one of them.
 */

import { WebTorrentDHTError } from '../errors.js'
import { nameOf, type Place, urlsOf } from '../place.js'
import { encodeLate, type LateMessage, parseLate, saysLate } from '../wire/late-candidates.js'
import { encodeHttpSignal, type HttpReply, parseHttpSignal, type Signal } from '../wire/signal.js'
import { parseTurnGrant, type TurnGrant } from '../wire/turn-grant.js'
import { failedRequest, isWrongCertificate, refusedOffer } from './failures.js'
import { KnownSchemes } from './known-schemes.js'
import type { BeginPost, Posting, PostResponse } from './posting.js'

const SECONDS = 1000
/** Milliseconds for TLS where HTTP is connected: a port may take connections, and neither speak TLS nor say so. */
const SHORTEST_PATIENCE = 1 * SECONDS
/** The same, for each millisecond that connecting took: TLS takes one round trip more, and the server time. */
const PATIENCE_PER_CONNECT_TIME = 4

export interface DialOptions {
  idLength: number
  allowsHttp: boolean
  beginPost: BeginPost
  signal: AbortSignal
  /** Milliseconds to connect, and again for the answer. Default: no limit but that of `signal`. */
  timeout?: number
  /** Default: none are remembered. */
  schemes?: KnownSchemes
  /**
   * Given for a place that was tried before, by Node.js: waits until its name can be looked up. No socket is used again then: before the
   * login to a captive portal it leads to the portal, and may do so later.
   */
  whenResolvable?: ((host: string, signal: AbortSignal) => Promise<void>) | undefined
  /** Whether candidates can follow the offer, and the answer: see late-over-http.ts. */
  late?: boolean
}

/** An answer by `url`, and the TURN servers that come with it. `late`: candidates follow the answer. */
export type PostedReply = HttpReply & { turn?: TurnGrant | undefined; url: string; late: boolean }

/** Posts an offer. @throws as `OfferRequest.post` */
export function postOffer(place: Place, offer: Signal, options: DialOptions): Promise<PostedReply> {
  return new OfferRequest(place, options).post(offer)
}

/** Posts candidates that follow an offer. @throws any error if the server does not take them */
export async function postLate(posting: Posting, message: LateMessage): Promise<LateMessage> {
  const { body } = await posting.send(encodeLate(message))
  const reply = parseLate(body)
  if (reply) return reply
  throw new WebTorrentDHTError('EREFUSED', 'the server takes no candidates')
}

export class OfferRequest {
  readonly #place: Place
  readonly #options: DialOptions
  readonly #schemes: KnownSchemes
  readonly #urls: readonly string[]
  readonly #isKnown: boolean
  readonly #postings = new Map<string, Posting>()
  readonly #beganAt = performance.now()
  readonly #abort = new AbortController()
  readonly #signal: AbortSignal
  #timer: ReturnType<typeof setTimeout> | undefined
  /** The URL to ask first. Rejects if none can be asked. */
  readonly #first: Promise<string>

  /** Connects. Whoever makes a request posts an offer or closes it. */
  constructor(place: Place, options: DialOptions) {
    this.#place = place
    this.#options = options
    this.#schemes = options.schemes ?? new KnownSchemes()
    const { urls, isKnown } = this.#schemes.order(place, urlsOf(place, options.allowsHttp))
    this.#urls = urls
    this.#isKnown = isKnown || urls.length === 1
    this.#signal = AbortSignal.any([options.signal, this.#abort.signal])
    this.#limitTime()
    for (const url of this.#isKnown ? urls.slice(0, 1) : urls) this.#begin(url)
    this.#first = this.#connect(0)
    const stop = () => clearTimeout(this.#timer)
    this.#first.then(stop, stop) // `post` rejects
  }

  /** Settles when it is known which URL will be asked; `null` if none can be. */
  whenFound(): Promise<string | null> {
    const [url = null] = this.#urls
    // A name may have to be looked up first, and lead elsewhere.
    if (this.#isKnown && !this.#options.whenResolvable) return Promise.resolve(url)
    return this.#first.catch(() => null)
  }

  /** Settles when the offer can be sent, or nobody is there to be sent it. */
  async whenConnected(): Promise<void> {
    await this.#first.catch(() => {})
  }

  /**
   * Posts an offer. To be called once.
   *
   * @throws WebTorrentDHTError `EREFUSED`, `EFULL` or `ENOTANODE` if the server gave no answer; `EUNREACHABLE`, `EDNS`, `ETLS` or
   * `ETIMEDOUT` if there is none; `EMIXED` if this page may not ask it
   */
  async post(offer: Signal): Promise<PostedReply> {
    try {
      const { url, response } = await this.#send(
        encodeHttpSignal(offer, this.#options.late ? { late: true } : {})
      )
      const reply = this.#read(url, response)
      this.#schemes.answered(this.#place, this.#urls, url)
      return reply
    } catch (error) {
      this.#schemes.failed(this.#place)
      throw error
    } finally {
      this.close()
    }
  }

  /** Lets go of all that is under way. */
  close(): void {
    clearTimeout(this.#timer)
    for (const posting of this.#postings.values()) posting.abort()
  }

  /** An offer goes to one URL at a time. */
  async #send(body: string): Promise<{ url: string; response: PostResponse }> {
    let url = await this.#first
    this.#limitTime()
    for (;;) {
      try {
        return { url, response: await this.#begin(url).send(body) }
      } catch (cause) {
        const failure = failedRequest(this.#nameOf(url), cause)
        const next = this.#urls.indexOf(url) + 1
        if (next === this.#urls.length || this.#isFinal(failure)) throw failure
        url = await this.#connect(next)
      }
    }
  }

  /** The first URL that can be asked, from one of them on. */
  async #connect(first: number): Promise<string> {
    const text = `${nameOf(this.#place)}: a page that came over HTTPS may not use plain HTTP`
    let failure = new WebTorrentDHTError('EMIXED', text)
    for (const url of this.#urls.slice(first)) {
      try {
        await this.#whenConnected(url)
        return url
      } catch (cause) {
        failure = failedRequest(this.#nameOf(url), cause)
        this.#postings.get(url)?.abort()
        if (this.#isFinal(failure)) break
      }
    }
    throw failure
  }

  async #whenConnected(url: string): Promise<void> {
    const { connected } = this.#begin(url)
    const next = this.#postings.get(this.#urls[this.#urls.indexOf(url) + 1] ?? '')
    if (!next) return connected
    let timer: ReturnType<typeof setTimeout> | undefined
    let isOver = false
    const late = new Promise<never>((_, reject) => {
      const wait = () => {
        if (isOver) return
        const patience = Math.max(
          SHORTEST_PATIENCE,
          PATIENCE_PER_CONNECT_TIME * (performance.now() - this.#beganAt)
        )
        timer = setTimeout(() => reject(new DOMException('no handshake', 'TimeoutError')), patience)
      }
      next.connected.then(wait, () => {}) // then there is nothing to go on to
    })
    await Promise.race([connected, late]).finally(() => {
      isOver = true
      clearTimeout(timer)
    })
  }

  #limitTime(): void {
    const { timeout } = this.#options
    clearTimeout(this.#timer)
    if (timeout === undefined) return
    const late = () => this.#abort.abort(new DOMException('nobody answered in time', 'TimeoutError'))
    this.#timer = setTimeout(late, timeout)
  }

  #begin(url: string): Posting {
    const posting = this.#postings.get(url) ?? this.#post(url)
    this.#postings.set(url, posting)
    return posting
  }

  #post(url: string): Posting {
    const { beginPost, whenResolvable } = this.#options
    const signal = this.#signal
    if (!whenResolvable) return beginPost(url, { signal })
    const resolved = whenResolvable(new URL(url).hostname, signal)
    return beginLater(resolved.then(() => beginPost(url, { signal, isAlone: true })))
  }

  #read(url: string, response: PostResponse): PostedReply {
    const reply =
      response.status === 200 ? parseHttpSignal(response.body, 'answer', this.#options.idLength) : undefined
    const late = saysLate(response.body)
    if (reply) return { ...reply, turn: parseTurnGrant(response.body), url, late }
    throw refusedOffer(url, response)
  }

  #isFinal(failure: WebTorrentDHTError): boolean {
    return this.#signal.aborted || isWrongCertificate(failure)
  }

  #nameOf(url: string): string {
    const isForced = !this.#options.allowsHttp && this.#place.url === null && url.startsWith('https:')
    return isForced ? `${url} (HTTPS, as this page came over it)` : url
  }
}

function beginLater(begun: Promise<Posting>): Posting {
  const connected = begun.then(posting => posting.connected)
  connected.catch(() => {}) // nobody may wait for it
  return {
    connected,
    send: body => begun.then(posting => posting.send(body)),
    abort: () => void begun.then(posting => posting.abort()).catch(() => {})
  }
}
