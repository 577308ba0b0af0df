/**
 * A search for the nodes that are nearest to a target (Kademlia's iterative lookup), as `k-rpc`'s is but for these things. It
 * begins with the nearest of all nodes that are known: those that are one relay away, too, not only those of the routing
 * table. One of them is asked first, a neighbour if there is one; a moment later the others, and three neighbours. Two pass
 * the query on: one of the neighbours, and the nearest one of the others. A node that does not answer no longer counts among
 * the nearest, so the next one is asked in its place; there, a few dead or invented nodes near the target end a search before
 * it has got there. It is over when the nearest nodes have answered, or what it wanted is found, whatever other queries are
 * under way; but where nodes of 0.18 are, which name two others at a time, it waits for all of them.
 */

import { Id } from '../id.js'
import type { KRPC, KRPCMessage, KRPCSocket, Peer, Query, QueryCallback } from '../upstream.js'
import { type Contact, decodeNodes, splitIds } from '../wire/compact.js'

/** Nodes that are asked, as a multiple of the width: invented ones could go on for ever. */
const MAX_ASKED_FACTOR = 8

/**
 * Milliseconds that all others wait for the first node's reply. Queries at the same moment delay each other, which counts where a
 * round trip takes as little as that; elsewhere this is little beside a round trip.
 */
const HEAD_START = 8
/** Neighbours that are asked, however near the others are: Kademlia's α. Of those it is only said that they are there. */
const LEAST_NEIGHBOURS = 3

/**
 * More nodes that are asked once one of the nearest has replied, as a share of the width: a search is over when as many as it is
 * wide have replied, and does not wait for the slowest. Before, they would only be in the way of the first result. "Nodes that
 * fail to respond quickly are removed from consideration until and unless they do respond" (Maymounkov and Mazières, Kademlia, 2.3).
 */
const SPARE_SHARE = 0.25

/** Milliseconds until a node is asked that has had the query from others, and has not replied. */
const PATIENCE = 500

/** `k-rpc` with a socket whose queries can be recursive. */
export interface SearchRPC extends Omit<KRPC, 'socket'> {
  socket: Omit<KRPCSocket, 'query'> & {
    query(
      peer: Peer,
      query: Query,
      callback: QueryCallback,
      /** `onPassedOn`: has the query passed on, and gets the replies of those that it is passed on to. */
      search: { onPassedOn?: ((reply: KRPCMessage, from: Peer) => void) | undefined }
    ): number | undefined
  }
}

/** `false`: the search has found what it wanted. */
export type Visit = (reply: KRPCMessage, from: Peer) => unknown

export interface SearchOptions {
  target: Buffer
  query: Query
  idLength: number
  /** Whether it gives way to other searches. */
  isBackground: boolean
  visit: Visit | null
  /** The neighbour that passes the query on; `undefined` if none does. */
  relay: (Peer & { id: Buffer }) | undefined
  /** Nodes that are no neighbours, near the target. */
  strangers: Contact[]
  /** Whether who replied speaks `route`, and so names all the nearest nodes that it knows. */
  speaksRoute(from: Peer): boolean
  /** Gets the id of each node that replied. */
  onMet(id: Id): void
  /** @param visited how many nodes replied */
  callback(error: null, visited: number): void
}

interface Candidate {
  peer: Peer & { id: Buffer }
  distance: number
  /** `passed on`: somebody has passed the query on to it. */
  state: 'known' | 'passed on' | 'asked' | 'replied' | 'failed'
}

export class Search {
  readonly #rpc: SearchRPC
  readonly #options: SearchOptions
  readonly #candidates = new Map<string, Candidate>()
  readonly #kick = () => this.#askNext()
  /** Whose queries are recursive. */
  readonly #passingOn = new Set<Candidate>()
  /** Asked alone, during the head start. */
  #first: Candidate | undefined
  /** Asked even where they are not among the nearest. */
  #neighbours: Candidate[] = []
  #pending = 0
  #asked = 0
  #visited = 0
  #hasAskedBootstrap = false
  #isOver = false
  /** Whether all who are known may be asked: not during the head start. */
  #isWide = false
  /** Whether somebody has replied who does not speak `route`. */
  #isMixed = false
  #headStart: ReturnType<typeof setTimeout> | undefined

