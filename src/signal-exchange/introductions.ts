/**
 * Signals beside nodes and values, on both sides: what a query that returns nodes offers, what its reply leads to, and
 * what we answer to such queries ourselves (bep.md, "Introductions").
 */

import { isMadeUp } from '../connections/address-book.js'
import type { Connector } from '../connections/connector.js'
import type { Link } from '../connections/link.js'
import type { Lease } from '../connections/offers.js'
import { ROUTE } from '../extensions.js'
import type { ResolvedOptions } from '../options.js'
import type { Routes } from '../routes/routes.js'
import {
  type CompactNode,
  type CompactPeer,
  decodeNodes,
  decodePeer,
  encodeNodes,
  encodePeer,
  splitIds
} from '../wire/compact.js'
import { MAX_SIGNALS, MAX_VALUES } from '../wire/messages.js'
import { encodeSignal, parseSignal, type Signal, type SignalReply } from '../wire/signal.js'
import type { Relaying } from './relaying.js'

/** The address of a node that is given by its id alone. */
const NOWHERE = { host: '0.0.0.0', port: 0 }

/** Milliseconds that a reply is held back until the connections that it led to are open. */
const OPEN_TIMEOUT = 1500

type R = Record<string, unknown>

export class Introductions {
  readonly #options: ResolvedOptions
  readonly #connector: Connector
  readonly #relaying: Relaying
  readonly #routes: Routes

  constructor(options: ResolvedOptions, connector: Connector, relaying: Relaying, routes: Routes) {
    this.#options = options
    this.#connector = connector
    this.#relaying = relaying
    this.#routes = routes
  }

  /** The offers for a query to a node that answers none without: `max(2, log2 k)`, or fewer if the budget is used up. */
  leaseOffers(): Promise<Lease[]> {
    return this.#connector.offers.leaseMany(Math.max(2, Math.floor(Math.log2(this.#options.bucketSize))))
  }

