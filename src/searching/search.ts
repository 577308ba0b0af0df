/**
 * A search for the nodes that are nearest to a target (Kademlia's iterative lookup), as `k-rpc`'s is but for three things. It
 * begins with the three nearest neighbours, and a moment later goes on with the nearest of all that are known: nodes that are
 * remembered, too, not only those of the routing table. A node that does not answer no longer counts among the nearest, so the
 * next one is asked in its place; there, a few dead or invented nodes near the target end a search before it has got there.
 * And a search that has found what it wanted is over at once, instead of when the last query has ended.
 */

import type { KRPC, KRPCMessage, Peer, Query } from '../upstream.js'
import { decodeNodes } from '../wire/compact.js'

/** Nodes that are asked, as a multiple of the width: invented ones could go on for ever. */
const MAX_ASKED_FACTOR = 8

/** Neighbours that a search begins with: Kademlia's α. More queries at the same moment wait for each other at the relays. */
const FIRST_QUERIES = 3
/** Milliseconds that all others wait, unless a reply comes first: little beside a round trip of any network. */
const HEAD_START = 4

/** `false`: the search has found what it wanted. */
export type Visit = (reply: KRPCMessage, from: Peer) => unknown

export interface SearchOptions {
  target: Buffer
  query: Query
  idLength: number
  /** Whether it gives way to other searches. */
  isBackground: boolean
  visit: Visit | null
  /** Nodes that it goes on with, beside those of the routing table. */
  remembered: (Peer & { id: Buffer })[]
  /** Gets the id of each node that replied. */
  onMet(id: Buffer): void
  /** @param visited how many nodes replied */
  callback(error: null, visited: number): void
}

interface Candidate {
  peer: Peer & { id: Buffer }
  distance: number
  state: 'known' | 'asked' | 'replied' | 'failed'
}

export class Search {
  readonly #rpc: KRPC
  readonly #options: SearchOptions
  readonly #candidates = new Map<string, Candidate>()
  readonly #kick = () => this.#askNext()
  #pending = 0
  #asked = 0
  #visited = 0
  #hasAskedBootstrap = false
  #isOver = false
  /** Whether all who are known may be asked: not during the head start. */
  #isWide = false
  #headStart: ReturnType<typeof setTimeout> | undefined

  constructor(rpc: KRPC, options: SearchOptions) {
    this.#rpc = rpc
    this.#options = options
  }

  start(): void {
    this.#rpc.socket.on(this.#event, this.#kick)
    // This node itself is among them only if the user has added it.
    for (const contact of this.#rpc.nodes.closest(this.#options.target, this.#rpc.k)) this.#add(contact)
    if (this.#candidates.size === 0) {
      this.#widen()
    } else {
      this.#headStart = setTimeout(() => {
        this.#widen()
        this.#askNext()
      }, HEAD_START)
    }
    this.#askNext()
  }

  get #event(): string {
    return this.#options.isBackground ? 'postupdate' : 'update'
  }

  #askNext(): void {
    const { k, bootstrap, destroyed } = this.#rpc
    if (destroyed || this.#isOver || !this.#mayAsk()) return
    const nearest = this.#nearest(k)
    if (nearest.length === 0 || nearest.length < bootstrap.length) this.#askBootstrap()
    for (const candidate of nearest.slice(0, this.#isWide ? k : FIRST_QUERIES)) {
      if (candidate.state !== 'known') continue
      if (!this.#mayAsk() || this.#asked >= MAX_ASKED_FACTOR * k) break
      candidate.state = 'asked'
      this.#ask(candidate.peer, candidate)
    }
    if (this.#pending === 0) process.nextTick(() => this.#finish())
  }

  #mayAsk(): boolean {
    const { socket, concurrency, backgroundConcurrency, pending } = this.#rpc
    if (socket.inflight >= concurrency) return false
    const ofOthers = pending.length + socket.inflight - this.#pending
    return !this.#options.isBackground || socket.inflight < backgroundConcurrency || ofOthers === 0
  }

  /** Ends the head start. */
  #widen(): void {
    if (this.#isWide) return
    clearTimeout(this.#headStart)
    this.#isWide = true
    for (const node of this.#options.remembered) this.#add(node)
  }

  #nearest(count: number): Candidate[] {
    return [...this.#candidates.values()]
      .filter(({ state }) => state !== 'failed')
      .sort((a, b) => a.distance - b.distance)
      .slice(0, count)
  }

  #askBootstrap(): void {
    if (this.#hasAskedBootstrap) return
    this.#hasAskedBootstrap = true
    for (const peer of this.#rpc.bootstrap) this.#ask(peer, null)
  }

  #ask(peer: Peer, candidate: Candidate | null): void {
    this.#pending++
    this.#asked++
    this.#rpc.socket.query(peer, this.#options.query, (error, reply, from) => {
      this.#pending--
      this.#widen()
      if (error?.code === 'ETIMEDOUT' || error?.code === 'EUNEXPECTEDNODE') {
        if (from?.id && this.#rpc.nodes.get(from.id)) this.#rpc.nodes.remove(from.id)
      }
      if (candidate) candidate.state = reply?.r ? 'replied' : 'failed'
      if (reply?.r && from) this.#replied(reply, reply.r, from)
      this.#askNext()
    })
  }

  #replied(reply: KRPCMessage, r: Record<string, unknown>, from: Peer): void {
    if (this.#isOver) return
    const id = r.id as Buffer
    this.#visited++
    this.#options.onMet(id)
    this.#add({ id, host: from.host, port: from.port }, 'replied')
    const nodes = Buffer.isBuffer(r.nodes) ? decodeNodes(r.nodes, this.#options.idLength) : []
    for (const node of nodes) if (!node.id.equals(this.#rpc.id)) this.#add(node)
    if (this.#options.visit?.(reply, from) === false) this.#finish()
  }

  #add(peer: Peer & { id: Buffer }, state: Candidate['state'] = 'known'): void {
    const key = peer.id.toString('hex')
    const known = this.#candidates.get(key)
    if (known) {
      if (state === 'replied') known.state = state
      return
    }
    const { id, host, port } = peer
    const distance = this.#rpc.nodes.distance(id, this.#options.target)
    this.#candidates.set(key, { peer: { id, host, port }, distance, state })
  }

  #finish(): void {
    if (this.#isOver || this.#rpc.destroyed) return
    this.#isOver = true
    clearTimeout(this.#headStart)
    this.#rpc.socket.off(this.#event, this.#kick)
    this.#options.callback(null, this.#visited)
  }
}
