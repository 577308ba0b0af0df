/**
 * `k-rpc` over WebRTC: a routing table of connected nodes, and searches that begin with all known nodes.
 */

import { WebTorrentDHTError } from '../errors.js'
import { ROUTE } from '../extensions.js'
import { Id } from '../id.js'
import { Remote } from '../krpc/remote.js'
import type { Node } from '../node.js'
import type { ResolvedOptions, WebTorrentDHTOptions } from '../options.js'
import { ConnectingWanted } from '../searching/connecting-wanted.js'
import { Finding } from '../searching/finding.js'
import { Membership } from '../searching/membership.js'
import { Search, type SearchOptions, type Visit } from '../searching/search.js'
import {
  type Contact,
  KRPC,
  type KRPCMessage,
  type Peer,
  type Query,
  type SendCallback
} from '../upstream.js'
import { KRPCSocketWebRTC } from './k-rpc-socket-webrtc.js'

export class KRPCWebRTC extends KRPC {
  declare socket: KRPCSocketWebRTC
  /** @internal */
  readonly options: ResolvedOptions
  readonly #membership: Membership
  readonly #finding: Finding
  readonly #connecting: ConnectingWanted
  readonly #searches = new Set<Search>()
  /** The value of `removals` when a connection's node was last offered to the routing table. */
  readonly #triedAt = new WeakMap<object, number>()

  constructor(options?: WebTorrentDHTOptions)
  /** @internal */
  constructor(options: WebTorrentDHTOptions | ResolvedOptions)
  constructor(options: WebTorrentDHTOptions | ResolvedOptions = {}) {
    const socket = socketOf(options)
    const resolved = socket.options
    const { node } = socket.socket
    super({
      id: resolved.id.bytes,
      idLength: resolved.idLength,
      // Upstream's k is the number of nodes that a search converges on; the table has its own bucket size.
      k: resolved.lookupWidth,
      concurrency: resolved.given.concurrency,
      krpcSocket: socket,
      nodes: resolved.bootstrap.map(({ endpoint, address }) => node.addresses.addEndpoint(endpoint, address))
    })
    this.options = resolved
    const ownListeners = socket.listenerCount('query')
    const isListenedTo = () => socket.listenerCount('query') > ownListeners || this.listenerCount('query') > 0
    node.inbound.takesUnknown = () => isListenedTo() || socket.socket.listenerCount('message') > 0
    this.#membership = new Membership(node, {
      add: contact => this._addNode(contact),
      onGone: id => node.emit('gone', id)
    })
    this.#finding = new Finding(node, {
      ping: (id, address) => this.#answersPing({ ...address, id: id.bytes }),
      search: (target, visit) => this.#searchFor(target, visit)
    })
    this.#connecting = new ConnectingWanted({
      wants: (id, coming) => node.contacts.wants(id, coming),
      isConnected: id => node.table.get(id) !== undefined,
      connect: id => node.destinations.connect(id),
      onFailed: () => node.emit('incomplete')
    })
  }

  /** @internal */
  get node(): Node {
    return this.socket.socket.node
  }

  /** @internal */
  override _closest(
    target: Buffer,
    query: Query,
    isBackground: boolean,
    visit: Visit | null,
    callback: SearchOptions['callback'] = () => {}
  ): void {
    query.a ??= {}
    query.a.id ??= this.id
    const { routes, recursion, inbound } = this.node
    const targetId = Id.of(target)
    const search = new Search(this, {
      target: targetId,
      query,
      idLength: this.options.idLength,
      isBackground,
      visit,
      relay: recursion.firstTowards(targetId)?.contact,
      strangers: routes.nearest(targetId, this.k),
      speaksRoute: from => Remote.linkOf(from, inbound)?.extensions.has(ROUTE) !== false,
      onMet: id => this.#connecting.consider(id),
      callback: (...result) => {
        this.#searches.delete(search)
        callback(...result)
      }
    })
    if (!this.destroyed) this.#searches.add(search)
    search.start()
  }

  /** Sends the reply to a query of the application's own method. */
  override response(
    peer: Peer<Uint8Array>,
    query: KRPCMessage,
    response: Record<string, unknown>,
    nodes?: Contact<Uint8Array>[] | SendCallback,
    callback?: SendCallback
  ): void {
    const link = Remote.linkOf(peer, this.node.inbound)
    const ids = Array.isArray(nodes) ? nodes.map(({ id }) => Id.of(id)) : []
    const described = link ? this.node.leading.describe(ids, link) : {}
    super.response(peer, query, Object.assign(response, described), nodes, callback)
  }

  /**
   * Whether a node is alive, wherever it is.
   *
   * @internal
   */
  find(id: Id): Promise<boolean> {
    return this.#finding.find(id)
  }

  /** @internal Tries to connect to a node that others have named. Never rejects. */
  connectTo(id: Id): Promise<void> {
    return this.#connecting.connect(id)
  }

  /**
   * @internal Upstream adds each node that has sent a message. Here only connected nodes are added. A node that found no place is
   * tried again only after another node has left the table.
   */
  override _addNode(contact: Contact): void {
    const connection = this.node.table.get(Id.of(contact.id))
    const { removals } = this.node.contacts
    if (!connection || this.#triedAt.get(connection) === removals) return
    this.#triedAt.set(connection, removals)
    super._addNode({ ...contact, ...connection.located?.address })
  }

  /** Empties the routing table. */
  override clear(): void {
    this.nodes = this.node.clearContacts()
  }

  override destroy(callback?: () => void): void {
    this.#membership.close()
    for (const search of this.#searches) search.close()
    this.#searches.clear()
    super.destroy(callback)
  }

  #answersPing(node: Peer): Promise<boolean> {
    return new Promise(resolve =>
      this.query(node, { q: 'ping', a: { id: this.id } }, error => resolve(error === null))
    )
  }

  #searchFor({ bytes }: Id, visit: (id: Id) => boolean): Promise<void> {
    const query = { q: 'find_node', a: { target: bytes } }
    const visitReply = (reply: KRPCMessage) => visit(Id.of(reply.r?.id as Buffer))
    return new Promise(resolve => this._closest(bytes, query, false, visitReply, () => resolve()))
  }
}

/** The given k-rpc-socket, or a new one. @throws WebTorrentDHTError `EINVAL` for another kind of socket */
function socketOf(options: WebTorrentDHTOptions | ResolvedOptions): KRPCSocketWebRTC {
  const given = 'krpcSocket' in options ? options.krpcSocket : undefined
  if (given === undefined || given === null) return new KRPCSocketWebRTC(options)
  if (given instanceof KRPCSocketWebRTC) return given
  throw new WebTorrentDHTError('EINVAL', 'options.krpcSocket should be a KRPCSocketWebRTC')
}
