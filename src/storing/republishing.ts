/**
 * Republishes what is stored while the nodes that hold it come and go. A node that holds a value stores it again at the nodes
 * that are closest to its key by then (BEP 44 lets everybody do so, values prove themselves); an announcement is made again by
 * its owner. How often depends on what is found: where many holders are gone, soon; where all are there, seldom.
 */

import type { Id } from '../id.js'

const SECONDS = 1000
const MINUTES = 60 * SECONDS
/** The first renewal comes soon: what a node stores that has just joined may be at nodes that are not the closest. */
const FIRST_INTERVAL = 1 * MINUTES
const SHORTEST_INTERVAL = 2 * MINUTES
/** BEP 44 says an hour. */
const LONGEST_INTERVAL = 60 * MINUTES
/** At least this time is between two renewals, whatever there is to renew: each makes some thirty messages. */
const SHORTEST_PAUSE = 1 * SECONDS
/** An announcement is renewed for this time after the application has made it last: there is no other way to end it. */
const ANNOUNCEMENT_TIME = 30 * MINUTES
/** Of the nodes that are asked, as many hold it still where nothing needs to be done soon. */
const WHOLE_SHARE = 0.75

/** How many nodes near the key were asked, and how many of these had the thing already. */
export interface Renewal {
  asked: number
  holders: number
}

/** What is found where the store does not work at the moment. */
const NOTHING: Renewal = { asked: 0, holders: 0 }

/** Who does it. */
export interface Renewer {
  /** Stores a value again; `null` if it is not here any more. */
  renewValue(key: Id): Promise<Renewal | null>
  announceAgain(infoHash: Id, port: number): Promise<Renewal | null>
  /** Called when an announcement is no longer renewed. */
  forgetAnnouncement(infoHash: Id): void
}

interface Item {
  renew(): Promise<Renewal | null>
  forget(): void
  interval: number
  dueAt: number
  /** When it is no longer renewed. */
  until: number
}

export class Republishing {
  readonly #renewer: Renewer
  readonly #max: number
  readonly #items = new Map<string, Item>()
  #timer: ReturnType<typeof setTimeout> | undefined
  #isRenewing = false
  #isClosed = false

  /** @param max how many things are renewed */
  constructor(renewer: Renewer, max: number) {
    this.#renewer = renewer
    this.#max = max
  }

  /** Notes that a value was stored here, for the first time or again: whoever did that has stored it at others too. */
  valueStored(key: Id): void {
    const until = Number.POSITIVE_INFINITY
    this.#note(`value ${key.hex}`, { until, renew: () => this.#renewer.renewValue(key), forget: () => {} })
  }

  /** Notes that the application has announced a torrent. */
  announced(infoHash: Id, port: number): void {
    this.#note(`torrent ${infoHash.hex}`, {
      until: performance.now() + ANNOUNCEMENT_TIME,
      renew: () => this.#renewer.announceAgain(infoHash, port),
      forget: () => this.#renewer.forgetAnnouncement(infoHash)
    })
  }

  close(): void {
    this.#isClosed = true
    this.#items.clear()
    clearTimeout(this.#timer)
  }

  #note(name: string, item: Pick<Item, 'until' | 'renew' | 'forget'>): void {
    const interval = this.#items.get(name)?.interval ?? FIRST_INTERVAL
    if (!this.#items.has(name) && this.#items.size >= this.#max) return
    this.#items.set(name, { ...item, interval, dueAt: dueAfter(interval) })
    this.#schedule()
  }

  #schedule(): void {
    clearTimeout(this.#timer)
    if (this.#isClosed || this.#isRenewing || this.#items.size === 0) return
    const next = Math.min(...[...this.#items.values()].map(({ dueAt }) => dueAt))
    this.#timer = setTimeout(() => this.#renewNext(), Math.max(SHORTEST_PAUSE, next - performance.now()))
  }

  async #renewNext(): Promise<void> {
    const now = performance.now()
    for (const [name, item] of this.#items) if (item.until < now) this.#forget(name, item)
    // What has waited longest: where there is more to renew than time, all have their turn.
    const [next] = [...this.#items].sort(([, a], [, b]) => a.dueAt - b.dueAt)
    this.#isRenewing = true
    if (next && next[1].dueAt <= now) await this.#renew(...next)
    this.#isRenewing = false
    this.#schedule()
  }

  async #renew(name: string, item: Item): Promise<void> {
    const renewal = await item.renew().catch(() => NOTHING)
    if (this.#isClosed) return
    if (!renewal) return this.#forget(name, item)
    const isWhole = renewal.asked > 0 && renewal.holders >= WHOLE_SHARE * renewal.asked
    const interval = isWhole ? 2 * item.interval : item.interval / 2
    item.interval = Math.max(SHORTEST_INTERVAL, Math.min(LONGEST_INTERVAL, interval))
    item.dueAt = dueAfter(item.interval)
  }

  #forget(name: string, item: Item): void {
    this.#items.delete(name)
    item.forget()
  }
}

/** Of those that hold a value the first does the work, so they must not all be due at once. */
function dueAfter(interval: number): number {
  return performance.now() + interval * (0.5 + Math.random())
}
