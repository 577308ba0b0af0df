/** Says whether a node is in the network, and if not, why: for applications. */

import { type ErrorCode, hasCode, WebTorrentDHTError } from '../errors.js'

/**
 * - `joining`: the first attempts are not over
 * - `connected`: at least one node is connected
 * - `alone`: none is; the node goes on trying, if it knows a place
 */
export type Status = 'joining' | 'connected' | 'alone'

export interface StatusOptions {
  /** Whether no node is connected. */
  isAlone(): boolean
  /** Whether a place to join at is known. */
  hasPlaces: boolean
  onChange(status: Status, reason: WebTorrentDHTError | null): void
  /** Called once for each place that the user gave and each code, not before `tell`. */
  onWarning(warning: WebTorrentDHTError): void
}

/** @internal */
export class JoiningStatus {
  readonly #options: StatusOptions
  readonly #warned = new Set<string>()
  /** Warnings that wait for `tell`; `null` once it was called. */
  #held: WebTorrentDHTError[] | null = []
  #current: Status = 'joining'
  #reason: WebTorrentDHTError | null = null
  /** Codes of reasons since the status changed: places take turns in failing. */
  readonly #told = new Set<ErrorCode>()
  #isTried = false

  constructor(options: StatusOptions) {
    this.#options = options
  }

  get current(): Status {
    return this.#current
  }

  /** Why no node is connected: what the last attempt failed with. */
  get reason(): WebTorrentDHTError | null {
    return this.#reason
  }

  /** Says why there was no node to ask, where that is known; other errors stay as they are. */
  explain(error: WebTorrentDHTError): WebTorrentDHTError {
    if (!hasCode(error, 'ENONODES') || !this.#options.isAlone()) return error
    const reason = this.#reason
    const why =
      reason?.message ?? (this.#options.hasPlaces ? 'it is joining' : 'option `bootstrap` names no place')
    const text = `${error.message}: no node is connected (${why})`
    // With the fields of the tally.
    return Object.assign(new WebTorrentDHTError('ENONODES', text, { cause: reason ?? error.cause }), error)
  }

  /** Notes that the first attempts are over. */
  tried(): void {
    this.#isTried = true
    this.update()
  }

  /** Gives the warnings so far, and from now on each at once. */
  tell(): void {
    const held = this.#held ?? []
    this.#held = null
    for (const warning of held) {
      // A node that got in elsewhere does not mind where nobody was.
      if (hasCode(warning, 'ENONODES') && !this.#options.isAlone()) continue
      this.#options.onWarning(warning)
    }
  }

  /** Notes why a place could not be dialled. @param place its name, if the user gave it */
  failed(error: WebTorrentDHTError, place: string | null): void {
    const name = `${place} ${error.code}`
    // A missing WebRTC is no fault of the place: the node tells of it.
    if (place !== null && error.code !== 'ENOWEBRTC' && !this.#warned.has(name)) {
      this.#warned.add(name)
      if (this.#held) this.#held.push(error)
      else this.#options.onWarning(error)
    }
    this.#reason = error
    this.update()
  }

  /** Notes that connections may have come or gone. */
  update(): void {
    const isAlone = this.#options.isAlone()
    if (!isAlone) this.#reason = null
    const status = isAlone ? (this.#isTried ? 'alone' : 'joining') : 'connected'
    const code = this.#reason?.code
    if (status !== this.#current) this.#told.clear()
    else if (code === undefined || this.#told.has(code)) return
    if (code !== undefined) this.#told.add(code)
    this.#current = status
    this.#options.onChange(status, this.#reason)
  }
}