  constructor(rpc: SearchRPC, options: SearchOptions) {
    this.#rpc = rpc
    this.#options = options
  }

  /** Nothing is asked, and nobody called back, once the node is destroyed. */
  start(): void {
    if (this.#rpc.destroyed) return
    this.#rpc.socket.on(this.#event, this.#kick)
    const { target, relay, strangers } = this.#options
    if (relay) this.#passingOn.add(this.#add(relay))
    // This node itself is among them only if the user has added it.
    const neighbours = this.#rpc.nodes.closest(target, this.#rpc.k).map(contact => this.#add(contact))
    this.#neighbours = [...new Set([...this.#passingOn, ...neighbours])].slice(0, LEAST_NEIGHBOURS)
    for (const node of strangers) this.#add({ ...node, id: node.id.bytes })
    this.#first = this.#chooseFirst(neighbours)
    if (this.#first) {
      this.#headStart = setTimeout(() => {
        this.#widen()
        this.#askNext()
      }, HEAD_START)
      this.#headStart.unref?.() // a node may be destroyed meanwhile
    } else {
      this.#widen()
    }
    this.#askNext()
  }

  /**
   * The nearest one, or a neighbour that is about as near: no relay is on the way to it. Not the one that passes the query on: its
   * reply would compete with the replies of those around the target.
   */
  #chooseFirst(neighbours: Candidate[]): Candidate | undefined {
    const others = this.#nearest().filter(candidate => !this.#passingOn.has(candidate))
    return others.find(candidate => neighbours.includes(candidate)) ?? others[0]
  }

  get #event(): 'update' | 'postupdate' {
    return this.#options.isBackground ? 'postupdate' : 'update'
  }

  #askNext(): void {
    const { k, bootstrap, destroyed } = this.#rpc
    if (destroyed || this.#isOver) return
    const nearest = this.#nearest()
    const replied = nearest.filter(({ state }) => state === 'replied').length
    if (replied >= k && !this.#isMixed) return this.#finishSoon()
    if (!this.#mayAsk()) return
    if (nearest.length === 0 || nearest.length < bootstrap.length) this.#askBootstrap()
    for (const candidate of this.#isWide ? [...this.#neighbours, ...nearest] : [this.#first]) {
      if (candidate?.state !== 'known') continue
      if (!this.#mayAsk() || this.#asked >= MAX_ASKED_FACTOR * k) break
      candidate.state = 'asked'
      this.#ask(candidate.peer, candidate)
    }
    if (this.#pending === 0) this.#finishSoon()
  }

  #mayAsk(): boolean {
    const { socket, concurrency, backgroundConcurrency, pending } = this.#rpc
    if (socket.inflight >= concurrency) return false
    const ofOthers = pending.length + socket.inflight - this.#pending
    return !this.#options.isBackground || socket.inflight < backgroundConcurrency || ofOthers <= 0
  }

  /** Ends the head start. */
  #widen(): void {
    if (this.#isWide) return
    clearTimeout(this.#headStart)
    this.#isWide = true
    const next = this.#nearest().find(({ state }) => state === 'known')
    if (next) this.#passingOn.add(next)
  }

  /** The nearest nodes: as many as the search is wide, and spare ones. */
  #nearest(): Candidate[] {
    const { k } = this.#rpc
    const nodes = [...this.#candidates.values()]
      .filter(({ state }) => state !== 'failed')
      .sort((a, b) => a.distance - b.distance)
    const nearest = nodes.slice(0, k)
    const mayBeSpare = !this.#isMixed && nearest.some(({ state }) => state === 'replied')
    return mayBeSpare ? nodes.slice(0, k + Math.floor(k * SPARE_SHARE)) : nearest
  }

  #askBootstrap(): void {
    if (this.#hasAskedBootstrap) return
    this.#hasAskedBootstrap = true
    for (const peer of this.#rpc.bootstrap) this.#ask(peer, null)
  }

  #ask(peer: Peer, candidate: Candidate | null): void {
    this.#pending++
    this.#asked++
    const isPassedOn = candidate !== null && this.#passingOn.has(candidate)
    const callback: QueryCallback = (error, reply, from) => {
      this.#pending--
      this.#widen()
      if (error?.code === 'ETIMEDOUT' || error?.code === 'EUNEXPECTEDNODE') {
        if (from?.id && this.#rpc.nodes.get(from.id)) this.#rpc.nodes.remove(from.id)
      }
      if (reply?.r && from && !this.#options.speaksRoute(from)) this.#isMixed = true
      // Its reply to a query that was passed on may have come before.
      if (candidate?.state !== 'replied') {
        if (candidate) candidate.state = reply?.r ? 'replied' : 'failed'
        if (reply?.r && from) this.#replied(reply, reply.r, from)
      }
      if (reply?.r && isPassedOn) this.#passedOn(reply.r.next)
      this.#askNext()
    }
    this.#rpc.socket.query(peer, this.#options.query, callback, {
      onPassedOn: isPassedOn ? this.#onPassedOn : undefined
    })
  }

  readonly #onPassedOn = (reply: KRPCMessage, from: Peer) => {
    const r = reply.r as Record<string, unknown>
    const known = this.#candidates.get((r.id as Buffer).toString('hex'))
    if (known?.state === 'replied') return
    if (known?.state === 'passed on') this.#pending--
    this.#widen()
    this.#replied(reply, r, from)
    this.#passedOn(r.next)
    this.#askNext()
  }

  /** Waits for the nodes that a query was passed on to, and asks those itself that do not reply soon. */
  #passedOn(ids: unknown): void {
    if (this.#isOver || !Buffer.isBuffer(ids)) return
    for (const id of splitIds(ids, this.#options.idLength)) {
      const candidate = this.#candidates.get(id.hex)
      if (candidate?.state !== 'known') continue
      candidate.state = 'passed on'
      this.#pending++
      setTimeout(() => this.#notWaitedFor(candidate), PATIENCE).unref?.()
    }
  }

  #notWaitedFor(candidate: Candidate): void {
    if (this.#isOver || candidate.state !== 'passed on') return
    candidate.state = 'known'
    this.#pending--
    this.#askNext()
  }

  #replied(reply: KRPCMessage, r: Record<string, unknown>, from: Peer): void {
    if (this.#isOver) return
    const id = r.id as Buffer
    this.#visited++
    this.#options.onMet(Id.of(id))
    this.#add({ id, host: from.host, port: from.port }, 'replied')
    const nodes = Buffer.isBuffer(r.nodes) ? decodeNodes(r.nodes, this.#options.idLength) : []
    for (const node of nodes) {
      if (!node.id.bytes.equals(this.#rpc.id)) this.#add({ ...node, id: node.id.bytes })
    }
    if (this.#options.visit?.(reply, from) === false) this.#finish()
  }

  #add({ id, host, port }: Peer & { id: Buffer }, state: Candidate['state'] = 'known'): Candidate {
    const key = id.toString('hex')
    const known = this.#candidates.get(key)
    if (known) {
      if (state === 'replied') known.state = state
      return known
    }
    const distance = this.#rpc.nodes.distance(id, this.#options.target)
    const candidate = { peer: { id, host, port }, distance, state }
    this.#candidates.set(key, candidate)
    return candidate
  }

  #finishSoon(): void {
    process.nextTick(() => this.#finish())
  }

  #finish(): void {
    if (this.#isOver || this.#rpc.destroyed) return
    this.#isOver = true
    clearTimeout(this.#headStart)
    this.#candidates.clear() // what is still under way holds on to the search for a while
    this.#rpc.socket.off(this.#event, this.#kick)
    this.#options.callback(null, this.#visited)
  }
}
