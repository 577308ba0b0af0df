/**
 * Refreshes the routing table while nodes come and go (Kademlia, section 2.3): it searches for the nodes nearest to this one, and
 * fills buckets that have room. It does so soon after a node has left the table, and otherwise from time to time.
 */

import type { Query } from '../upstream.js'
import { type BucketOwner, type BucketSettings, refreshBuckets } from './bucket-refresh.js'

const SECONDS = 1000
const MINUTES = 60 * SECONDS
/** From the loss of a node to a refresh: nodes lost at the same time are replaced together. */
const PAUSE_AFTER_LOSS = 30 * SECONDS
/** From joining to the first refresh. Nodes that join at the same time cannot find each other before. */
const FIRST_PAUSE = 20 * SECONDS
/** The same for a node that knows fewer others than a lookup asks: the whole network may be joining. */
const FIRST_PAUSE_OF_FEW = 2 * SECONDS
/** The pauses double up to this. BEP 5 says 15 minutes. */
const LONGEST_PAUSE = 10 * MINUTES

/** The part of the node that refreshing needs. */
export interface RefreshedNode extends BucketOwner {
  readonly options: BucketSettings
  /** Searches for the nodes nearest to a target. */
  populate(target: Buffer, query: Query, callback: (error: Error | null, visited?: number) => void): void
}

/** Events that tell of room in the table. */
export interface TableEvents {
  /** `'lost'`: a node has left the table; `'incomplete'`: a place in it could not be filled. */
  on(event: 'lost' | 'incomplete', listener: () => void): unknown
}

export class Refreshing {
  readonly #node: RefreshedNode
  #timer: ReturnType<typeof setTimeout> | undefined
  #dueAt = Number.POSITIVE_INFINITY
  #pause = FIRST_PAUSE_OF_FEW
  #isRunning = false
  #isClosed = false

  constructor(node: RefreshedNode, events: TableEvents) {
    this.#node = node
    events.on('lost', () => this.#refreshWithin(PAUSE_AFTER_LOSS))
    events.on('incomplete', () => this.#refreshWithin(PAUSE_AFTER_LOSS))
  }

  /** Fills the buckets of a node that has just joined, and starts the refreshes. */
  start(): void {
    void this.#run(() => refreshBuckets(this.#node, this.#node.options))
  }

  /** Refreshes now. */
  refresh(): void {
    void this.#run(async () => {
      await this.#searchOwnId()
      await refreshBuckets(this.#node, this.#node.options)
    })
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
  }

  async #run(work: () => Promise<void>): Promise<void> {
    if (this.#isRunning || this.#isClosed) return
    clearTimeout(this.#timer)
    this.#isRunning = true
    this.#dueAt = Number.POSITIVE_INFINITY
    await work()
    this.#isRunning = false
    const known = this.#node.nodes.toArray().length
    const knowsFew = known > 0 && known < this.#node.options.lookupWidth
    if (!knowsFew) this.#pause = Math.max(this.#pause, FIRST_PAUSE)
    this.#refreshWithin(this.#pause)
    this.#pause = Math.min(2 * this.#pause, LONGEST_PAUSE)
  }

  #refreshWithin(pause: number): void {
    const dueAt = performance.now() + pause * (0.5 + Math.random() / 2)
    if (this.#isClosed || this.#isRunning || dueAt >= this.#dueAt) return
    this.#dueAt = dueAt
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.refresh(), dueAt - performance.now())
  }

  #searchOwnId(): Promise<void> {
    const query = { q: 'find_node', a: { id: this.#node.id, target: this.#node.id } }
    return new Promise(resolve => this.#node.populate(this.#node.id, query, () => resolve()))
  }
}
