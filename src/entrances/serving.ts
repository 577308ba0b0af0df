/** Lets newcomers in through the entrances: answers the offers that they bring. */

import { originOf, sharedOrigin } from '../connections/origin.js'
import type { Surroundings } from '../connections/surroundings.js'
import { closedError, messageOf, WebTorrentDHTError } from '../errors.js'
import type { ResolvedOptions } from '../options.js'
import type { Answering } from '../signal-exchange/answering.js'
import type { Address } from '../wire/compact.js'
import { readJsonSignal, toJsonSignal } from '../wire/signal.js'
import type { AnswerOffer, CarriedSignal, Entrance } from './entrance.js'

export interface ServingParts {
  answering: Pick<Answering, 'answerPassedOn'>
  surroundings: Surroundings
  /** Told of each entrance that cannot serve. */
  onFailed(error: WebTorrentDHTError): void
}

export class Serving {
  readonly #options: ResolvedOptions
  readonly #parts: ServingParts
  #listening: Address | null = null
  /** Ends what serves now; `undefined` before the start. */
  #abort: AbortController | undefined
  #isClosed = false

  constructor(options: ResolvedOptions, parts: ServingParts) {
    this.#options = options
    this.#parts = parts
  }

  /** Serves from now on, if it does not yet. */
  start(): void {
    if (!this.#abort) this.#serve()
  }

  /** Notes where the HTTP server listens. */
  listening(address: Address): void {
    this.#listening = address
    if (this.#abort) this.#serve()
  }

  /** The public address. */
  get #address(): Address | null {
    const { httpAddress } = this.#options
    const isProxied = this.#listening && httpAddress
    return isProxied ? { host: httpAddress.address, port: httpAddress.port } : this.#listening
  }

  close(): void {
    this.#isClosed = true
    this.#abort?.abort(closedError())
  }

  #serve(): void {
    if (this.#isClosed) return
    this.#abort?.abort()
    this.#abort = new AbortController()
    const { signal } = this.#abort
    for (const entrance of this.#options.entrances) void this.#serveAt(entrance, signal)
  }

  async #serveAt(entrance: Entrance, signal: AbortSignal): Promise<void> {
    const answer: AnswerOffer = async (offer, options) => {
      signal.throwIfAborted()
      return this.#answer(entrance, offer, options?.origin)
    }
    try {
      await entrance.serve?.(answer, { signal, address: this.#address, listening: this.#listening })
    } catch (cause) {
      if (signal.aborted) return
      const text = `${entrance.name}: it lets nobody in: ${messageOf(cause)}`
      const code = cause instanceof WebTorrentDHTError ? cause.code : 'EAPPLICATION'
      this.#parts.onFailed(new WebTorrentDHTError(code, text, { cause }))
    }
  }

  async #answer(
    { name, isLocal = false }: Entrance,
    given: CarriedSignal,
    from = name
  ): Promise<CarriedSignal> {
    const { answering, surroundings } = this.#parts
    const { id, idLength } = this.#options
    const offer = readJsonSignal(given, 'offer', idLength)
    if (!offer) throw new WebTorrentDHTError('EINVAL', `${name}: what came is no offer of a node`)
    if (offer.id?.equals(id))
      throw new WebTorrentDHTError('EREFUSED', `${name}: the offer is this node’s own`)
    const reach = surroundings.ofEntrance(isLocal)
    const reply = await answering.answerPassedOn(offer, originOf(from) ?? sharedOrigin(from), reach)
    if (reply.sdp !== undefined) return toJsonSignal(surroundings.show(reply, reach))
    throw new WebTorrentDHTError('EREFUSED', `${name}: the newcomer is connected already`)
  }
}
