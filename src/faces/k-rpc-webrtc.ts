/**
 * `k-rpc` over WebRTC: a routing table of connected nodes, and searches that begin with all known nodes.
 */

import {
  invalid,
  optional,
  readCallback,
  readFunction,
  readId,
  readObject,
  readPeer,
  readQuery
} from '../arguments.js'
import type { PeerConnection } from '../connections/peer-connection.js'
import { Id } from '../id.js'
import { warnOfUnknownOptions } from '../known-options.js'
import { Remote } from '../krpc/remote.js'
import { callListeners } from '../listeners.js'
import type { Node } from '../node.js'
import type { ResolvedOptions, WebTorrentDHTOptions } from '../options.js'
import type { SearchStep } from '../search-step.js'
import { ConnectingWanted } from '../searching/connecting-wanted.js'
import { Density } from '../searching/density.js'
import { Finding } from '../searching/finding.js'
import { Membership } from '../searching/membership.js'
import { Search, type SearchOptions } from '../searching/search.js'
import {
  type Contact,
  KRPC,
  type KRPCMessage,
  type Peer,
  type Query,
  type QueryCallback,
  type SearchCallback,
  type SendCallback,
  type Visit
} from '../upstream.js'
import type { KRPCEvents } from '../upstream-events.js'
import { KRPCSocketWebRTC } from './k-rpc-socket-webrtc.js'
import { Replies } from './replies.js'

export class KRPCWebRTC extends KRPC {
  declare socket: KRPCSocketWebRTC
  /** @internal */
  readonly options: ResolvedOptions
  /** @internal */
  readonly density: Density
  readonly #membership: Membership
  readonly #finding: Finding
  readonly #connecting: ConnectingWanted
  readonly #searches = new Set<Search>()
  #searchCount = 0

