/**
 * `k-rpc` over WebRTC: a routing table whose nodes are connections. A node in it has a tag on its connection, and leaves
 * it when the connection is gone.
 */

import { shareOut } from './connections/budget.js'
import type { PeerConnection } from './connections/peer-connection.js'
import { ROUTING_TAG } from './connections/table.js'
import type { CloseReason } from './counters.js'
import { ROUTE } from './extensions.js'
import { KRPCSocketWebRTC } from './k-rpc-socket-webrtc.js'
import { type ResolvedOptions, resolveOptions, type WebTorrentDHTOptions } from './options.js'
import { ConnectingWanted } from './searching/connecting-wanted.js'
import { RoutingTable } from './searching/routing-table.js'
import { Search, type SearchOptions, type Visit } from './searching/search.js'
import { AnnouncerChecks } from './storing/announcer-checks.js'
import { type Contact, KRPC, type KRPCMessage, type Peer, type Query, type SendCallback } from './upstream.js'
import type { WebRTCSocket } from './webrtc-socket.js'
import { type Address, decodePeer } from './wire/compact.js'

/**
 * Milliseconds that a node stays in the table after its connection was closed: BEP 5's "questionable". A node that comes
 * back within them keeps its place; meanwhile it is named to nobody, and the first query to it that fails removes it. One
 * that did not answer is removed at once: it has had its time.
 */
const QUESTIONABLE_TIME = 3000

/** Reasons that say nothing against the node at the other end. */
const MADE_ROOM: readonly CloseReason[] = ['no room', 'released']

