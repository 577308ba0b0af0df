/**
 * Kademlia's iterative lookup as a state machine: it says whom to ask, and when it is over. It has neither I/O nor a clock:
 * whoever drives it calls `next`, does what that says, reports what came of it, and calls `next` again.
 *
 * It begins with the nearest nodes that are known: neighbours, and strangers, which are a relay away. Some queries are
 * recursive: whoever gets one passes it on towards the target. It is over when the nearest nodes have replied. In two points
 * it is not k-rpc's:
 *
 * - A node that does not reply no longer counts among the nearest; the next one is asked in its place. In k-rpc, a few dead or
 *   invented nodes near the target end a search too early.
 * - It does not wait for the slowest. "Nodes that fail to respond quickly are removed from consideration until and unless they
 *   do respond" (Maymounkov and Mazières, Kademlia, 2.3). But nodes of 0.18 name only two others at a time: once one of them has
 *   replied, the lookup waits for all.
 */

import { compareDistances, type Id } from '../id.js'
import type { Contact } from '../wire/compact.js'

/**
 * Nodes that are asked, as a multiple of the width, and as many that get the query from others: invented nodes could go on for ever.
 * They are counted apart, so that nobody can use up what a lookup may ask by saying whom it has passed the query on to.
 */
const MAX_QUERIED_FACTOR = 8

/** Neighbours that are asked even where strangers are nearer: Kademlia's α. All that is known of strangers is hearsay. */
const LEAST_NEIGHBOURS = 2

/**
 * Spare nodes, as a share of the width. They are asked once one of the nearest has replied, so that as many as the lookup is wide
 * reply soon. Asked sooner, they would only delay the first result.
 */
const SPARE_SHARE = 0.25

/** Milliseconds until a node is asked that others have passed the query on to, and that has not replied. */
const PATIENCE = 500

export interface Reply {
  /** The nodes that it names. */
  contacts: readonly Contact[]
  /** The ids of the nodes that its sender has passed the query on to. */
  next: readonly Id[]
  /** Whether its sender speaks `route`, and so names all the nearest nodes that it knows. */
  speaksRoute: boolean
}

/** What to do now. */
export type Step =
  | { name: 'ask'; contact: Contact; isRecursive: boolean }
  /** Ask all bootstrap places. */
  | { name: 'ask places' }
  /** Call `next` again then, or after the next report. */
  | { name: 'wait'; until: number }
  | { name: 'finished' }

export interface LookupOptions {
  target: Id
  ownId: Id
  /** How many of the nearest nodes must have replied. */
  width: number
  /** How many bootstrap places there are. They are asked where fewer nodes are known. */
  places: number
  /** The neighbour that is asked to pass the query on. */
  relay: Contact | undefined
  /** Connected nodes, the nearest ones first. */
  neighbours: readonly Contact[]
  strangers: readonly Contact[]
}

/**
 *     known ────────────► asked ────► failed
 *       └──► passed on ─────┘  └────► replied
 *
 * `passed on`: others have passed the query on to it; it is asked if it has not replied by `until`. A reply to a query that was
 * passed on may come in any state, and makes it `replied`, which is final.
 */
type State =
  | { name: 'known' }
  | { name: 'passed on'; until: number }
  | { name: 'asked' }
  | { name: 'replied' }
  | { name: 'failed' }

interface Candidate {
  readonly contact: Contact
  state: State
}

export class Lookup {
  readonly #options: LookupOptions
  /** The nearest to the target first. */
  #candidates: Candidate[] = []
  readonly #byId = new Map<string, Candidate>()
  /** Asked even where they are not among the nearest. */
  readonly #preferred: readonly Candidate[]
  /** Asked to pass the query on. */
  readonly #recursive: ReadonlySet<Candidate>
  readonly #maxQueried: number
  #asked = 0
  /** Nodes that have got the query from others. */
  #reachedBeyond = 0
  #hasAskedPlaces = false
  /** Bootstrap places that have neither replied nor failed. */
  #awaitedPlaces = 0
  /** Whether somebody has replied that does not speak `route`. */
  #isMixed = false
  #isOver = false

