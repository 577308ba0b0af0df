/**
 * How many connections a node may have. `RTCPeerConnection`s are the scarce good: Chromium allows 500 in a page, and each
 * costs 3 to 5 ms of CPU to make. A slot is taken before one is made, and given back once, when it is closed.
 */

import { WebTorrentDHTError } from '../errors.js'

/** The right to one `RTCPeerConnection`. */
export interface Slot {
  /** Says that the connection is open, so that it no longer counts as pending. */
  opened(): void
  /** Gives the slot back. Calling it again does nothing. */
  release(): void
}

export class Budget {
  readonly max: number
  readonly maxPending: number
  readonly #makeRoom: () => boolean
  #taken = 0
  #pending = 0

  /**
   * @param makeRoom closes a connection that can be spared, and says whether it did
   */
  constructor(max: number, maxPending: number, makeRoom: () => boolean) {
    this.max = max
    this.maxPending = maxPending
    this.#makeRoom = makeRoom
  }

  /** `RTCPeerConnection`s that exist now. */
  get taken(): number {
    return this.#taken
  }

  /** Of these, those that are not open yet. */
  get pending(): number {
    return this.#pending
  }

  /**
   * Takes a slot.
   *
   * @throws WebTorrentDHTError `EFULL` if there is none
   */
  take(): Slot {
    if (this.#pending >= this.maxPending) {
      throw new WebTorrentDHTError('EFULL', `${this.#pending} connections are being made already`)
    }
    if (this.#taken >= this.max && !this.#makeRoom()) {
      throw new WebTorrentDHTError('EFULL', `all ${this.max} connections are in use`)
    }
    this.#taken++
    this.#pending++
    return this.#createSlot()
  }

  #createSlot(): Slot {
    let state: 'pending' | 'open' | 'released' = 'pending'
    return {
      opened: () => {
        if (state !== 'pending') return
        state = 'open'
        this.#pending--
      },
      release: () => {
        if (state === 'released') return
        if (state === 'pending') this.#pending--
        state = 'released'
        this.#taken--
      }
    }
  }
}
