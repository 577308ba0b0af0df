/**
 * Schedules republishing, since the nodes that hold values and announcements come and go. Every holder republishes a value at the
 * nodes closest to its key (BEP 44 allows that: values prove themselves); only its owner republishes an announcement. The interval
 * adapts: it is short while many holders are gone, and long while most are there.
 */

import type { Id } from '../id.js'

const SECONDS = 1000
const MINUTES = 60 * SECONDS
/** Short, since a node that has just joined may have stored the thing at nodes that are not the closest. */
const FIRST_INTERVAL = 1 * MINUTES
const SHORTEST_INTERVAL = 2 * MINUTES
/** BEP 44 says an hour. */
const LONGEST_INTERVAL = 60 * MINUTES
/** Minimum pause between two republications of any kind: each sends some thirty messages. */
const SHORTEST_PAUSE = 1 * SECONDS
/** The same between announcements that are made again after an outage: others wait for them. */
const RENEWING_PAUSE = 0.25 * SECONDS
/** An announcement is republished for this time after the application's last call: the API has no way to end it. */
const ANNOUNCEMENT_TIME = 30 * MINUTES
/** If this share of the asked nodes still hold the thing, the interval grows. */
const WHOLE_SHARE = 0.75

/** How many nodes near the key were asked, and how many of them already held the thing. */
export interface Republication {
  asked: number
  holders: number
}

/** The result while the store does not work. */
const NOTHING: Republication = { asked: 0, holders: 0 }

/** The work, which republisher.ts does. */
export interface RepublishActions {
  /** Republishes a value; `null` if it is no longer stored here. */
  republishValue(key: Id): Promise<Republication | null>
  announceAgain(infoHash: Id, port: number): Promise<Republication | null>
  /** Called when an announcement is no longer republished. */
  forgetAnnouncement(infoHash: Id): void
}

interface Item {
  isAnnouncement: boolean
  republish(): Promise<Republication | null>
  forget(): void
  interval: number
  dueAt: number
  /** When republishing ends. */
  until: number
  /** Nodes near the key that had it, at the last republication. */
  holders: number
}

export class Republishing {
  readonly #actions: RepublishActions
  readonly #max: number
  readonly #items = new Map<string, Item>()
  #timer: ReturnType<typeof setTimeout> | undefined
  #isRepublishing = false
  /** When everything was to be republished. */
  #renewedAt = Number.NEGATIVE_INFINITY
  #isClosed = false

  /** @param max how many things are republished */
  constructor(actions: RepublishActions, max: number) {
    this.#actions = actions
    this.#max = max
  }

  /** Notes that a value was stored here: the node that did so stored it at other nodes, too. */
  valueStored(key: Id): void {
    const until = Number.POSITIVE_INFINITY
    this.#note(nameOfValue(key), {
      isAnnouncement: false,
      until,
      republish: () => this.#actions.republishValue(key),
      forget: () => {}
    })
  }

  /** Notes that the application has announced a torrent. */
  announced(infoHash: Id, port: number): void {
    this.#note(`torrent ${infoHash.hex}`, {
      isAnnouncement: true,
      until: performance.now() + ANNOUNCEMENT_TIME,
      republish: () => this.#actions.announceAgain(infoHash, port),
      forget: () => this.#actions.forgetAnnouncement(infoHash)
    })
  }

  /** How many nodes near a value's key had it, as far as is known. */
  holdersOf(key: Id): number {
    return this.#items.get(nameOfValue(key))?.holders ?? 0
  }

  /** Republishes everything, announcements first: this node was cut off, and others may have forgotten it. */
  renew(): void {
    this.#renewedAt = performance.now()
    for (const item of this.#items.values()) item.dueAt = this.#renewedAt - Number(item.isAnnouncement)
    this.#schedule()
  }

  close(): void {
    this.#isClosed = true
    this.#items.clear()
    clearTimeout(this.#timer)
  }

  #note(name: string, item: Pick<Item, 'isAnnouncement' | 'until' | 'republish' | 'forget'>): void {
    const { interval = FIRST_INTERVAL, holders = 0 } = this.#items.get(name) ?? {}
    if (!this.#items.has(name) && this.#items.size >= this.#max) return
    this.#items.set(name, { ...item, interval, holders, dueAt: dueAfter(interval) })
    this.#schedule()
  }

  #schedule(): void {
    clearTimeout(this.#timer)
    if (this.#isClosed || this.#isRepublishing || this.#items.size === 0) return
    const next = this.#mostOverdue
    if (!next) return
    const { dueAt, isAnnouncement } = next[1]
    const isRenewed = isAnnouncement && dueAt < this.#renewedAt
    const pause = isRenewed ? RENEWING_PAUSE * (0.5 + Math.random()) : SHORTEST_PAUSE
    this.#timer = setTimeout(() => this.#republishNext(), Math.max(pause, dueAt - performance.now()))
  }

  async #republishNext(): Promise<void> {
    const now = performance.now()
    for (const [name, item] of this.#items) if (item.until < now) this.#forget(name, item)
    const next = this.#mostOverdue
    this.#isRepublishing = true
    if (next && next[1].dueAt <= now) await this.#republish(...next)
    this.#isRepublishing = false
    this.#schedule()
  }

  /** The longest overdue first: if there is more to republish than time, all have their turn. */
  get #mostOverdue(): [string, Item] | undefined {
    const items = [...this.#items]
    return items.length === 0 ? undefined : items.reduce((a, b) => (b[1].dueAt < a[1].dueAt ? b : a))
  }

  async #republish(name: string, item: Item): Promise<void> {
    const begunAt = performance.now()
    const republication = await item.republish().catch(() => NOTHING)
    if (this.#isClosed) return
    if (!republication) return this.#forget(name, item)
    const isWhole = republication.asked > 0 && republication.holders >= WHOLE_SHARE * republication.asked
    const interval = isWhole ? 2 * item.interval : item.interval / 2
    item.interval = Math.max(SHORTEST_INTERVAL, Math.min(LONGEST_INTERVAL, interval))
    if (begunAt >= this.#renewedAt) item.dueAt = dueAfter(item.interval)
    item.holders = republication.holders
  }

  #forget(name: string, item: Item): void {
    this.#items.delete(name)
    item.forget()
  }
}

function nameOfValue({ hex }: Id): string {
  return `value ${hex}`
}

/** At random, so that not all holders of a value are due at once: the first does the work for all. */
function dueAfter(interval: number): number {
  return performance.now() + interval * (0.5 + Math.random())
}
