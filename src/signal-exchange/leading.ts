/**
 * Completes replies, at the replying node (bep.md, "Introductions"). It adds nodes or peers, as many as the asker can use; to which
 * of them this node relays frames; the answers to the asker's offers; and the nodes that a recursive query is passed on to.
 */

import type { Awaitable } from '../awaitable.js'
import type { Link } from '../connections/link.js'
import type { PeerConnection } from '../connections/peer-connection.js'
import type { ConnectionTable } from '../connections/table.js'
import { compareDistances, Id } from '../id.js'
import { MAX_VALUES } from '../krpc/fields.js'
import type { Asker, Reply } from '../krpc/method.js'
import type { ResolvedOptions } from '../options.js'
import type { Recursion } from '../routes/recursion.js'
import type { Routes } from '../routes/routes.js'
import type { Contact } from '../upstream-events.js'
import { encodeNode, joinIds } from '../wire/compact.js'
import { encodeSignal, type Signal } from '../wire/signal.js'
import type { Relaying } from './relaying.js'

/** The query that is replied to. */
export interface LeadingQuery {
  method: string
  args: { signals?: Signal[]; recursive?: number }
}

/** A peer of a torrent: compact peer info, and the id in it. */
export interface StoredPeer {
  record: Buffer
  id: Id | null
}

export interface LeadingParts {
  table: ConnectionTable
  relaying: Relaying
  routes: Routes
  recursion: Recursion
  /** Has the routing table, which may become another one: the nodes in it that were added without a connection. */
  node: { readonly contacts: { readonly unconnected: ReadonlyMap<string, Contact> } }
}

/** A node that is named to an asker. */
interface Named {
  id: Id
  /** Compact node info. */
  compact: Buffer
  speaksRoute: boolean
}

type Values = Record<string, unknown>

export class Leading {
  readonly #options: ResolvedOptions
  readonly #parts: LeadingParts

  constructor(options: ResolvedOptions, parts: LeadingParts) {
    this.#options = options
    this.#parts = parts
  }

  /** Adds the nodes nearest to the target. */
  toContacts(target: Id, query: LeadingQuery, asker: Asker, values: Values = {}): Awaitable<Reply> {
    const offers = offersFor(asker, query)
    const nodes = this.#name(target, offers?.length ?? this.#options.lookupWidth, asker, values)
    return this.#introduce(nodes, offers, this.onward(target, query, asker, values), asker)
  }

  /** Adds the nodes nearest to the target beside a stored value. An asker that needs introductions gets the value alone, at once. */
  beside(target: Id, query: LeadingQuery, asker: Asker, values: Values): Reply {
    if (!offersFor(asker, query)) this.#name(target, this.#options.lookupWidth, asker, values)
    return this.onward(target, query, asker, values)
  }

  /** Tells an asker that speaks `route` to which of the nodes this node relays frames. */
  describe(ids: readonly Id[], link: Link): Values {
    return describeRoutes(
      ids.map(id => this.#parts.table.get(id)),
      link
    )
  }

  /** Adds peers of a torrent, and the paths to them. */
  toPeers(
    target: Id,
    peers: readonly StoredPeer[],
    query: LeadingQuery,
    asker: Asker,
    values: Values
  ): Awaitable<Reply> {
    const offers = offersFor(asker, query)
    const named = peers.slice(0, offers?.length ?? MAX_VALUES)
    values.values = named.map(({ record }) => record)
    if (asker.link.speaksRoute) values.paths = named.map(({ id }) => this.#pathTo(id))
    return this.#introduce(named, offers, this.onward(target, query, asker, values), asker)
  }

  /** Adds only the nodes that a recursive query is passed on to. */
  onward(target: Id, { method, args }: LeadingQuery, { link, transaction }: Asker, values: Values): Reply {
    const passedOn =
      args.recursive === 1 && this.#parts.recursion.passOn(link, transaction, method, target, args)
    if (!passedOn) return { values }
    values.next = passedOn.next
    return { values, afterwards: passedOn.send }
  }

  /** Adds the nodes nearest to the target. */
  #name(target: Id, count: number, asker: Asker, values: Values): Named[] {
    const nodes = this.#nearest(target, count, asker.id)
    values.nodes = Buffer.concat(nodes.map(({ compact }) => compact))
    Object.assign(values, describeRoutes(nodes, asker.link))
    return nodes
  }

  /** Relays the offers of the query, and adds the answers. */
  #introduce(
    named: readonly { id: Id | null }[],
    offers: Signal[] | undefined,
    reply: Reply,
    asker: Asker
  ): Awaitable<Reply> {
    if (!offers || named.length === 0) return reply
    const targets = named.map(({ id }) => id)
    return this.#parts.relaying.relayAll(asker.link, targets, offers).then(answers => {
      reply.values.signals = answers.map(answer => (answer === 0 ? 0 : encodeSignal(answer)))
      return reply
    })
  }

  /** The nodes to name to an asker: the nearest that are not known to be gone. It knows itself, so it comes last. */
  #nearest(target: Id, count: number, asker: Id): Named[] {
    const { table, node } = this.#parts
    const own = table.get(asker)
    const isNamed = (connection: PeerConnection) => connection !== own && !connection.isSilent
    const nearest = table.nearest(target, count, isNamed).flatMap(toNamed)
    if (node.contacts.unconnected.size > 0) {
      for (const { id, ...address } of node.contacts.unconnected.values()) {
        const added = Id.of(id)
        if (table.addresses.addressOf(added) || added.equals(asker)) continue
        nearest.push({ id: added, compact: encodeNode({ id: added, ...address }), speaksRoute: false })
      }
      nearest.sort((a, b) => compareDistances(target, a.id, b.id)).splice(count)
    }
    if (own && nearest.length < count) nearest.push(...toNamed(own))
    return nearest
  }

  /** The relays between this node and an announcer; 0 if none are known. */
  #pathTo(id: Id | null): Buffer | 0 {
    const relays = id && this.#parts.routes.relaysTo(id)
    return relays ? joinIds(relays) : 0
  }
}

function toNamed({ id, located, speaksRoute }: PeerConnection): Named[] {
  return id && located ? [{ id, compact: located.compact, speaksRoute }] : []
}

/** `routes`: a bit for each node, the first the highest, set if this node relays frames to it. */
function describeRoutes(nodes: readonly (Pick<Named, 'speaksRoute'> | undefined)[], link: Link): Values {
  if (nodes.length === 0 || !link.speaksRoute) return {}
  const routes = Buffer.alloc(Math.ceil(nodes.length / 8))
  for (const [i, node] of nodes.entries()) {
    if (node?.speaksRoute) routes[i >> 3] = (routes[i >> 3] ?? 0) | (0x80 >> (i % 8))
  }
  return { routes }
}

/** The offers of a query; none over a route: that asker can use routes to the nodes as well. */
function offersFor({ link }: Asker, { args }: LeadingQuery): Signal[] | undefined {
  return link.isRoute || !args.signals?.length ? undefined : args.signals
}
