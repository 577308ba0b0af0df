/**
 * Joins the network, and rejoins after a loss. A node tries all its bootstrap nodes and entrances at once. It retries failed bootstrap
 * nodes later, even if another let it in: those that were started apart may hold separate networks. A node without connections rejoins
 * through the HTTP servers that it met, then through the bootstrap nodes and entrances.
 */

import { type AddressBook, keyOf } from '../connections/address-book.js'
import type { PeerConnection } from '../connections/peer-connection.js'
import type { CloseReason } from '../counters.js'
import type { Entrance } from '../entrances/entrance.js'
import { FullError } from '../entrances/failures.js'
import type { WebTorrentDHTError } from '../errors.js'
import type { Id } from '../id.js'
import { nameOf, type Place, parseHost, parsePlace, urlsOf } from '../place.js'
import { type RefreshedNode, Refreshing, type TableEvents } from '../searching/refreshing.js'
import { isNear, mayBeNamed } from '../wire/address-kind.js'
import type { Address } from '../wire/compact.js'
import type { HttpServerInfo } from '../wire/server-info.js'
import { AttemptPauses } from './attempt-pauses.js'
import { Entering, firstOf } from './entering.js'
import { Outages } from './outages.js'
import { RememberedServers } from './remembered-servers.js'
import { RetriedPlaces } from './retried-places.js'
import { JoiningStatus, type StatusOptions } from './status.js'

/** Attempts before `onTried` is called: a bootstrap node may be busy at first. */
const FIRST_ATTEMPTS = 3
/** Attempts to reach an HTTP server whose connection broke: about an hour. Most are gone for good. */
const MAX_ATTEMPTS_AT_LOST = 12
/** Reasons after which the node at the other end may still be alive. */
const BROKEN: readonly CloseReason[] = ['disconnected', 'broken', 'unresponsive']

/** The part of the node that joining needs. */
export interface JoiningNode extends RefreshedNode {
  /** The places that a search asks while it knows fewer nodes than places. */
  bootstrap: Address[]
}

/** The part of the node's connections that joining needs. */
export interface JoiningLinks extends TableEvents {
  readonly table: { readonly isAlone: boolean; readonly size: number }
  readonly addresses: Pick<AddressBook, 'placeAt' | 'addPlace'>
  readonly destinations: {
    isReached(place: Address): boolean
    dialPlace(place: Address): Promise<unknown>
    dialEntrance(entrance: Entrance, signal: AbortSignal): Promise<unknown>
  }
  /** Lets newcomers in through the entrances. */
  readonly serving: { start(): void }
  on(event: 'lost' | 'incomplete' | 'connected', listener: () => void): unknown
  on(event: 'disconnected', listener: (id: Id, reason: CloseReason) => void): unknown
  /** The network may be another now. */
  on(event: 'networkChanged', listener: () => void): unknown
  /** A place could not be dialled. */
  on(event: 'unreachable', listener: (address: Address, error: WebTorrentDHTError) => void): unknown
  /** A connected node has said where its HTTP server is. */
  on(event: 'server', listener: (server: HttpServerInfo, connection: PeerConnection) => void): unknown
}

export interface JoiningOptions extends Pick<StatusOptions, 'onChange' | 'onWarning'> {
  node: JoiningNode
  links: JoiningLinks
  /** The places that the user gave. */
  bootstrap: readonly Place[]
  /** The other ways in. */
  entrances: readonly Entrance[]
  /** HTTP servers from an earlier time. */
  known: readonly HttpServerInfo[]
  /** Called once a node is connected, or the first attempts have failed. */
  onTried(): void
  /** Called when the node is back after it was alone, or without half of its neighbours. */
  onBack(): void
}