  toSignals(leases: Lease[]): R[] {
    return leases.map(lease => encodeSignal(this.#connector.toSignal(lease.offer)))
  }

  /**
   * Rewrites the nodes and values of a reply to our own addresses, since the sender's mean nothing here, and makes the
   * connections that its signals lead to.
   *
   * @param introducer who replied, in hex
   * @param signalTime milliseconds that the query took
   * @returns when these are open, or it makes no sense to wait longer; undefined if there is nothing to wait for
   */
  rewriteReply(r: R, introducer: string, leases: Lease[], signalTime: number): Promise<void> | undefined {
    const nodes = r.nodes ? decodeNodes(r.nodes as Buffer, this.#options.idLength) : []
    const values = Array.isArray(r.values) ? (r.values as Buffer[]) : []
    const paths = Array.isArray(r.paths) ? (r.paths as (Buffer | 0)[]) : []
    delete r.paths
    for (const [i, node] of nodes.entries()) this.#learn(node, introducer, isSet(r.routes, i))
    delete r.routes
    for (const id of Buffer.isBuffer(r.next) ? splitIds(r.next, this.#options.idLength) : []) {
      if (nodes.some(node => node.id.equals(id))) continue
      const node = { id, ...NOWHERE }
      this.#learn(node, introducer, true)
      nodes.push(node)
    }
    const finish = () => {
      if (nodes.length > 0) r.nodes = encodeNodes(nodes.map(node => ({ ...node, ...this.#addressOf(node) })))
      if (r.values) {
        r.values = values.flatMap((value, i) => this.#rewriteValue(value, introducer, paths[i]) ?? [])
      }
    }
    const connecting = leases.length > 0 ? this.#connectAll(r.signals, nodes, leases, signalTime) : []
    if (connecting.length === 0) return void finish()
    const timeout = new Promise(resolve => setTimeout(resolve, OPEN_TIMEOUT))
    return Promise.race([Promise.all(connecting), timeout]).then(finish)
  }

  /**
   * What to answer to a query that returns nodes: no more than the asker can use, itself last if at all. To offers that
   * came with the query the answers are fetched first.
   */
  async answer(asker: Link, signals: unknown, response: R): Promise<R> {
    // Whoever comes over a route needs no connection, and reaches the nodes by routes as well.
    const offers = asker.via === asker.id ? this.#parseOffers(signals) : undefined
    const answer = { ...response }
    let targets: (string | null)[] = []
    if (response.nodes) {
      const nodes = this.#selectNodes(
        response.nodes as Buffer,
        asker,
        offers?.length ?? this.#options.lookupWidth
      )
      answer.nodes = encodeNodes(nodes)
      if (asker.extensions.has(ROUTE) && nodes.length > 0) answer.routes = this.#routesTo(nodes)
      targets = nodes.map(node => node.id.toString('hex'))
    } else if (Array.isArray(response.values)) {
      const values = (response.values as Buffer[]).slice(0, offers?.length ?? MAX_VALUES)
      answer.values = values
      targets = values.map(value => decodePeer(value, this.#options.idLength)?.id?.toString('hex') ?? null)
      if (asker.extensions.has(ROUTE)) answer.paths = targets.map(target => this.#pathTo(target))
    }
    if (offers && targets.length > 0) {
      const replies = await this.#relaying.relayAll(asker, targets, offers)
      answer.signals = replies.map(reply => (reply === 0 ? 0 : encodeSignal(reply)))
    }
    return answer
  }

  #parseOffers(signals: unknown): Signal[] | undefined {
    if (!Array.isArray(signals) || signals.length === 0) return undefined // each was checked when the query came
    const { idLength } = this.#options
    return signals.slice(0, MAX_SIGNALS).flatMap(signal => parseSignal(signal, 'offer', idLength) ?? [])
  }

  /** The closest nodes that are not known to be gone. The asker, which knows itself, comes last and is cut first. */
  #selectNodes(nodes: Buffer, asker: Link, limit: number): CompactNode[] {
    const { table } = this.#connector
    const isGone = (id: string) => table.get(id)?.isSilent ?? table.addresses.addressOf(id) !== undefined
    const all = decodeNodes(nodes, this.#options.idLength)
    const isAsker = (node: CompactNode) => node.id.toString('hex') === asker.id
    const others = all.filter(node => !isAsker(node) && !isGone(node.id.toString('hex')))
    return [...others, ...all.filter(isAsker)].slice(0, limit)
  }

  /** Says to which of the nodes this one passes frames on: a bit for each, the first one the highest. */
  #routesTo(nodes: CompactNode[]): Buffer {
    const bits = Buffer.alloc(Math.ceil(nodes.length / 8))
    for (const [i, node] of nodes.entries()) {
      const isRoutable = this.#connector.table.get(node.id.toString('hex'))?.extensions.has(ROUTE)
      if (isRoutable) bits[i >> 3] = (bits[i >> 3] ?? 0) | (0x80 >> (i % 8))
    }
    return bits
  }

  /** The relays between this node and an announcer, as bytes; 0 if none are known. */
  #pathTo(id: string | null): Buffer | 0 {
    const relays = id === null ? undefined : this.#routes.relaysTo(id)
    return relays ? Buffer.from(relays.join(''), 'hex') : 0
  }

  #learn(node: CompactNode, introducer: string, isRelay = false): void {
    const id = node.id.toString('hex')
    if (id !== introducer && id !== this.#connector.table.id)
      this.#connector.table.addresses.learn(id, introducer, isRelay)
  }

  /** Learns the way to an announcer: each node on it leads to the next. */
  #learnPath(announcer: CompactNode, introducer: string, path: Buffer | 0 | undefined): void {
    const { idLength } = this.#options
    let last = introducer
    if (!Buffer.isBuffer(path)) return this.#learn(announcer, introducer)
    for (const id of splitIds(path, idLength)) {
      this.#learn({ ...announcer, id }, last, true)
      last = id.toString('hex')
    }
    this.#learn(announcer, last, true)
  }

  #addressOf(node: CompactNode) {
    return this.#connector.table.addresses.addressOf(node.id.toString('hex'))
  }

  #rewriteValue(value: Buffer, introducer: string, path: Buffer | 0 | undefined): Buffer | undefined {
    const peer = decodePeer(value, this.#options.idLength)
    if (!peer?.id) return value
    const node = { ...peer, id: peer.id }
    this.#learnPath(node, introducer, path)
    // The host as seen by the node that stores it, if that is a place and not one of its names.
    const host = isMadeUp(peer.host) ? this.#addressOf(node)?.host : peer.host
    return host === undefined ? undefined : encodePeer({ ...peer, host } satisfies CompactPeer)
  }

  /** Uses the answers to the offers that went out; the other offers go back. */
  #connectAll(
    signals: unknown,
    nodes: CompactNode[],
    leases: Lease[],
    signalTime: number
  ): Promise<unknown>[] {
    const { idLength, id: ownId } = this.#options
    const used = new Set<Lease>()
    const connecting: Promise<unknown>[] = []
    for (const [i, reply] of this.#parseReplies(signals, idLength).entries()) {
      if (!reply || reply.sdp === undefined || reply.id.equals(ownId)) continue
      const id = reply.id.toString('hex')
      // The predecessor leaves failed answers out, which shifts the rest: the id says which node, and so which offer.
      const named = nodes.findIndex(node => node.id.equals(reply.id))
      const lease = leases[named >= 0 ? named : i]
      if (!lease || used.has(lease)) continue
      if (this.#connector.table.get(id)) {
        used.add(lease)
        lease.discard() // its answerer waits for it in vain; it must not be answered twice
        continue
      }
      used.add(lease)
      connecting.push(
        this.#connector.connect(lease, reply, { id, dialled: null }, signalTime).catch(() => {})
      )
    }
    for (const lease of leases) if (!used.has(lease)) lease.giveBack()
    return connecting
  }

  #parseReplies(signals: unknown, idLength: number): (SignalReply | undefined)[] {
    if (!Array.isArray(signals)) return []
    return signals.map(signal => {
      if (typeof signal !== 'object' || signal === null) return undefined
      const { sdp, id } = signal as { sdp?: unknown; id: Buffer }
      return sdp === undefined ? { id } : parseSignal(signal, 'answer', idLength)
    })
  }
}

function isSet(bits: unknown, i: number): boolean {
  return bits instanceof Uint8Array && ((bits[i >> 3] ?? 0) & (0x80 >> (i % 8))) !== 0
}