  constructor(options?: WebTorrentDHTOptions | null)
  /** @internal */
  constructor(options: WebTorrentDHTOptions | ResolvedOptions)
  constructor(given?: WebTorrentDHTOptions | ResolvedOptions | null) {
    const options = given ?? {}
    readObject('options', options)
    const socket = socketOf(options)
    const resolved = socket.options
    const { node } = socket.socket
    super({
      id: resolved.id.bytes,
      idLength: resolved.idLength,
      // Upstream's k is the number of nodes that a search converges on; the table has its own bucket size.
      k: resolved.lookupWidth,
      concurrency: resolved.given.concurrency,
      backgroundConcurrency: resolved.given.backgroundConcurrency,
      krpcSocket: socket,
      nodes: resolved.bootstrap.map(place => node.addresses.addPlace(place))
    })
    this.options = resolved
    // A socket that is given has warned of its own options.
    if ('krpcSocket' in options) warnOfUnknownOptions(options, warning => this.emit('warning', warning))
    // Upstream's listener also adds the sender to the table; `heard` does so where nobody listens.
    for (const listener of socket.listeners('query').slice(-1)) socket.off('query', listener)
    socket.on('query', (query, from) => void this.emit('query', query, from))
    const ownListeners = socket.listenerCount('query')
    const isListenedTo = () => socket.listenerCount('query') > ownListeners || this.listenerCount('query') > 0
    node.inbound.isListenedTo = () => isListenedTo() || socket.socket.listenerCount('message') > 0
    node.inbound.heard = connection => this.#heard(connection)
    this.#membership = new Membership(node, {
      add: contact => this._addNode(contact),
      onGone: id => node.emit('gone', id),
      onSilent: id => node.emit('silent', id)
    })
    this.density = new Density({
      id: resolved.id,
      width: resolved.lookupWidth,
      spansOfNeighbours: () => node.routes.neighboursOfNeighbours.spans,
      nearest: (id, count) => [
        ...node.contacts.closest(id.bytes, count).map(contact => Id.of(contact.id)),
        ...node.routes.nearest(id, count).map(contact => contact.id)
      ]
    })
    this.#finding = new Finding(node, {
      ping: (id, address) => this.#answersPing({ ...address, id: id.bytes }),
      search: (target, visit) => this.#searchFor(target, visit)
    })
    node.on('networkChanged', () => this.#connecting.forget())
    this.#connecting = new ConnectingWanted({
      wants: (id, coming) =>
        !node.connector.udp.isPausing &&
        !node.connector.meeting.isHopeless(id) &&
        node.contacts.wants(id, coming),
      isConnected: id => node.table.get(id) !== undefined,
      connect: id => node.destinations.connect(id),
      onFailed: () => node.emit('incomplete')
    })
  }

  /** @internal */
  get node(): Node {
    return this.socket.socket.node
  }

  /** @internal Whether a search is under way. */
  get isSearching(): boolean {
    return this.#searches.size > 0
  }

  /** @internal An exception of a listener is a `'warning'`; the socket below answers a query for one that has thrown. */
  override emit<Name extends keyof KRPCEvents>(event: Name, ...args: KRPCEvents[Name]): boolean {
    if (event === 'error' || event === 'query') return super.emit(event, ...args)
    return callListeners(this, event, args)
  }

  /** @internal */
  override _closest(
    target: Buffer,
    query: Query,
    isBackground: boolean,
    visit: Visit | null,
    callback: SearchOptions['callback'] = () => {}
  ): void {
    const { routes, recursion, inbound } = this.node
    const targetId = Id.of(target)
    const step = { search: ++this.#searchCount, method: String(query.q), target: targetId.bytes }
    const note = (name: SearchStep['name'], id: SearchStep['id'] = null, via: SearchStep['via'] = null) =>
      this.emit('search', { ...step, name, id, via })
    const search = new Search(this, {
      target: targetId,
      query: { ...query, a: { ...query.a, id: query.a?.id ?? this.id } },
      idLength: this.options.idLength,
      isBackground,
      visit,
      knownNear: id => ({
        relay: recursion.firstTowards(id)?.contact,
        strangers: routes.nearest(id, this.k)
      }),
      // A search for nodes finds no more where it looks around.
      span: query.q === 'find_node' ? 0 : this.density.expected,
      speaksRoute: from => Remote.linkOf(from, inbound)?.speaksRoute !== false,
      onMet: id => this.#connecting.consider(id),
      onStep: note,
      callback: (...result) => {
        this.#searches.delete(search)
        note('ended')
        callback(...result)
      }
    })
    if (!this.destroyed) this.#searches.add(search)
    note('began')
    search.start()
  }

  /**
   * Looks for the nodes nearest to a target. Calls back once, with `ECLOSED` if the node is destroyed meanwhile.
   *
   * @param target bytes or hex
   * @param visit gets the reply of each node, and ends the search by returning `false`
   * @throws WebTorrentDHTError `EINVAL`
   */
  override closest(
    target: Uint8Array | string,
    query: Query,
    visit?: Visit | null,
    callback?: SearchCallback | null
  ): void {
    this.#closest(target, query, false, visit, callback)
  }

  /** The same in the background: other searches go first. */
  override populate(target: Uint8Array | string, query: Query, callback?: SearchCallback | null): void {
    this.#closest(target, query, true, null, callback)
  }

  #closest(
    target: unknown,
    query: Query,
    isBackground: boolean,
    visit: Visit | null | undefined,
    callback: SearchCallback | null | undefined
  ): void {
    const { bytes } = readId('target', target, this.options.idLength)
    optional(readObject, 'query.a', readQuery('query', query).a)
    const visitor = optional(readFunction<Visit>, 'visit', visit) ?? null
    this._closest(bytes, query, isBackground, visitor, readCallback('callback', callback))
  }

  /** Asks a node. Calls back once; an error that the node has sent has its number as `code`. @throws WebTorrentDHTError `EINVAL` */
  override query(node: Peer<Uint8Array>, query: Query, callback?: QueryCallback | null): void {
    super.query(readPeer('node', node), readQuery('query', query), readCallback('callback', callback))
  }

  /**
   * Asks each of the nodes, with the token that it gave. Calls back once: with an error if none has replied. Its `cause` is an
   * `AggregateError` of what went wrong at each; of these, an error of 301 or 302 (BEP 44) comes as it is.
   *
   * @throws WebTorrentDHTError `EINVAL`
   */
  override queryAll(
    nodes: readonly Peer<Uint8Array>[],
    query: Query,
    visit?: Visit | null,
    callback?: SearchCallback | null
  ): void {
    readNodes(nodes)
    readQuery('query', query)
    const visitor = optional(readFunction<Visit>, 'visit', visit)
    const done = readCallback<SearchCallback>('callback', callback)
    const replies = new Replies(nodes.length, visitor, done)
    for (const node of nodes) {
      this.query(node, query, (error, reply, from) => replies.add(error, reply, from))
    }
  }

  /** Sends the reply to a query of the application's own method. @throws WebTorrentDHTError `EINVAL` */
  override response(
    peer: Peer<Uint8Array>,
    query: KRPCMessage,
    response: Record<string, unknown>,
    nodes?: Contact<Uint8Array>[] | SendCallback | null,
    callback?: SendCallback | null
  ): void {
    if (nodes && typeof nodes !== 'function') readNodes(nodes)
    const contacts = Array.isArray(nodes) ? nodes : []
    const named = contacts.filter(({ id }) => id?.length === this.options.idLength) // as upstream packs them
    const ids = named.map(({ id }) => Id.of(id))
    const link = Remote.linkOf(readPeer('peer', peer), this.node.inbound)
    const described = link ? this.node.leading.describe(ids, link) : {}
    const values = { ...readObject('response', response), ...described }
    super.response(peer, query, values, nodes, callback)
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
    const { contacts } = this.node
    if (!connection || connection.noPlaceAt === contacts.removals) return
    super._addNode({ ...contact, ...connection.located?.address })
    if (!contacts.get(contact.id)) connection.noPlaceAt = contacts.removals
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

  #heard({ id, noPlaceAt }: PeerConnection): void {
    const { contacts } = this.node
    if (this.destroyed || id === null || noPlaceAt === contacts.removals) return
    const known = contacts.get(id.bytes)
    const seen = Date.now()
    if (known) known.seen = seen
    else this._addNode({ ...this.node.contactOf(id), distance: 0, seen })
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

/** @throws WebTorrentDHTError `EINVAL` for what is no list of nodes */
function readNodes(nodes: unknown): void {
  if (!Array.isArray(nodes)) throw invalid('nodes', nodes, 'an array of nodes')
  for (const node of nodes) readPeer('nodes', node)
}

/** The given k-rpc-socket, or a new one. @throws WebTorrentDHTError `EINVAL` for another kind of socket */
function socketOf(options: WebTorrentDHTOptions | ResolvedOptions): KRPCSocketWebRTC {
  const given = 'krpcSocket' in options ? options.krpcSocket : undefined
  if (given === undefined || given === null) return new KRPCSocketWebRTC(options)
  if (given instanceof KRPCSocketWebRTC) return given
  throw invalid('options.krpcSocket', given, 'a KRPCSocketWebRTC')
}
