/**
 * Drives a lookup (lookup.ts): sends its queries, and reports the replies to it. The search ends when the lookup is over, when
 * `visit` has found what it wanted, or when it is closed. Then it leaves neither timer nor listener.
 */

import { closedError, hasCode, type WebTorrentDHTError } from '../errors.js'
import { compareDistances, Id } from '../id.js'
import type { OnSearchStep } from '../search-step.js'
import type { KRPCMessage, Peer, Query, QueryCallback, Contact as TableContact, Visit } from '../upstream.js'
import { type Contact, decodeNodes, splitIds } from '../wire/compact.js'
import { Lookup, type Reply } from './lookup.js'

/** Error codes after which a node is removed from the routing table. */
const GONE = ['ETIMEDOUT', 'EUNEXPECTEDNODE']

/** The part of the node that a search needs. */
export interface SearchingNode {
  readonly id: Buffer
  readonly destroyed: boolean
  /** How many nodes a search converges on. */
  readonly k: number
  readonly bootstrap: readonly Peer[]
  readonly concurrency: number
  readonly backgroundConcurrency: number
  /** Queries of other callers that wait for `concurrency`. */
  readonly pending: { readonly length: number }
  /** The routing table. */
  readonly nodes: {
    closest(target: Buffer, count: number): TableContact[]
    get(id: Buffer): unknown
    remove(id: Buffer): unknown
  }
  readonly socket: {
    /** Queries in flight. */
    readonly inflight: number
    /** `'update'`, then `'postupdate'`: a query is over. */
    on(event: 'update' | 'postupdate', listener: () => void): unknown
    off(event: 'update' | 'postupdate', listener: () => void): unknown
    query(
      peer: Peer,
      query: Query,
      callback: QueryCallback,
      /** `onPassedOn`: has the query passed on, and gets the replies of the nodes that it is passed on to. */
      /** `usedRelays`: the first relays of the search's routes; its queries prefer others. */
      /** `onSent`: gets the neighbour that the query has been sent over. */
      search: {
        onPassedOn?: ((reply: KRPCMessage, from: Peer) => void) | undefined
        usedRelays: Set<string>
        onSent(via: Id | null): void
      }
    ): unknown
  }
}

export interface KnownNodes {
  /** The neighbour that gets a recursive query; `undefined` if there is none. */
  relay: Contact | undefined
  /** Nodes near the target that are not connected. */
  strangers: Contact[]
}

export interface SearchOptions {
  target: Id
  query: Query
  idLength: number
  /** Whether other searches go first. */
  isBackground: boolean
  /** Gets the first reply of each node. */
  visit: Visit | null
  /** The known nodes near a target when a search for it begins. */
  knownNear(target: Id): KnownNodes
  /** The span that is to be expected around the target (density.ts); 0: the search does not look around. */
  span: number
  /** Whether a node that replied speaks `route`, and so names all the nearest nodes that it knows. */
  speaksRoute(from: Peer): boolean
  /** Gets the id of each node that replied. */
  onMet(id: Id): void
  /** Gets what happens with each node. */
  onStep: OnSearchStep
  /**
   * Called once, later.
   *
   * @param error `ECLOSED` if the search was closed; `EINVAL` if its query cannot be sent
   * @param visited how many nodes replied
   */
  callback(error: WebTorrentDHTError | null, visited: number): void
}

type OnEnd = (reply: KRPCMessage | null, from: Peer | null, via: Id | null) => void

export class Search {
  readonly #node: SearchingNode
  readonly #options: SearchOptions
  readonly #lookup: Lookup
  readonly #bootstrap: readonly Peer[]
  /** Own queries that are in flight. */
  #inFlight = 0
  #visited = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  /** The first relays of its routes, in hex. Its queries prefer others, so that no relay decides what it finds. */
  readonly #usedRelays = new Set<string>()
  /** Searches for nodes around the target. */
  readonly #around: Search[] = []
  #isClosed = false