export class KRPCWebRTC extends KRPC {
  declare socket: KRPCSocketWebRTC
  /** @internal */
  readonly options: ResolvedOptions
  readonly #searches = new Set<Search>()
  readonly #questionable = new Map<string, NodeJS.Timeout>()
  readonly #connecting = new ConnectingWanted({
    wants: (id, coming) => (this.nodes as RoutingTable).wants(id, coming),
    isConnected: id => this.socket.socket.table.get(id) !== undefined,
    connect: id => this.socket.socket.destinations.connect(id),
    onFailed: () => this.emit('incomplete')
  })

  readonly #announcerChecks = new AnnouncerChecks({
    isConnected: id => this.socket.socket.table.get(id) !== undefined,
    find: id => this.find(id),
    onGone: id => {
      if (!this.destroyed) this.emit('gone', id)
    }
  })

  constructor(options: WebTorrentDHTOptions | ResolvedOptions = {}) {
    const resolved = resolveOptions(options)
    const socket = new KRPCSocketWebRTC(resolved)
    const { addresses } = socket.socket
    super({
      id: resolved.id,
      idLength: resolved.idLength,
      // What upstream calls k is how many nodes a search converges on; the size of a bucket is the table's.
      k: resolved.lookupWidth,
      concurrency: resolved.given.concurrency,
      krpcSocket: socket,
      nodes: resolved.bootstrap.map(({ endpoint, address }) => addresses.addEndpoint(endpoint, address))
    })
    this.options = resolved
    socket.socket.table.giveUp = id => this.#giveUp(id)
    socket.socket.on('node_connected', id => this.#connected(id))
    socket.socket.on('node_disconnected', (id, reason) => this.#disconnected(id, reason))
  }

  /** @internal Upstream writes all nodes that it knows into a reply, and the socket takes the first few. */
  override response(
    peer: Peer,
    query: KRPCMessage,
    response: Record<string, unknown>,
    nodes?: Contact[],
    callback?: SendCallback
  ): void {
    const nearest = Array.isArray(nodes) ? nodes.slice(0, 3 * this.options.lookupWidth) : nodes
    super.response(peer, query, response, nearest, callback)
    for (const value of Array.isArray(response.values) ? (response.values as Buffer[]) : []) {
      const announcer = decodePeer(value, this.options.idLength)?.id
      if (announcer) this.#announcerChecks.consider(announcer)
    }
  }

  /**
   * Notes that an announcer, whose id is given in hex, has just announced: it need not be looked for.
   *
   * @internal
   */
  announced(id: string): void {
    this.#announcerChecks.heard(id)
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
    const { socket } = this.socket
    const first = socket.recursion.firstTowards(target)
    const search = new Search(this, {
      target,
      query,
      idLength: this.options.idLength,
      isBackground,
      visit,
      relay: first && contactOf(socket, first),
      strangers: socket.routes.nearest(target, this.k),
      speaksRoute: from => socket.originOf(from)?.extensions.has(ROUTE) !== false,
      onMet: id => this.#connecting.consider(id),
      callback: (...result) => {
        this.#searches.delete(search)
        callback(...result)
      }
    })
    if (!this.destroyed) this.#searches.add(search)
    search.start()
  }

  /**
   * Whether a node answers: where it was last known to be, or wherever a search for its id finds it.
   *
   * @internal
   */
  async find(id: Buffer): Promise<boolean> {
    const { socket } = this.socket
    const idHex = id.toString('hex')
    if (socket.table.get(idHex)) return true
    const address = socket.addresses.addressOf(idHex)
    if (address && socket.destinations.canReach(address) && (await this.#answersPing({ ...address, id })))
      return true
    return this.#searchFor(id)
  }

  /** @internal Connects to a node that others have named; that it cannot be done is no error. */
  connectTo(id: Buffer): Promise<void> {
    return this.#connecting.connect(id.toString('hex'))
  }

  /** @internal Upstream adds whoever has sent something. A node that is met over a route has a place when it is connected. */
  override _addNode(contact: Contact): void {
    if (this.socket.socket.table.get(contact.id.toString('hex'))) super._addNode(contact)
  }

  /** Empties the routing table. */
  override clear(): void {
    const { socket, options } = this.socket
    for (const node of this.nodes?.toArray() ?? []) socket.del_tag(node.id, ROUTING_TAG)
    const table = new RoutingTable({
      localNodeId: options.id,
      bucketSize: options.bucketSize,
      neighbours: options.lookupWidth,
      maxContacts: shareOut(options.maxConnections).routing,
      isConnected: id => socket.get_id_mapping(id) !== undefined,
      connected: () => [...socket.table.connections].map(connection => contactOf(socket, connection))
    })
    this.nodes = table
    this.nodes.on('added', ({ id }: { id: Buffer }) => void socket.add_tag(id, ROUTING_TAG))
    this.nodes.on('removed', ({ id }: { id: Buffer }) => {
      socket.del_tag(id, ROUTING_TAG)
      if (!table.isDropping) this.emit('lost', id)
    })
  }

  override destroy(callback?: () => void): void {
    for (const timer of this.#questionable.values()) clearTimeout(timer)
    this.#questionable.clear()
    for (const search of this.#searches) search.close()
    this.#searches.clear()
    super.destroy(callback)
  }

  #answersPing(node: Peer): Promise<boolean> {
    return new Promise(resolve =>
      this.query(node, { q: 'ping', a: { id: this.id } }, error => resolve(error === null))
    )
  }

  #searchFor(id: Buffer): Promise<boolean> {
    return new Promise(resolve => {
      let isFound = false
      const visit = (reply: KRPCMessage) => {
        isFound ||= id.equals(reply.r?.id as Buffer)
        return !isFound
      }
      this._closest(id, { q: 'find_node', a: { target: id } }, false, visit, () => resolve(isFound))
    })
  }

  #connected(id: string): void {
    clearTimeout(this.#questionable.get(id))
    this.#questionable.delete(id)
    const { socket } = this.socket
    const connection = socket.table.get(id)
    if (!connection) return
    const contact = { ...contactOf(socket, connection), seen: Date.now() }
    if (this.nodes.get(contact.id)) socket.add_tag(id, ROUTING_TAG)
    // Upstream waits for a message; that it is connected says as much.
    this._addNode(contact)
  }

  #disconnected(id: string, reason: CloseReason): void {
    if (this.destroyed) return
    clearTimeout(this.#questionable.get(id))
    const remove = () => {
      this.#questionable.delete(id)
      this.nodes.remove(Buffer.from(id, 'hex'))
      // A node whose connection made room for another lives on, and can be found by its id.
      if (!MADE_ROOM.includes(reason)) this.emit('gone', id)
    }
    if (reason === 'disconnected') this.#questionable.set(id, setTimeout(remove, QUESTIONABLE_TIME))
    else remove()
  }

  /** A node in a bucket gives way to any other; the nearest ones are what makes the end of a lookup exact. */
  #giveUp(id: string): void {
    const table = this.nodes as RoutingTable
    const idBytes = Buffer.from(id, 'hex')
    if (!table.isNeighbour(idBytes)) table.remove(idBytes)
  }
}

/** A node that is connected, and so has an address. */
function contactOf({ addresses }: WebRTCSocket, { id, idBytes }: PeerConnection): Contact {
  return { id: idBytes, ...(addresses.addressOf(id as string) as Address) }
}