export class Joining {
  readonly status: JoiningStatus
  readonly #node: JoiningNode
  readonly #links: JoiningLinks
  readonly #retried: RetriedPlaces
  readonly #entering: Entering
  readonly #refreshing: Refreshing
  readonly #bootstrap: readonly Address[]
  readonly #remembered: RememberedServers
  readonly #pauses = new AttemptPauses()
  readonly #outages: Outages
  /** Whether strangers may name this machine and private networks. */
  readonly #trustsNear: boolean
  readonly #onTried: () => void
  #beginning: Promise<void> | null
  #onBegun = () => {}
  #isTried = false
  /** Runs while the node waits for its next attempt. */
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(options: JoiningOptions) {
    const { node, links, bootstrap, entrances, known, onTried, onBack, onChange, onWarning } = options
    this.#node = node
    this.#links = links
    this.#onTried = onTried
    this.#beginning = new Promise(resolve => {
      this.#onBegun = () => {
        this.#beginning = null
        resolve()
      }
    })
    this.#bootstrap = node.bootstrap
    this.#refreshing = new Refreshing(node, links)
    this.#trustsNear = bootstrap.some(({ host }) => isNear(host))
    this.#remembered = new RememberedServers(links.addresses, known)
    this.#outages = new Outages({
      countConnected: () => links.table.size,
      onBack: () => {
        this.#refreshing.refresh()
        onBack()
      }
    })
    this.#retried = new RetriedPlaces({
      isReached: place => links.destinations.isReached(place),
      isAlone: () => links.table.isAlone,
      dialPlace: place => links.destinations.dialPlace(place),
      onReached: () => this.#refreshing.refresh()
    })
    this.#entering = new Entering({
      entrances,
      dial: (entrance, signal) => links.destinations.dialEntrance(entrance, signal),
      countConnected: () => links.table.size,
      smallBelow: node.options.lookupWidth,
      onFailed: ({ name }, error) => {
        if (links.table.isAlone && !this.#isClosed) this.status.failed(error, name)
      },
      onMet: () => this.#refreshing.refresh()
    })
    this.status = new JoiningStatus({
      isAlone: () => links.table.isAlone,
      hasPlaces: bootstrap.length + entrances.length + known.length > 0,
      onChange,
      onWarning: warning => {
        if (!this.#isClosed) onWarning(warning)
      }
    })
    links.on('server', (server, connection) => this.#remember(server, connection))
    links.on('unreachable', (address, error) => this.#failed(address, error))
    links.on('connected', () => this.#connected())
    links.on('disconnected', (_, reason) => this.#disconnected(reason))
    links.on('networkChanged', () => this.#networkChanged())
  }

  /** Settles when a node is connected, the first attempt has failed, or this node is closed; `null` from then on. */
  get beginning(): Promise<void> | null {
    return this.#beginning
  }

  /** HTTP servers that this node has met: places to join at. */
  get remembered(): HttpServerInfo[] {
    return this.#remembered.list
  }

  /** Joins, if there is a place to join at. */
  start(): void {
    const places = this.#allPlaces
    if (places.length === 0) this.#links.serving.start()
    if (places.length > 0 || this.#entering.canAsk) void this.#try(1, places)
    else this.#tried()
  }

  /** A node was met by an invitation: it is asked for others. */
  met(): void {
    this.#refreshing.refresh()
  }

  close(): void {
    this.#isClosed = true
    this.#onBegun()
    clearTimeout(this.#timer)
    this.#outages.close()
    this.#retried.close()
    this.#entering.close()
    this.#refreshing.close()
  }

  /** Remembered and bootstrap places. A place that is both is dialled once, like the server that served a page. */
  get #allPlaces(): Address[] {
    const bootstrapUrls = new Set(this.#bootstrap.flatMap(place => this.#urlsOf(place)))
    const isOther = (place: Address) => this.#urlsOf(place).every(url => !bootstrapUrls.has(url))
    return [...this.#remembered.places.filter(isOther), ...this.#bootstrap]
  }

  #urlsOf(place: Address): string[] {
    const known = this.#links.addresses.placeAt(place)
    return known ? urlsOf(known, true) : []
  }

  #addPlace(server: HttpServerInfo): Address | undefined {
    const place = parsePlace(server)
    return place && this.#links.addresses.addPlace(place)
  }

  /**
   * Searches for the nodes near this one: k-rpc asks all places in `bootstrap` at once, then the nodes that they name. The entrances are
   * asked beside it.
   */
  async #try(attempt: number, places: Address[]): Promise<void> {
    const { table, serving } = this.#links
    this.#node.bootstrap = places
    clearTimeout(this.#timer)
    this.#timer = undefined
    let hasSearched = false
    const search = this.#search().then(isAnswered => {
      hasSearched = isAnswered
      return isAnswered
    })
    await firstOf(table.isAlone ? [search, this.#entering.enter()] : [search])
    // A node that was met through an entrance is asked for others.
    if (!table.isAlone && !hasSearched) await this.#search()
    this.#onBegun()
    if (this.#isClosed) return
    serving.start()
    if (!table.isAlone || attempt >= FIRST_ATTEMPTS) this.#tried()
    if (table.isAlone) this.#outages.shutOut()
    if (table.isAlone) this.#tryLater(attempt + 1)
    else this.#joined()
  }

  #connected(): void {
    if (this.#isClosed) return
    this.status.update()
    this.#outages.met()
    this.#entering.letGo()
    this.#links.serving.start()
    this.#tried() // the search for others goes on
    if (this.#timer === undefined) return
    void this.#try(1, this.#node.bootstrap) // somebody has come while the node waited
  }

  #disconnected(reason: CloseReason): void {
    if (this.#isClosed) return
    this.status.update()
    this.#outages.lost(reason)
    if (!this.#links.table.isAlone) return
    this.#node.bootstrap = this.#allPlaces // an earlier search may begin there
    this.#pauses.begin()
    if (this.#canTry) this.#tryLater(1)
  }

  /** What failed in the old network may not in the new one. */
  #networkChanged(): void {
    if (this.#isClosed) return
    this.#retried.retryAll()
    this.#pauses.begin()
    // An attempt that is under way ends now, since its requests are let go of.
    if (this.#timer !== undefined) void this.#try(1, this.#allPlaces)
  }

  get #canTry(): boolean {
    return this.#node.bootstrap.length > 0 || this.#entering.canAsk
  }

  #tried(): void {
    this.#onBegun()
    if (this.#isTried) return
    this.#isTried = true
    this.status.tried()
    this.#onTried()
    // After 'ready', which upstream emits on the next tick: in bittorrent-dht no warning comes before.
    process.nextTick(() => this.status.tell())
  }

  #failed(address: Address, error: WebTorrentDHTError): void {
    if (this.#isClosed) return
    if (error.code === 'EFULL' || error.code === 'EREFUSED') this.#pauses.refused()
    const isGiven = this.#bootstrap.some(place => keyOf(place) === keyOf(address))
    const place = this.#links.addresses.placeAt(address)
    this.status.failed(error, isGiven && place ? nameOf(place) : null)
    if (isGiven && place && error instanceof FullError) this.#tryOthers(place, error.others)
  }

  /** Tries the servers that a full place has named; near ones only if it is one, too. Those that they name in turn are not tried. */
  #tryOthers({ host }: Place, others: readonly HttpServerInfo[]): void {
    if (!this.#links.table.isAlone) return
    for (const server of others.filter(other => mayBeNamed(other, isNear(host)))) {
      const address = this.#addPlace(server)
      if (address) this.#links.destinations.dialPlace(address).catch(() => {}) // 'unreachable' has told of it
    }
  }

  /** Empties `bootstrap`, since k-rpc would ask failed places again in each search. */
  #joined(): void {
    this.#node.bootstrap = []
    if (this.#isClosed) return
    for (const place of this.#bootstrap) {
      if (!this.#links.destinations.isReached(place)) this.#retried.add(place)
    }
    this.#refreshing.start()
    this.#entering.keepAsking()
  }

  #tryLater(attempt: number): void {
    if (this.#isClosed) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#try(attempt, this.#allPlaces), this.#pauses.next())
  }

  /** Searches for the nodes near this one. @returns whether anybody has replied */
  #search(): Promise<boolean> {
    const query = { q: 'find_node', a: { id: this.#node.id, target: this.#node.id } }
    return new Promise(resolve =>
      this.#node.populate(this.#node.id, query, (_, visited = 0) => resolve(visited > 0))
    )
  }

  /** Remembers an HTTP server, unless a stranger named a private place, so that we would send it requests. */
  #remember(server: HttpServerInfo, connection: PeerConnection): void {
    const isThere = server.host === parseHost(connection.peer.remoteAddress)
    if (!mayBeNamed(server, this.#trustsNear || isThere)) return
    const placeOf = this.#remembered.add(server)
    connection.once('close', reason => {
      if (this.#isClosed || !BROKEN.includes(reason)) return
      const place = placeOf()
      if (place) this.#retried.add(place, MAX_ATTEMPTS_AT_LOST)
    })
  }
}
