/**
 * Kademlia's iterative lookup as a state machine: it decides which node to ask next, and when the lookup is over. It has neither
 * I/O nor a clock. Its driver (search.ts) calls `next`, takes that step, reports the result, and calls `next` again.
 *
 * It begins with the nearest known nodes: neighbours, and strangers, which are one relay away. Some queries are recursive: their
 * receivers pass them on towards the target. The lookup is over when the nearest nodes have replied. It differs from k-rpc's in two
 * points:
 *
 * - An unresponsive node no longer counts among the nearest; the next node is asked instead. In k-rpc, a few dead or invented
 *   nodes near the target end a search too early.
 * - It does not wait for the slowest. "Nodes that fail to respond quickly are removed from consideration until and unless they
 *   do respond" (Maymounkov and Mazières, Kademlia, 2.3). But nodes of 0.18 name only two nodes per reply: once one of them has
 *   replied, the lookup waits for all.
 *
 * Where the nearest nodes stand far denser than elsewhere, somebody may have chosen their ids: then nodes around are asked, too
 * (density.ts).
 */

import type { Id } from '../id.js'
import type { Contact } from '../wire/compact.js'
import { type Candidate, Candidates, hasReplied } from './candidates.js'
import { isDense, pointsAround } from './density.js'

/**
 * Maximum number of asked nodes, as a multiple of the width: invented nodes could go on for ever. As many more may get the query from
 * others. The two are counted apart, so that invented recipients cannot use up the lookup's own queries.
 */
const MAX_QUERIED_FACTOR = 8

/** Neighbours asked even if strangers are nearer (Kademlia's α): strangers are known by hearsay only. */
const LEAST_NEIGHBOURS = 2

/**
 * Spare nodes, as a share of the width. They are asked once one of the nearest has replied, so that enough nodes reply soon. Asked
 * earlier, they would only delay the first result.
 */
const SPARE_SHARE = 0.25

/** Milliseconds that a node which got the query from others has to reply, before the lookup asks it itself. */
const PATIENCE = 500

/** Milliseconds after which a failure is the node's own silence. Sooner, it is a report that the way there is broken. */
const SILENCE = 1500
/** Times that a node is asked over other ways. More would let relays that lie use up the lookup's queries. */
const MAX_WAYS = 3

export interface Reply {
  /** The nodes in the reply. */
  contacts: readonly Contact[]
  /** The nodes that the sender has passed the query on to. */
  next: readonly Id[]
  /** Whether the sender speaks `route`, and so names all the nearest nodes that it knows. */
  speaksRoute: boolean
}

/** The next thing for the driver to do. */
export type Step =
  | { name: 'ask'; contact: Contact; isRecursive: boolean }
  /** Ask all bootstrap places. */
  | { name: 'ask places' }
  /** Search for the nodes nearest to these points, and report each result by `foundAround`. */
  | { name: 'look around'; points: readonly Id[] }
  /** Call `next` again at `until`, or after the next report. */
  | { name: 'wait'; until: number }
  | { name: 'finished' }

export interface LookupOptions {
  target: Id
  ownId: Id
  /** How many of the nearest nodes must have replied. */
  width: number
  /** The number of bootstrap places. They are asked if fewer nodes are known. */
  places: number
  /** The neighbour that gets a recursive query. */
  relay: Contact | undefined
  /** Connected nodes, the nearest ones first. */
  neighbours: readonly Contact[]
  strangers: readonly Contact[]
  /** The span that is to be expected around the target (density.ts); 0 if it is unknown. */
  span: number
}

export class Lookup {
  readonly #options: LookupOptions
  readonly #candidates: Candidates
  /** Asked even if they are not among the nearest. */
  readonly #preferred: readonly Candidate[]
  /** Asked with a recursive query. */
  readonly #recursive: ReadonlySet<Candidate>
  #maxQueried: number
  #asked = 0
  /** Nodes that have got the query from others. */
  #reachedBeyond = 0
  #hasAskedPlaces = false
  /** Bootstrap places that have neither replied nor failed. */
  #awaitedPlaces = 0
  #hasLookedAround = false
  /** Points around the target whose nearest nodes are not known yet. */
  #awaitedPoints = 0
  /** Nodes around the target: asked though nearer ones are known. */
  readonly #around: Candidate[] = []
  /** Whether a node has replied that does not speak `route`. */
  #isMixed = false
  #isOver = false