  constructor(node: SearchingNode, options: SearchOptions) {
    this.#node = node
    this.#options = options
    this.#bootstrap = node.bootstrap
    this.#lookup = new Lookup({
      target: options.target,
      ownId: Id.of(node.id),
      width: node.k,
      places: node.bootstrap.length,
      neighbours: node.nodes.closest(options.target.bytes, node.k).map(toContact),
      ...options.knownNear(options.target),
      span: options.span
    })
  }

  /** Starts the search. It asks nobody once the node is destroyed. */
  start(): void {
    this.#node.socket.on(this.#event, this.#advance)
    this.#advance()
  }

  /** Ends the search before its time. */
  close(): void {
    this.#finish(closedError())
  }

  get #event(): 'update' | 'postupdate' {
    return this.#options.isBackground ? 'postupdate' : 'update'
  }

  readonly #advance = (): void => {
    while (!this.#isClosed) {
      if (this.#node.destroyed) return this.close()
      const step = this.#lookup.next(performance.now(), this.#mayAsk)
      if (step.name === 'ask') this.#ask(step.contact, step.isRecursive)
      else if (step.name === 'ask places') this.#askPlaces()
      else if (step.name === 'look around') this.#lookAround(step.points)
      else if (step.name === 'wait') return this.#wakeAt(step.until)
      else this.#finish()
    }
  }

  get #mayAsk(): boolean {
    const { socket, concurrency, backgroundConcurrency, pending } = this.#node
    if (socket.inflight >= concurrency) return false
    const ofOthers = pending.length + socket.inflight - this.#inFlight
    return !this.#options.isBackground || socket.inflight < backgroundConcurrency || ofOthers <= 0
  }

  #wakeAt(time: number): void {
    clearTimeout(this.#timer)
    if (time === Number.POSITIVE_INFINITY) return
    this.#timer = setTimeout(this.#advance, time - performance.now())
  }

  #ask(contact: Contact, isRecursive: boolean): void {
    const onEnd: OnEnd = (reply, from, via) => {
      this.#heard(reply, from, via)
      this.#lookup.failed(contact.id, performance.now()) // unless it has replied
    }
    this.#query({ ...contact, id: contact.id.bytes }, onEnd, isRecursive)
  }

  #askPlaces(): void {
    for (const place of this.#bootstrap) {
      this.#query(place, (reply, from, via) => {
        this.#lookup.placeSettled()
        this.#heard(reply, from, via)
      })
    }
  }

  #lookAround(points: readonly Id[]): void {
    for (const target of points) {
      const found: Contact[] = []
      const { id } = this.#options.query.a ?? {}
      const search = new Search(this.#node, {
        ...this.#options,
        target,
        query: { q: 'find_node', a: { id, target: target.bytes } },
        span: 0,
        visit: ({ r }, { host, port }) => void found.push({ id: Id.of(r?.id as Buffer), host, port }),
        callback: () => {
          found.sort((a, b) => compareDistances(target, a.id, b.id))
          this.#lookup.foundAround(found.slice(0, this.#node.k))
          this.#advance()
        }
      })
      this.#around.push(search)
      search.start()
    }
  }

  #query(peer: Peer, onEnd: OnEnd, isRecursive = false): void {
    const { nodes, socket } = this.#node
    let via: Id | null = null
    this.#inFlight++
    const callback: QueryCallback = (error, reply, from) => {
      this.#inFlight--
      if (error) this.#step('failed', peer.id, via)
      if (GONE.includes(String(error?.code)) && from?.id && nodes.get(from.id)) nodes.remove(from.id)
      if (hasCode(error, 'EINVAL')) return this.#finish(error)
      try {
        onEnd(reply, from, via)
      } finally {
        this.#advance() // also where the visitor has thrown
      }
    }
    const onPassedOn = (reply: KRPCMessage, from: Peer) => {
      this.#heard(reply, from, via, true)
      this.#advance()
    }
    socket.query(peer, this.#options.query, callback, {
      onPassedOn: isRecursive ? onPassedOn : undefined,
      usedRelays: this.#usedRelays,
      onSent: neighbour => {
        via = neighbour
        this.#step('asked', peer.id, via)
      }
    })
  }

  #step(name: Parameters<OnSearchStep>[0], id: Buffer | undefined, via: Id | null): void {
    if (!this.#isClosed) this.#options.onStep(name, id ?? null, via?.bytes ?? null)
  }

  #heard(reply: KRPCMessage | null, from: Peer | null, via: Id | null, isBeyond = false): void {
    const bytes = reply?.r?.id
    if (!reply?.r || !from || !Buffer.isBuffer(bytes)) return
    const id = Id.of(bytes)
    const contact = { id, host: from.host, port: from.port }
    const said = this.#read(reply.r, isBeyond || this.#options.speaksRoute(from))
    const isFirst = isBeyond
      ? this.#lookup.repliedBeyond(contact, said, performance.now())
      : this.#lookup.replied(contact, said, performance.now())
    if (!isFirst) return
    this.#visited++
    this.#step('replied', id.bytes, via)
    this.#options.onMet(id)
    if (this.#options.visit?.(reply, from) === false) this.#finish()
  }

  #read({ nodes, next }: Record<string, unknown>, speaksRoute: boolean): Reply {
    const { idLength } = this.#options
    return {
      contacts: Buffer.isBuffer(nodes) ? decodeNodes(nodes, idLength) : [],
      next: Buffer.isBuffer(next) ? splitIds(next, idLength) : [],
      speaksRoute
    }
  }

  /** Calls back later, never before `start` has returned. */
  #finish(error: WebTorrentDHTError | null = null): void {
    if (this.#isClosed) return
    this.#isClosed = true
    clearTimeout(this.#timer)
    this.#node.socket.off(this.#event, this.#advance)
    for (const search of this.#around) search.close()
    this.#lookup.finish()
    process.nextTick(() =>
      this.#options.callback(error ?? (this.#node.destroyed ? closedError() : null), this.#visited)
    )
  }
}

function toContact({ id, host, port }: TableContact): Contact {
  return { id: Id.of(id), host, port }
}
