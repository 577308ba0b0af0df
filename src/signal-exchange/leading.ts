/**
 * What a reply leads to, on the side that replies (bep.md, "Introductions"): nodes or peers, no more than the asker can use; to
 * which of them this node passes frames on; the answers to the offers that came with the query; and whom the query was passed on
 * to, if it is recursive.
 */

import type { Awaitable } from '../awaitable.js'
import type { ConnectionTable } from '../connections/table.js'
import { ROUTE } from '../extensions.js'
import type { Id } from '../id.js'
import { MAX_VALUES } from '../krpc/fields.js'
import type { Asker, Reply } from '../krpc/method.js'
import type { ResolvedOptions } from '../options.js'
import type { Recursion } from '../routes/recursion.js'
import type { Routes } from '../routes/routes.js'
import { type Contact, decodePeer, encodeNodes, joinIds } from '../wire/compact.js'
import { encodeSignal, type Signal } from '../wire/signal.js'
import type { Relaying } from './relaying.js'

/** The query that is answered. */
export interface LeadingQuery {
  method: string
  args: { signals?: Signal[]; recursive?: number }
}

export interface LeadingParts {
  table: ConnectionTable
  relaying: Relaying
  routes: Routes
  recursion: Recursion
  /** The nodes nearest to a target that are named to an asker. */
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
    const contacts = this.#parts.nearest(target, count, asker.id)
    values.nodes = encodeNodes(contacts, this.#options.idLength)
    if (contacts.length > 0 && asker.link.extensions.has(ROUTE)) values.routes = this.#routesTo(contacts)
    return this.#introduce(
      contacts.map(({ id }) => id),
      offers,
      this.onward(target, query, asker, values),
      asker
    )
  }

  /** Adds peers of a torrent, and the ways to them. */
  toPeers(
    target: Id,
    peers: readonly Buffer[],
    query: LeadingQuery,
    asker: Asker,
    values: Values
  ): Awaitable<Reply> {
    const offers = offersFor(asker, query)
    values.values = peers.slice(0, offers?.length ?? MAX_VALUES)
    const ids = (values.values as Buffer[]).map(peer => decodePeer(peer, this.#options.idLength)?.id ?? null)
    if (asker.link.extensions.has(ROUTE)) values.paths = ids.map(id => this.#pathTo(id))
    return this.#introduce(ids, offers, this.onward(target, query, asker, values), asker)
  }

  /** Adds only whom the query is passed on to. */
  onward(target: Id, { method, args }: LeadingQuery, { link, transaction }: Asker, values: Values): Reply {
    const passedOn =
      args.recursive === 1 && this.#parts.recursion.passOn(link, transaction, method, target, args)
    if (!passedOn) return { values }
    values.next = passedOn.next
    return { values, afterwards: passedOn.send }
  }

  /** Fetches the answers to offers that came with the query. */
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

  /** Says to which of the nodes this one passes frames on: a bit for each, the first one the highest. */
  #routesTo(contacts: Contact[]): Buffer {
    const bits = Buffer.alloc(Math.ceil(contacts.length / 8))
    for (const [i, { id }] of contacts.entries()) {
      const isRoutable = this.#parts.table.get(id)?.extensions.has(ROUTE)
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

/** A node that asks over a route needs no connection, and reaches the nodes by routes as well. */
function offersFor({ link }: Asker, { args }: LeadingQuery): Signal[] | undefined {
  return link.isRoute || !args.signals?.length ? undefined : args.signals
}