  constructor(options: LookupOptions) {
    this.#options = options
    this.#maxQueried = MAX_QUERIED_FACTOR * options.width
    const relay = options.relay && this.#add(options.relay)
    const neighbours = options.neighbours.map(contact => this.#add(contact))
    for (const contact of options.strangers) this.#add(contact)
    const nearest = this.#candidates.find(candidate => candidate !== relay)
    this.#recursive = new Set([relay, nearest].flatMap(candidate => candidate ?? []))
    this.#preferred = [...new Set([...(relay ? [relay] : []), ...neighbours])].slice(0, LEAST_NEIGHBOURS)
  }

  /**
   * Says what to do now. What it says to ask counts as asked.
   *
   * @param now in milliseconds
   * @param mayAsk whether a query may be sent
   */
  next(now: number, mayAsk = true): Step {
    const nearest = this.#nearest()
    const hasConverged = !this.#isMixed && nearest.filter(hasReplied).length >= this.#options.width
    if (this.#isOver || hasConverged) return this.#end()
    if (!this.#hasAskedPlaces && nearest.length < this.#options.places) {
      return mayAsk ? this.#askPlaces() : this.#wait(now)
    }
    const candidate = [...this.#preferred, ...nearest].find(candidate => this.#canAsk(candidate, now))
    if (candidate) return mayAsk ? this.#ask(candidate) : this.#wait(now)
    return this.#isAwaiting(now) ? this.#wait(now) : this.#end()
  }

  /**
   * Reports the reply to a query of this node's own.
   *
   * @returns whether it is the first one of its sender
   */
  replied(from: Contact, reply: Reply, now: number): boolean {
    if (this.#isOver) return false
    if (!reply.speaksRoute) this.#isMixed = true
    const candidate = this.#add(from)
    const isFirst = this.#noteReply(candidate, reply)
    // It may have replied before, to a query that was passed on.
    if (this.#recursive.has(candidate)) this.#passedOn(reply.next, now)
    return isFirst
  }

  /**
   * Reports the reply of a node that a recursive query was passed on to.
   *
   * @returns whether it is the first one of its sender
   */
  repliedBeyond(from: Contact, reply: Reply, now: number): boolean {
    const state = this.#byId.get(from.id.hex)?.state ?? KNOWN
    const isUnexpected = state.name === 'known'
    if (this.#isOver || (isUnexpected && !this.#countBeyond())) return false
    const isFirst = this.#noteReply(this.#add(from), reply)
    if (isFirst) this.#passedOn(reply.next, now)
    return isFirst
  }

  /** Reports that a query of this node's own has failed. It says nothing of a node that has replied to what was passed on. */
  failed(id: Id): void {
    const candidate = this.#byId.get(id.hex)
    if (candidate?.state.name === 'asked') candidate.state = { name: 'failed' }
  }

  /** Reports that a bootstrap place has replied, or failed. Its reply is reported as that of a node. */
  placeSettled(): void {
    this.#awaitedPlaces--
  }

  /** Ends it: what was wanted has been found, or nobody wants it any more. */
  finish(): void {
    this.#isOver = true
    // Queries that are under way hold on to it for a while.
    this.#candidates = []
    this.#byId.clear()
  }

  /** The nearest nodes that have not failed: as many as the lookup is wide, and spare ones. */
  #nearest(): Candidate[] {
    const { width } = this.#options
    const most = width + Math.floor(SPARE_SHARE * width)
    const nearest: Candidate[] = []
    for (const candidate of this.#candidates) {
      if (nearest.length === most) break
      if (candidate.state.name !== 'failed') nearest.push(candidate)
    }
    const hasSpare = !this.#isMixed && nearest.slice(0, width).some(hasReplied)
    return hasSpare ? nearest : nearest.slice(0, width)
  }

  #canAsk({ state }: Candidate, now: number): boolean {
    const isDue = state.name === 'known' || (state.name === 'passed on' && state.until <= now)
    return isDue && this.#asked < this.#maxQueried
  }

  #ask(candidate: Candidate): Step {
    this.#asked++
    candidate.state = { name: 'asked' }
    return { name: 'ask', contact: candidate.contact, isRecursive: this.#recursive.has(candidate) }
  }

  #askPlaces(): Step {
    this.#hasAskedPlaces = true
    this.#awaitedPlaces = this.#options.places
    return { name: 'ask places' }
  }

  #isAwaiting(now: number): boolean {
    const isAsked = this.#candidates.some(({ state }) => state.name === 'asked')
    return isAsked || this.#awaitedPlaces > 0 || this.#firstDeadline(now) < Number.POSITIVE_INFINITY
  }

  #wait(now: number): Step {
    return { name: 'wait', until: this.#firstDeadline(now) }
  }

  /** When a node that others have passed the query on to has had time enough next. */
  #firstDeadline(now: number): number {
    const deadlines = this.#candidates.flatMap(({ state }) => (state.name === 'passed on' ? state.until : []))
    return Math.min(...deadlines.filter(deadline => deadline > now))
  }

  #end(): Step {
    this.finish()
    return { name: 'finished' }
  }

  /** @returns whether it is the candidate's first reply */
  #noteReply(candidate: Candidate, { contacts }: Reply): boolean {
    if (hasReplied(candidate)) return false
    candidate.state = { name: 'replied' }
    for (const contact of contacts) if (!contact.id.equals(this.#options.ownId)) this.#add(contact)
    return true
  }

  /** Nodes that get the query from others are waited for, and asked if they do not reply soon. */
  #passedOn(ids: readonly Id[], now: number): void {
    for (const id of ids) {
      const candidate = this.#byId.get(id.hex)
      if (candidate?.state.name !== 'known' || !this.#countBeyond()) continue
      candidate.state = { name: 'passed on', until: now + PATIENCE }
    }
  }

  /** @returns whether one more may get the query from others */
  #countBeyond(): boolean {
    if (this.#reachedBeyond === this.#maxQueried) return false
    this.#reachedBeyond++
    return true
  }

  #add({ id, host, port }: Contact): Candidate {
    const known = this.#byId.get(id.hex)
    if (known) return known
    const candidate: Candidate = { contact: { id, host, port }, state: KNOWN }
    this.#byId.set(id.hex, candidate)
    this.#candidates.splice(this.#rankOf(id), 0, candidate)
    return candidate
  }

  /** How many candidates are nearer to the target than an id. */
  #rankOf(id: Id): number {
    let low = 0
    let high = this.#candidates.length
    while (low < high) {
      const middle = (low + high) >> 1
      const other = this.#candidates[middle]
      if (other && compareDistances(this.#options.target, other.contact.id, id) < 0) low = middle + 1
      else high = middle
    }
    return low
  }
}

const KNOWN: State = { name: 'known' }

function hasReplied({ state }: Candidate): boolean {
  return state.name === 'replied'
}
