/** Posts one offer to several places as they are found; the first answer wins. */

import { messageOf, WebTorrentDHTError } from '../errors.js'
import type { Place } from '../place.js'
import { type HttpSignal, readJsonSignal, type Signal } from '../wire/signal.js'
import { postOffer } from './client.js'
import type { CarriedAnswer, CarriedSignal } from './entrance.js'
import { beginNodePost } from './node-post.js'

const SECONDS = 1000
/** Milliseconds for one place to answer. */
const TIMEOUT = 4 * SECONDS
/** Places asked at the same time. Each that answers keeps a connection for us until it gives up. */
const AT_ONCE = 3
/** Places asked for one offer. Strangers name them, and must not make us knock everywhere. */
const MAX_ASKED = 12

export interface FirstAnswerOptions {
  offer: CarriedSignal
  /** The name of the way in, for errors. */
  name: string
  /** Lets go of all requests. */
  signal: AbortSignal
}

export class FirstAnswer {
  /** Rejects if the search ends and no place has answered. */
  readonly answer: Promise<CarriedAnswer>
  readonly #options: FirstAnswerOptions
  readonly #offer: Signal
  readonly #waiting: Place[] = []
  /** Places found so far, as `host:port`. */
  readonly #found = new Set<string>()
  readonly #abort = new AbortController()
  #underWay = 0
  #asked = 0
  #hasEnded = false
  #failure: unknown
  #resolve: (answer: CarriedAnswer) => void = () => {}
  #reject: (error: unknown) => void = () => {}

  /** @throws WebTorrentDHTError `EINVAL` if the offer is none */
  constructor(options: FirstAnswerOptions) {
    const { offer, signal, name } = options
    const read = readJsonSignal(offer, 'offer', (offer.id?.length ?? 0) / 2)
    if (!read?.id) throw new WebTorrentDHTError('EINVAL', `${name}: the offer is none of a node`)
    this.#options = options
    this.#offer = { ...read, id: read.id }
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    const stop = () => this.#abort.abort()
    this.answer.then(stop, stop)
    const letGo = () => this.#reject(signal.reason)
    if (signal.aborted) letGo()
    else this.#abort.signal.addEventListener('abort', () => signal.removeEventListener('abort', letGo))
    signal.addEventListener('abort', letGo)
  }

  /** Asks a place, unless it was found before or too many were asked. */
  add(place: Place): void {
    const key = `${place.host}:${place.port}`
    if (this.#found.has(key) || this.#found.size === MAX_ASKED) return
    this.#found.add(key)
    this.#waiting.push(place)
    this.#advance()
  }

  /** Says that no more places will be found. */
  end(): void {
    this.#hasEnded = true
    this.#advance()
  }

  /** Ends the search for places: no more can be found. */
  fail(error: WebTorrentDHTError): void {
    this.#failure ??= error
    this.end()
  }

  #advance(): void {
    while (!this.#abort.signal.aborted && this.#underWay < AT_ONCE) {
      const place = this.#waiting.shift()
      if (!place) break
      this.#underWay++
      this.#asked++
      void this.#ask(place).finally(() => {
        this.#underWay--
        this.#advance()
      })
    }
    if (this.#hasEnded && this.#underWay === 0 && this.#waiting.length === 0) this.#reject(this.#noAnswer())
  }

  async #ask(place: Place): Promise<void> {
    const idLength = this.#offer.id.bytes.length
    const signal = AbortSignal.any([this.#abort.signal, AbortSignal.timeout(TIMEOUT)])
    try {
      const options = { idLength, allowsHttp: true, beginPost: beginNodePost, signal }
      const reply = await postOffer(place, this.#offer, options)
      // This node announces itself, too.
      if (reply.id?.equals(this.#offer.id)) this.#asked--
      else this.#resolve(reply.sdp === undefined ? { id: reply.id.hex } : toCarried(reply))
    } catch (error) {
      this.#failure = error
    }
  }

  #noAnswer(): WebTorrentDHTError {
    const { name } = this.#options
    if (this.#asked === 0) {
      const why = this.#failure === undefined ? 'no node was found' : messageOf(this.#failure)
      return new WebTorrentDHTError('ENONODES', `${name}: ${why}`, { cause: this.#failure })
    }
    const text = `${name}: none of ${this.#asked} places found there has let this node in`
    return new WebTorrentDHTError('EUNREACHABLE', text, { cause: this.#failure })
  }
}

function toCarried({ id, type, sdp, extensions }: HttpSignal): CarriedSignal {
  return { ...(id && { id: id.hex }), type, sdp, extensions }
}
