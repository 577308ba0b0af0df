/**
 * Follows replies, at the asker (bep.md, "Introductions"): the named nodes and peers get local addresses, the ways to them are
 * learnt, and the answers to our offers become connections.
 */

import type { Connector } from '../connections/connector.js'
import type { Lease } from '../connections/offers.js'
import type { Id } from '../id.js'
import { createFields } from '../krpc/fields.js'
import type { ResolvedOptions } from '../options.js'
import { isMadeUp } from '../place.js'
import type { Dictionary } from '../wire/bencode.js'
import { readFields, shape } from '../wire/check.js'
import {
  type CompactPeer,
  type Contact,
  decodeNodes,
  decodePeer,
  encodeNode,
  encodePeer,
  splitIds
} from '../wire/compact.js'
import { encodeSignal, type SignalReply } from '../wire/signal.js'

/** The address of a node that is named only by its id. */
const NOWHERE = { host: '0.0.0.0', port: 0 }

/** Milliseconds that a reply is held back for its connections to open. */
const OPEN_TIMEOUT = 1500

/** The fields of a reply that name nodes and peers, checked by the method's shape. */
interface Leads {
  nodes?: Buffer
  routes?: Buffer
  next?: Buffer
  values?: Buffer[]
  paths?: (Buffer | 0)[]
  signals?: (SignalReply | 0)[]
}

export class Following {
  readonly #options: ResolvedOptions
  readonly #connector: Connector

  constructor(options: ResolvedOptions, connector: Connector) {
    this.#options = options
    this.#connector = connector
  }

  /** Offers for a query to a node without the extension: `max(2, log2 k)`, or fewer if the budget is used up. */
  leaseOffers(): Promise<Lease[]> {
    return this.#connector.offers.leaseMany(Math.max(2, Math.floor(Math.log2(this.#options.bucketSize))))
  }

  toSignals(leases: Lease[]): Promise<Record<string, unknown>[]> {
    return Promise.all(
      leases.map(async lease => encodeSignal(await this.#connector.toSignal(await lease.describe(), null)))
    )
  }

  /**
   * Follows a reply. It replaces the sender's addresses of nodes and peers by local ones, and accepts the answers in the reply.
   *
   * @param introducer the node that replied
   * @param signalTime milliseconds that the query took
   * @returns a promise that settles when the connections are open, or after a timeout; `undefined` if there are none
   */
  follow(r: Leads, introducer: Id, leases: Lease[], signalTime: number): Promise<void> | undefined {
    const contacts = this.#contactsIn(r, introducer)
    const { paths } = r
    delete r.paths
    delete r.routes
    const finish = () => {
      if (contacts.length > 0) {
        r.nodes = Buffer.concat(
          contacts.map(contact => encodeNode({ ...contact, ...this.#addressOf(contact.id) }))
        )
      }
      if (r.values) {
        r.values = r.values.flatMap((value, i) => this.#rewritePeer(value, introducer, paths?.[i]) ?? [])
      }
    }
    const connecting =
      leases.length > 0 ? this.#connectAll(r.signals ?? [], introducer, contacts, leases, signalTime) : []
    if (connecting.length === 0) return void finish()
    const timeout = new Promise(resolve => setTimeout(resolve, OPEN_TIMEOUT))
    return Promise.race([Promise.all(connecting), timeout]).then(finish)
  }

  /** Follows a reply of an application's own method. If its fields do not have the right shape, it stays as it is. */
  followUnchecked(
    r: Record<string, unknown>,
    introducer: Id,
    leases: Lease[],
    signalTime: number
  ): Promise<void> | undefined {
    const { leads, values, paths } = createFields(this.#options.idLength)
    const read = readFields(r as Dictionary, shape({}, { ...leads, values, paths }))
    if ('wrong' in read) {
      for (const lease of leases) lease.giveBack()
      return undefined
    }
    const { fields } = read
    const followed = this.follow(fields, introducer, leases, signalTime)
    const finish = () => {
      if (fields.nodes) r.nodes = fields.nodes
      if (fields.values) r.values = fields.values
    }
    return followed ? followed.then(finish) : void finish()
  }

  /** The nodes that a reply names, in `nodes` and in `next`. */
  #contactsIn({ nodes, routes, next }: Leads, introducer: Id): Contact[] {
    const { idLength } = this.#options
    const contacts = nodes ? decodeNodes(nodes, idLength) : []
    for (const [i, { id }] of contacts.entries()) this.#learn(id, introducer, isSet(routes, i))
    for (const id of next ? splitIds(next, idLength) : []) {
      if (contacts.some(contact => contact.id.equals(id))) continue
      this.#learn(id, introducer, true)
      contacts.push({ id, ...NOWHERE })
    }
    return contacts
  }

  #learn(id: Id, introducer: Id, isRelay = false): void {
    const { table } = this.#connector
    if (!id.equals(introducer) && !id.equals(table.id)) table.addresses.learn(id, introducer, isRelay)
  }

  /** Learns the way to an announcer: each node on it leads to the next. */
  #learnPath(announcer: Id, introducer: Id, path: Buffer | 0 | undefined): void {
    if (!path) return this.#learn(announcer, introducer)
    let last = introducer
    for (const id of splitIds(path, this.#options.idLength)) {
      this.#learn(id, last, true)
      last = id
    }
    this.#learn(announcer, last, true)
  }

  #addressOf(id: Id) {
    return this.#connector.table.addresses.addressOf(id)
  }

  #rewritePeer(value: Buffer, introducer: Id, path: Buffer | 0 | undefined): Buffer | undefined {
    const peer = decodePeer(value, this.#options.idLength)
    if (!peer?.id) return value
    this.#learnPath(peer.id, introducer, path)
    // The host that the storing node saw, unless it made that address up.
    const host = isMadeUp(peer.host) ? this.#addressOf(peer.id)?.host : peer.host
    return host === undefined ? undefined : encodePeer({ ...peer, host } satisfies CompactPeer)
  }

  /** Accepts the answers to our offers; gives the other offers back. */
  #connectAll(
    signals: (SignalReply | 0)[],
    introducer: Id,
    contacts: Contact[],
    leases: Lease[],
    signalTime: number
  ): Promise<unknown>[] {
    const { table } = this.#connector
    const reach = this.#connector.reachOf({ via: introducer })
    const used = new Set<Lease>()
    const connecting: Promise<unknown>[] = []
    for (const [i, reply] of signals.entries()) {
      if (reply === 0 || reply.sdp === undefined || reply.id.equals(table.id)) continue
      const { id } = reply
      // Version 0.18 leaves failed answers out, which shifts the rest: so the id decides which offer was answered.
      const named = contacts.findIndex(contact => contact.id.equals(id))
      const lease = leases[named >= 0 ? named : i]
      if (!lease || used.has(lease)) continue
      used.add(lease)
      if (table.get(id)) {
        lease.discard() // we are connected meanwhile, and an answered offer cannot serve again
      } else {
        connecting.push(
          this.#connector
            .acceptAnswer(lease, reply, { id, dialled: null, reach }, { signalTime })
            .catch(() => {})
        )
      }
    }
    for (const lease of leases) if (!used.has(lease)) lease.giveBack()
    return connecting
  }
}

function isSet(bits: Buffer | undefined, i: number): boolean {
  return bits !== undefined && ((bits[i >> 3] ?? 0) & (0x80 >> (i % 8))) !== 0
}
