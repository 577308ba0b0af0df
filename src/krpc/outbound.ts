/**
 * Sends this node's queries to addresses. It finds a link first, or makes a connection, within the query's time. A query that
 * returns nodes carries offers if the queried node needs them; its reply is followed before the asker sees it.
 */

import type { Lease } from '../connections/offers.js'
import { hasCode, messageOf, WebTorrentDHTError } from '../errors.js'
import { INTRODUCE } from '../extensions.js'
import type { Id } from '../id.js'
import type { Destinations } from '../signal-exchange/destinations.js'
import type { Following } from '../signal-exchange/following.js'
import type { Address } from '../wire/compact.js'
import type { Inbound } from './inbound.js'
import type { End, Ledger, Query, Values } from './ledger.js'
import { Loopback } from './loopback.js'
import type { Method } from './method.js'

export interface Question {
  method: string | Uint8Array
  args: unknown
  /** Whether the reply is followed even if the method is an application's own: replies to a search may name nodes. */
  isSearch?: boolean
  /** Milliseconds, the time to connect included. */
  timeout: number
  /** Makes the query recursive: gets the replies of the nodes that it is passed on to. */
  onPassedOn?: ((values: Values, from: Id) => void) | undefined
  /** The first relays of the routes of the lookup that asks, in hex: see `RouteSettings`. */
  usedRelays?: Set<string> | undefined
  /** As in `QueryOptions`. */
  transaction?: Buffer
  /** Called once, when the query was sent or could not be. */
  onSent?: (error: Error | null) => void
  /** Called once, when a reply has been followed. */
  onEnd(end: End, query: Query): void
}

interface Parts {
  id: Id
  ledger: Ledger
  inbound: Inbound
  destinations: Destinations
  following: Following
}

export class Outbound {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Asks the node at an address. */
  ask(address: Address, question: Question): Query {
    const leases: Lease[] = []
    const { method, timeout, transaction } = question
    const onEnd = (end: End, query: Query) => this.#ended(question, query, end, leases)
    const query = this.#parts.ledger.open({ method, timeout, onEnd, ...(transaction && { transaction }) })
    query.isForeign = this.#parts.inbound.method(query.method)?.mayBeForeign?.(question.args) === true
    this.#send(query, address, question, leases).then(
      () => question.onSent?.(null),
      cause => {
        // Arguments that bencode has no place for are the asker's mistake. For k-rpc every other reason is a timeout: it removes
        // the node from its table.
        const isMistake = cause instanceof TypeError || cause instanceof RangeError
        const isMissing = hasCode(cause, 'ENOWEBRTC')
        const code = isMistake ? 'EINVAL' : isMissing ? 'ENOWEBRTC' : 'ETIMEDOUT'
        const error = new WebTorrentDHTError(code, messageOf(cause), { cause })
        question.onSent?.(error)
        query.fail(error)
      }
    )
    return query
  }

  /** Sends a reply or an error. @throws WebTorrentDHTError why it cannot be delivered */
  async deliver(address: Address, bytes: Buffer): Promise<void> {
    const link = await this.#parts.destinations.reach(address)
    if (link === 'self') return void this.#loopbackAt(address).send(bytes)
    if (!link.send(bytes)) throw new WebTorrentDHTError('ETIMEDOUT', 'the connection was closed')
  }

  async #send(
    query: Query,
    address: Address,
    { args, onPassedOn, usedRelays }: Question,
    leases: Lease[]
  ): Promise<void> {
    const link = await this.#parts.destinations.reach(address, usedRelays)
    if (query.isOver) return
    if (link === 'self') return this.#sendToSelf(query, address, args)
    const method = this.#parts.inbound.method(query.method)
    const more: Values = {}
    if (isIntroducing(query, method) && !link.extensions.has(INTRODUCE)) {
      // A node without the extension does not reply to a query without offers.
      leases.push(...(await this.#parts.following.leaseOffers()))
      if (query.isOver) return giveBack(leases)
      more.signals = await this.#parts.following.toSignals(leases)
      if (query.isOver) return // which has given them back
    }
    if (onPassedOn && link.speaksRoute) {
      more.recursive = 1
      const onReply = (values: Values, from: Id) => {
        this.#parts.following.follow(values, from, [], 0)
        onPassedOn(values, from)
      }
      query.recursive = { neighbour: link.via as Id, repliedBy: new Set(), onReply }
    }
    if (method?.isUse !== false) link.lastUsed = performance.now()
    query.send(link, Object.keys(more).length > 0 ? { ...(args as Values), ...more } : args)
  }

  #sendToSelf(query: Query, address: Address, args: unknown): void {
    query.isToSelf = true
    query.send(this.#loopbackAt(address), args)
  }

  #loopbackAt(address: Address): Loopback {
    const link: Loopback = new Loopback(this.#parts.id, bytes =>
      this.#parts.inbound.receiveOwn(link, bytes, address)
    )
    return link
  }

  #ended({ onEnd, isSearch = false }: Question, query: Query, end: End, leases: Lease[]): void {
    const { link } = query
    if (end.kind !== 'replied') {
      // A node that got the offers, and did not reply, may still answer one.
      if (end.kind === 'failed' && link) for (const lease of leases) lease.discard()
      else giveBack(leases)
      return onEnd(end, query)
    }
    const followed = this.#follow(query, end.values, leases, isSearch)
    if (followed) followed.then(() => onEnd(end, query))
    else onEnd(end, query)
  }

  #follow(query: Query, values: Values, leases: Lease[], isSearch: boolean): Promise<void> | undefined {
    const { following, inbound } = this.#parts
    const method = inbound.method(query.method)
    const id = query.isToSelf ? null : query.link?.id
    if (!id || !(isSearch || isIntroducing(query, method))) return undefined
    const signalTime = performance.now() - query.sentAt
    if (method) return following.follow(values, id, leases, signalTime)
    return following.followUnchecked(values, id, leases, signalTime)
  }
}

/** Methods whose replies name nodes, for a socket that is used without a DHT. */
const OF_DHT = ['find_node', 'get_peers', 'get']

/** Whether the replies to a query name nodes. */
function isIntroducing(query: Query, method: Method | undefined): boolean {
  return method ? method.isIntroducing : OF_DHT.includes(query.method)
}

function giveBack(leases: Lease[]): void {
  for (const lease of leases) lease.giveBack()
}
