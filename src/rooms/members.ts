/**
 * Who is in a room. A member is known by a connection, or by a signed `here` that others have passed on. It is gone when it says so, when
 * its connection closes and nobody else hears it, or when no `here` has come for long.
 */

import { emitter } from '../events.js'
import type { Member } from './member.js'
import type { Header, Packet } from './packets.js'

const SECONDS = 1000
/** Milliseconds between two `here` of a member, and after the last one that it is gone. */
export const HERE_INTERVAL = 30 * SECONDS
const HERE_LIFETIME = 100 * SECONDS
/** Members that are kept. */
const MAX_MEMBERS = 1024

interface Entry {
  member: Member
  /** The number of its last `here`, which it signed. */
  at: number
  here: Packet | null
  heardAt: number
}

type Events = {
  join: [member: Member]
  leave: [member: Member]
  presence: [member: Member]
}

type Here = Extract<Header, { t: 'here' }>

export class Members extends emitter<Events>() {
  readonly #entries = new Map<string, Entry>()
  /** `at` of members that have gone: what comes late of them is old. */
  readonly #gone = new Map<string, number>()

  get all(): Member[] {
    return [...this.#entries.values()].map(({ member }) => member)
  }

  get size(): number {
    return this.#entries.size
  }

  get(id: string): Member | undefined {
    return this.#entries.get(id)?.member
  }

  /** The last `here` of each member, as it was signed. */
  get heres(): { id: string; packet: Packet }[] {
    return [...this.#entries].flatMap(([id, { here }]) => (here ? [{ id, packet: here }] : []))
  }

  /** When a member was heard last by a signed packet: its number; -1 where none has come. */
  atOf(id: string): number {
    return this.#entries.get(id)?.at ?? this.#gone.get(id) ?? -1
  }

  /** A member is at the other end of a connection. */
  connected(id: string, presence: unknown, isProven: boolean): void {
    this.#update(id, presence, isProven, entry => entry)
  }

  /** A signed `here` has come. */
  heard({ from, at, presence }: Here, packet: Packet): void {
    this.#update(from, presence, true, entry => ({ ...entry, at, here: packet }))
  }

  remove(id: string, at = this.atOf(id)): void {
    const entry = this.#entries.get(id)
    this.#noteGone(id, at)
    if (!entry) return
    this.#entries.delete(id)
    this.emit('leave', entry.member)
  }

  /** Removes those who are neither connected nor heard. */
  expire(isConnected: (id: string) => boolean): void {
    const oldest = performance.now() - HERE_LIFETIME
    for (const [id, { heardAt }] of this.#entries) if (heardAt < oldest && !isConnected(id)) this.remove(id)
  }

  clear(): void {
    this.#entries.clear()
    this.#gone.clear()
  }

  #update(id: string, presence: unknown, isProven: boolean, change: (entry: Entry) => Entry): void {
    const known = this.#entries.get(id)
    if (!known && this.#entries.size >= MAX_MEMBERS) return
    const isSame = known && JSON.stringify(known.member.presence) === JSON.stringify(presence)
    const member = isSame ? known.member : Object.freeze({ id, presence, isProven })
    const entry = { member, at: known?.at ?? -1, here: known?.here ?? null, heardAt: performance.now() }
    this.#entries.set(id, { ...change(entry), member })
    if (!known) this.emit('join', member)
    else if (!isSame) this.emit('presence', member)
  }

  #noteGone(id: string, at: number): void {
    this.#gone.delete(id)
    this.#gone.set(id, at)
    const [oldest] = this.#gone.keys()
    if (this.#gone.size > MAX_MEMBERS && oldest !== undefined) this.#gone.delete(oldest)
  }
}
