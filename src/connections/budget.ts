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
/** Milliseconds between two looks for room by those that wait. */
const PAUSE = 200
/** Milliseconds that a connection which this node wants waits for its turn to be made: half of a query's life. */
const MAX_WAIT = 1000
/** Those that wait beyond this number are refused. A lookup has 16 queries in flight. */
const MAX_WAITING = 64

/** How a budget gets room back. */
export interface RoomMaker {
  /** Closes a connection that can be spared, of one purpose if one is given; says whether it did. */
  makeRoom(purpose: Purpose | null): Promise<boolean>
  /** Closes one in the making, if that is fair to those who come from `origin`; says whether it did. */
  makePendingRoom(origin: string): boolean
}

export class Budget {
  readonly max: number
  readonly maxPending: number
  readonly #roomMaker: RoomMaker
  readonly #taken = { inbound: 0, outbound: 0 }
  readonly #pending = { inbound: 0, outbound: 0 }
  #isMakingRoom = false
  #isClosed = false
  readonly #pauses = new Set<() => void>()
  readonly #waiting = new Set<(isMyTurn: boolean) => void>()

  constructor(max: number, maxPending: number, roomMaker: RoomMaker) {
    this.max = max
    this.maxPending = maxPending
    this.#roomMaker = roomMaker
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
   * @param origin where an inbound connection comes from: see `PeerConnection.origin`
   * @throws WebTorrentDHTError `EFULL` if there is none
   */
  async take(purpose: Purpose, origin: string | null = null): Promise<Slot> {
    if (!this.#areTooManyPending(purpose)) this.#pending[purpose]++
    else if (!(await this.#waitForTurn(purpose, origin))) {
      throw new WebTorrentDHTError('EFULL', `${this.pending} connections are being made already`)
    }
    try {
      const deadline = performance.now() + MAX_WAIT
      for (let attempt = 0; ; attempt++) {
        const slot = this.#tryToTake(purpose)
        if (slot) {
          void this.#makeRoomAhead()
          return slot
        }
        const mayWait = purpose === 'outbound' && !this.#isClosed && performance.now() < deadline
        const isAny = this.taken >= this.max
        const hasMade =
          (mayWait || attempt < MAX_ATTEMPTS) && (await this.#roomMaker.makeRoom(isAny ? null : purpose))
        if (!hasMade && !mayWait) {
          throw new WebTorrentDHTError('EFULL', `all ${this.max} connections are in use`)
        }
        if (!hasMade) await this.#pause() // queries in flight end, and free others
      }
    } catch (error) {
      this.#pendingEnded(purpose)
      throw error
    }
  }

  /** Lets go of all who wait. */
  close(): void {
    this.#isClosed = true
    for (const end of [...this.#pauses]) end()
    for (const settle of [...this.#waiting]) settle(false)
  }

  #pause(): Promise<void> {
    return new Promise(resolve => {
      const end = () => {
        clearTimeout(timer)
        this.#pauses.delete(end)
        resolve()
      }
      const timer = setTimeout(end, PAUSE)
      this.#pauses.add(end)
    })
  }

  #areTooManyPending(purpose: Purpose): boolean {
    const share = this.maxPending - Math.floor(this.maxPending / 4)
    return this.pending >= this.maxPending || this.#pending[purpose] >= share
  }

  /**
   * Others are told at once that there is no room, since they can go elsewhere; what this node wants itself waits a little.
   * Whoever has its turn is counted already.
   */
  #waitForTurn(purpose: Purpose, origin: string | null): Promise<boolean> {
    if (purpose === 'inbound') {
      const hasRoom = origin !== null && this.#roomMaker.makePendingRoom(origin)
      if (hasRoom) this.#pending.inbound++
      return Promise.resolve(hasRoom)
    }
    if (this.#waiting.size >= MAX_WAITING) return Promise.resolve(false)
    return new Promise(resolve => {
      const settle = (isMyTurn: boolean) => {
        clearTimeout(timer)
        this.#waiting.delete(settle)
        if (isMyTurn) this.#pending.outbound++
        resolve(isMyTurn)
      }
      const timer = setTimeout(() => settle(false), MAX_WAIT)
      this.#waiting.add(settle)
    })
  }

  /** One in the making is open or given up: whoever waits has its turn. */
  #pendingEnded(purpose: Purpose): void {
    this.#pending[purpose]--
    const [next] = this.#waiting
    if (next && !this.#areTooManyPending('outbound')) next(true)
  }

  /** It takes a round trip or more until another node lets go, which the next one who comes need not wait for. */
  async #makeRoomAhead(): Promise<void> {
    if (this.#isMakingRoom) return
    this.#isMakingRoom = true
    const isShort = () => this.max - this.taken < Math.floor(this.max / 16)
    while (isShort() && (await this.#roomMaker.makeRoom(null)));
    this.#isMakingRoom = false
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
        this.#pendingEnded(purpose)
      },
      release: () => {
        if (state === 'released') return
        const wasPending = state === 'pending'
        state = 'released'
        this.#taken[purpose]--
        if (wasPending) this.#pendingEnded(purpose)
      }
    }
  }
}
