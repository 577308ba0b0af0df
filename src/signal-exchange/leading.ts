/**
 * Completes replies, at the replying node (bep.md, "Introductions"). It adds nodes or peers, as many as the asker can use; to which
 * of them this node relays frames; the answers to the asker's offers; and the nodes that a recursive query is passed on to.
 */

import type { Awaitable } from '../awaitable.js'
import type { Link } from '../connections/link.js'
import type { ConnectionTable } from '../connections/table.js'
import { ROUTE } from '../extensions.js'
import type { Id } from '../id.js'
import { MAX_VALUES } from '../krpc/fields.js'
import type { Asker, Reply } from '../krpc/method.js'
import type { ResolvedOptions } from '../options.js'
import type { Recursion } from '../routes/recursion.js'
import type { Routes } from '../routes/routes.js'
import { type Contact, encodeNodes, joinIds } from '../wire/compact.js'
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
  /** The nodes nearest to a target, to name to an asker. */
  nearest(target: Id, count: number, asker: Id): Contact[]
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
    const count = offers?.length ?? this.#options.lookupWidth
    const ids = this.#name(target, count, asker, values)
    return this.#introduce(ids, offers, this.onward(target, query, asker, values), asker)
  }

  /** Adds the nodes nearest to the target beside a stored value. An asker that needs introductions gets the value alone, at once. */
  beside(target: Id, query: LeadingQuery, asker: Asker, values: Values): Reply {
    if (!offersFor(asker, query)) this.#name(target, this.#options.lookupWidth, asker, values)
    return this.onward(target, query, asker, values)
  }

  /** Tells an asker that speaks `route` to which of the nodes this node relays frames. */
  describe(ids: readonly Id[], link: Link): Values {
    return ids.length > 0 && link.extensions.has(ROUTE) ? { routes: this.#routesTo(ids) } : {}
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
    const ids = named.map(({ id }) => id)
    values.values = named.map(({ record }) => record)
    if (asker.link.extensions.has(ROUTE)) values.paths = ids.map(id => this.#pathTo(id))
    return this.#introduce(ids, offers, this.onward(target, query, asker, values), asker)
  }

  /** Adds only the nodes that a recursive query is passed on to. */
  onward(target: Id, { method, args }: LeadingQuery, { link, transaction }: Asker, values: Values): Reply {
    const passedOn =
      args.recursive === 1 && this.#parts.recursion.passOn(link, transaction, method, target, args)
    if (!passedOn) return { values }
    values.next = passedOn.next
    return { values, afterwards: passedOn.send }
  }

  /** Adds nodes. @returns their ids */
  #name(target: Id, count: number, asker: Asker, values: Values): Id[] {
    const contacts = this.#parts.nearest(target, count, asker.id)
    const ids = contacts.map(({ id }) => id)
    const nodes = encodeNodes(contacts, this.#options.idLength)
    Object.assign(values, { nodes }, this.describe(ids, asker.link))
    return ids
  }

  /** Relays the offers of the query, and adds the answers. */
  #introduce(
    targets: (Id | null)[],
    offers: Signal[] | undefined,
    reply: Reply,
    asker: Asker
  ): Awaitable<Reply> {
    if (!offers || targets.length === 0) return reply
    return this.#parts.relaying.relayAll(asker.link, targets, offers).then(answers => {
      reply.values.signals = answers.map(answer => (answer === 0 ? 0 : encodeSignal(answer)))
      return reply
    })
  }

  /** A bit for each node, the first the highest: set if this node relays frames to it. */
  #routesTo(ids: readonly Id[]): Buffer {
    const bits = Buffer.alloc(Math.ceil(ids.length / 8))
    for (const [i, id] of ids.entries()) {
      const isRoutable = this.#parts.table.get(id)?.speaksRoute
      if (isRoutable) bits[i >> 3] = (bits[i >> 3] ?? 0) | (0x80 >> (i % 8))
    }
    return bits
  }

  /** The relays between this node and an announcer; 0 if none are known. */
  #pathTo(id: Id | null): Buffer | 0 {
    const relays = id && this.#parts.routes.relaysTo(id)
    return relays ? joinIds(relays) : 0
  }
}

/** The offers of a query; none over a route: that asker can use routes to the nodes as well. */
function offersFor({ link }: Asker, { args }: LeadingQuery): Signal[] | undefined {
  return link.isRoute || !args.signals?.length ? undefined : args.signals
}
