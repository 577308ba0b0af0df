/**
 * How many connections a node may have. `RTCPeerConnection`s are the scarce good: Chromium allows 500 in a page, and each
 * costs 3 to 5 ms of CPU to make. A slot is taken before one is made, and given back once, when it is closed.
 *
 * Nobody may take all: an eighth of the slots, and a quarter of those in the making, are kept for connections that others ask
 * for while this node makes many, and the other way round. See `shareOut` for those that are tagged.
 */

import { WebTorrentDHTError } from '../errors.js'

/** Who asked for a connection: another node, by its offer, or this one. */
export type Purpose = 'inbound' | 'outbound'

/** The right to one `RTCPeerConnection`. */
export interface Slot {
  /** Says that the connection is open, so that it no longer counts as pending. */
  opened(): void
  /** Gives the slot back. Calling it again does nothing. */
  release(): void
}

/**
 * How many connections may be tagged, and so stay whatever comes: half of them by the routing table, and as many by
 * applications that an eighth is left, for newcomers and for lookups.
 */
export function shareOut(max: number): { routing: number; application: number } {
  const routing = Math.ceil(max / 2)
  return { routing, application: Math.max(1, max - routing - Math.floor(max / 8)) }
}

/** Others may be quicker to take the room that was made. */
const MAX_ATTEMPTS = 3

export class Budget {
  readonly max: number
  readonly maxPending: number
  readonly #makeRoom: (purpose: Purpose | null) => Promise<boolean>
  readonly #taken = { inbound: 0, outbound: 0 }
  readonly #pending = { inbound: 0, outbound: 0 }

  /**
   * @param makeRoom closes a connection that can be spared, of one purpose if one is given; says whether it did
   */
  constructor(max: number, maxPending: number, makeRoom: (purpose: Purpose | null) => Promise<boolean>) {
    this.max = max
    this.maxPending = maxPending
    this.#makeRoom = makeRoom
  }

  /** `RTCPeerConnection`s that exist now. */
  get taken(): number {
    return this.#taken.inbound + this.#taken.outbound
  }

  /** Those that are not open yet, and those that wait for room. */
  get pending(): number {
    return this.#pending.inbound + this.#pending.outbound
  }

  /**
   * Takes a slot, once there is room.
   *
   * @throws WebTorrentDHTError `EFULL` if there is none
   */
  async take(purpose: Purpose): Promise<Slot> {
    const share = this.maxPending - Math.floor(this.maxPending / 4)
    if (this.pending >= this.maxPending || this.#pending[purpose] >= share) {
      throw new WebTorrentDHTError('EFULL', `${this.pending} connections are being made already`)
    }
    this.#pending[purpose]++
    try {
      for (let attempt = 0; ; attempt++) {
        const slot = this.#tryToTake(purpose)
        if (slot) return slot
        const isAny = this.taken >= this.max
        if (attempt === MAX_ATTEMPTS || !(await this.#makeRoom(isAny ? null : purpose))) {
          throw new WebTorrentDHTError('EFULL', `all ${this.max} connections are in use`)
        }
      }
    } catch (error) {
      this.#pending[purpose]--
      throw error
    }
  }

  #tryToTake(purpose: Purpose): Slot | undefined {
    const share = this.max - Math.floor(this.max / 8)
    if (this.taken >= this.max || this.#taken[purpose] >= share) return undefined
    this.#taken[purpose]++
    return this.#createSlot(purpose)
  }

  #createSlot(purpose: Purpose): Slot {
    let state: 'pending' | 'open' | 'released' = 'pending'
    return {
      opened: () => {
        if (state !== 'pending') return
        state = 'open'
        this.#pending[purpose]--
      },
      release: () => {
        if (state === 'released') return
        if (state === 'pending') this.#pending[purpose]--
        state = 'released'
        this.#taken[purpose]--
      }
    }
  }
}
