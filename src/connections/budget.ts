/**
 * How many connections a node may have. `RTCPeerConnection`s are scarce: Chromium allows 500 in a page, and each costs 3 to
 * 5 ms of CPU to make. A slot is taken before a connection is made, and given back once, when it is closed.
 *
 * Inbound connections cannot take all slots, and outbound ones neither: an eighth of all slots, and a quarter of the pending
 * ones, is kept for the other kind. See `shareOut` for tagged connections.
 */

import { WebTorrentDHTError } from '../errors.js'

/** Whether another node's offer asks for the connection, or this node. */
export type Purpose = 'inbound' | 'outbound'

/** The right to one `RTCPeerConnection`. */
export interface Slot {
  /** Says that the connection is open, so that it no longer counts as pending. */
  opened(): void
  /** Gives the slot back. Calling it again does nothing. */
  giveBack(): void
}

/**
 * How many connections may be tagged, and so are never evicted. The routing table tags half; applications tag what is left but
 * an eighth, which stays free for newcomers and lookups.
 */
export function shareOut(max: number): { routing: number; application: number } {
  const routing = Math.ceil(max / 2)
  return { routing, application: Math.max(1, max - routing - Math.floor(max / 8)) }
}

/** Another caller may take the evicted connection's slot first. */
const MAX_ATTEMPTS = 3
/** Milliseconds between two attempts of a waiting caller to get a slot. */
const PAUSE = 200
/** Milliseconds that an outbound connection waits for a slot: half of a query's life. */
const MAX_WAIT = 1000
/** Callers that may wait; more are refused. A lookup has 16 queries in flight. */
const MAX_WAITING = 64

/** Evicts connections, so that their slots are free. */
export interface Evicter {
  /** Evicts a connection, of the given purpose if there is one, for one from `origin`; says whether it did. */
  evict(purpose: Purpose | null, origin: string | null): Promise<boolean>
  /** Evicts a pending connection in favour of `origin`, if that is fair; says whether it did. */
  evictPending(origin: string): boolean
}

export class Budget {
  readonly max: number
  readonly maxPending: number
  readonly #evicter: Evicter
  readonly #taken = { inbound: 0, outbound: 0 }
  readonly #pending = { inbound: 0, outbound: 0 }
  #isEvicting = false
  #isClosed = false
  readonly #pauses = new Set<() => void>()
  readonly #waiting = new Set<(isMyTurn: boolean) => void>()

  constructor(max: number, maxPending: number, evicter: Evicter) {
    this.max = max
    this.maxPending = maxPending
    this.#evicter = evicter
  }

  /** `RTCPeerConnection`s that exist now. */
  get taken(): number {
    return this.#taken.inbound + this.#taken.outbound
  }

  /** Connections that are not open yet, and callers that wait for a slot. */
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
          void this.#evictAhead(origin)
          return slot
        }
        const mayWait = purpose === 'outbound' && !this.#isClosed && performance.now() < deadline
        const isAny = this.taken >= this.max
        const hasEvicted =
          (mayWait || attempt < MAX_ATTEMPTS) && (await this.#evicter.evict(isAny ? null : purpose, origin))
        if (!hasEvicted && !mayWait) {
          throw new WebTorrentDHTError('EFULL', `all ${this.max} connections are in use`)
        }
        if (!hasEvicted) await this.#pause() // queries in flight end, and free others
      }
    } catch (error) {
      this.#pendingEnded(purpose)
      throw error
    }
  }

  /** Refuses all that wait. */
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
   * Strangers are refused at once, since they can go elsewhere; this node's own attempts wait a little. An attempt that has its
   * turn is counted as pending already.
   */
  #waitForTurn(purpose: Purpose, origin: string | null): Promise<boolean> {
    if (purpose === 'inbound') {
      const hasRoom = origin !== null && this.#evicter.evictPending(origin)
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

  /** A pending connection is open or closed: the next waiting caller has its turn. */
  #pendingEnded(purpose: Purpose): void {
    this.#pending[purpose]--
    const [next] = this.#waiting
    if (next && !this.#areTooManyPending('outbound')) next(true)
  }

  /** Evicts before a slot is wanted: a release takes a round trip or more, and a newcomer need not wait for it. */
  async #evictAhead(origin: string | null): Promise<void> {
    if (this.#isEvicting) return
    this.#isEvicting = true
    const isShort = () => this.max - this.taken < Math.floor(this.max / 16)
    while (isShort() && (await this.#evicter.evict(null, origin)));
    this.#isEvicting = false
  }

  #tryToTake(purpose: Purpose): Slot | undefined {
    const share = this.max - Math.floor(this.max / 8)
    if (this.taken >= this.max || this.#taken[purpose] >= share) return undefined
    this.#taken[purpose]++
    return this.#createSlot(purpose)
  }

  #createSlot(purpose: Purpose): Slot {
    let state: 'pending' | 'open' | 'given back' = 'pending'
    return {
      opened: () => {
        if (state !== 'pending') return
        state = 'open'
        this.#pendingEnded(purpose)
      },
      giveBack: () => {
        if (state === 'given back') return
        const wasPending = state === 'pending'
        state = 'given back'
        this.#taken[purpose]--
        if (wasPending) this.#pendingEnded(purpose)
      }
    }
  }
}