  constructor(options: LookupOptions) {
    this.#options = options
    this.#candidates = new Candidates(options.target)
    this.#maxQueried = MAX_QUERIED_FACTOR * options.width
    const relay = options.relay && this.#candidates.add(options.relay)
    const neighbours = options.neighbours.map(contact => this.#candidates.add(contact))
    for (const contact of options.strangers) this.#candidates.add(contact)
    const nearest = [...this.#candidates].find(candidate => candidate !== relay)
    this.#recursive = new Set([relay, nearest].flatMap(candidate => candidate ?? []))
    this.#preferred = [...new Set([...(relay ? [relay] : []), ...neighbours])].slice(0, LEAST_NEIGHBOURS)
  }

  /**
   * The next step. A node that it says to ask counts as asked.
   *
   * @param now in milliseconds
   * @param mayAsk whether a query may be sent
   */
  next(now: number, mayAsk = true): Step {
    const nearest = this.#nearest()
    const hasConverged = !this.#isMixed && nearest.filter(hasReplied).length >= this.#options.width
    if (this.#isOver) return this.#end()
    if (hasConverged && !this.#isAwaitingAround) return this.#lookAroundOrEnd()
    if (!this.#hasAskedPlaces && nearest.length < this.#options.places) {
      return mayAsk ? this.#askPlaces() : this.#wait(now)
    }
    const wanted = hasConverged ? this.#around : [...this.#preferred, ...this.#around, ...nearest]
    const candidate = wanted.find(candidate => this.#canAsk(candidate, now))
    if (candidate) return mayAsk ? this.#ask(candidate, now) : this.#wait(now)
    return this.#isAwaiting(now) ? this.#wait(now) : this.#lookAroundOrEnd()
  }

  /**
   * Reports the reply to this node's own query.
   *
   * @returns whether it is the sender's first
   */
  replied(from: Contact, reply: Reply, now: number): boolean {
    if (this.#isOver) return false
    if (!reply.speaksRoute) this.#isMixed = true
    const candidate = this.#candidates.add(from)
    const isFirst = this.#noteReply(candidate, reply)
    // It may have replied before, to a query that was passed on.
    if (this.#recursive.has(candidate)) this.#passedOn(reply.next, now)
    return isFirst
  }

  /**
   * Reports the reply of a node that got the query from others.
   *
   * @returns whether it is the sender's first
   */
  repliedBeyond(from: Contact, reply: Reply, now: number): boolean {
    const isUnexpected = (this.#candidates.get(from.id)?.state.name ?? 'known') === 'known'
    if (this.#isOver || (isUnexpected && !this.#countBeyond())) return false
    const isFirst = this.#noteReply(this.#candidates.add(from), reply)
    if (isFirst) this.#passedOn(reply.next, now)
    return isFirst
  }

  /** Reports that this node's own query has failed. Ignored if the node has replied to the recursive query. */
  failed(id: Id, now: number): void {
    const candidate = this.#candidates.get(id)
    if (candidate?.state.name !== 'asked') return
    candidate.state = { name: 'failed', isSilent: now - candidate.state.at >= SILENCE }
  }

  /** Reports that a bootstrap place has replied or failed. Its reply is reported as a node's as well. */
  placeSettled(): void {
    this.#awaitedPlaces--
  }

  /** Reports the nodes nearest to one of the points around the target. */
  foundAround(contacts: readonly Contact[]): void {
    if (this.#isOver) return
    this.#awaitedPoints--
    this.#maxQueried += contacts.length
    for (const contact of contacts) this.#around.push(this.#candidates.add(contact))
  }

  /** Ends the lookup early. */
  finish(): void {
    this.#isOver = true
    // Queries under way hold a reference to this object for a while.
    this.#candidates.clear()
  }

  /** The nearest nodes that have not failed: the width, and spare ones. */
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

  #ask(candidate: Candidate, at: number): Step {
    this.#asked++
    candidate.asked++
    candidate.state = { name: 'asked', at }
    return { name: 'ask', contact: candidate.contact, isRecursive: this.#recursive.has(candidate) }
  }

  #askPlaces(): Step {
    this.#hasAskedPlaces = true
    this.#awaitedPlaces = this.#options.places
    return { name: 'ask places' }
  }

  #isAwaiting(now: number): boolean {
    const isAsked = [...this.#candidates].some(({ state }) => state.name === 'asked')
    return (
      isAsked ||
      this.#awaitedPlaces > 0 ||
      this.#awaitedPoints > 0 ||
      this.#firstDeadline(now) < Number.POSITIVE_INFINITY
    )
  }

  #wait(now: number): Step {
    return { name: 'wait', until: this.#firstDeadline(now) }
  }

  /** The next time at which a `passed on` node is to be asked. */
  #firstDeadline(now: number): number {
    const deadlines = [...this.#candidates].flatMap(({ state }) =>
      state.name === 'passed on' ? state.until : []
    )
    return Math.min(...deadlines.filter(deadline => deadline > now))
  }

  get #isAwaitingAround(): boolean {
    return (
      this.#awaitedPoints > 0 || this.#around.some(({ state }) => !['replied', 'failed'].includes(state.name))
    )
  }

  /** The nearest nodes have replied, or there is nobody left to ask. */
  #lookAroundOrEnd(): Step {
    const { target, width, span } = this.#options
    const nearest = [...this.#candidates].filter(hasReplied).map(({ contact }) => contact.id)
    // Invented nodes may have used up the queries.
    const isSuspect = isDense(target, nearest, width, span) || (span > 0 && this.#asked === this.#maxQueried)
    if (this.#hasLookedAround || !isSuspect) return this.#end()
    this.#hasLookedAround = true
    const points = pointsAround(target, span)
    this.#awaitedPoints = points.length
    return { name: 'look around', points }
  }

  #end(): Step {
    this.finish()
    return { name: 'finished' }
  }

  /** @returns whether it is the candidate's first reply */
  #noteReply(candidate: Candidate, { contacts }: Reply): boolean {
    if (hasReplied(candidate)) return false
    candidate.state = { name: 'replied' }
    for (const contact of contacts) {
      if (!contact.id.equals(this.#options.ownId)) this.#candidates.named(contact, MAX_WAYS)
    }
    return true
  }

  /** Notes nodes that get the query from others. */
  #passedOn(ids: readonly Id[], now: number): void {
    for (const id of ids) {
      const candidate = this.#candidates.get(id)
      if (candidate?.state.name !== 'known' || !this.#countBeyond()) continue
      candidate.state = { name: 'passed on', until: now + PATIENCE }
    }
  }

  /** Counts a node that gets the query from others. @returns false beyond the maximum */
  #countBeyond(): boolean {
    if (this.#reachedBeyond === this.#maxQueried) return false
    this.#reachedBeyond++
    return true
  }
}
