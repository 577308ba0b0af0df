/**
 * The connections of a member to others. In a small room each member is connected to all; in a larger one to its neighbours on the
 * ring of all ids, which hold the room together, and to some others, which make the ways short.
 */

import { BackOff } from '../connections/back-off.js'
import { WebTorrentDHTError } from '../errors.js'
import type { WebTorrentDHT } from '../faces/webtorrent-dht.js'
import { KRPC_ERROR } from '../krpc/errors.js'
import type { SimplePeer } from '../simple-peer.js'
import { Link } from './link.js'
import type { Sealing } from './sealing.js'

const SECONDS = 1000
/** Others in a room that every member is connected to. */
export const FULL_MESH = 16
/** In a larger room: neighbours on each side, and others. */
const RING = 2
const SHORTCUTS = 4
/** Connections to members, those that others wanted included. */
const MAX_LINKS = 32
/** Nodes that may be members. */
const MAX_KNOWN = 1024
/** Milliseconds that the node with the greater id waits to be dialled: both know each other. */
const PATIENCE = 0.7 * SECONDS
/** Milliseconds between two looks at whom to dial. */
const INTERVAL = 2 * SECONDS
/** Dials at once. */
const MAX_DIALS = 8
/** Failures in a row after which a node that was announced is not tried again until it is found again. */
const MAX_FAILURES = 6

export type MeshDHT = Pick<WebTorrentDHT, 'nodeId' | 'destroyed' | 'dial' | 'handle' | 'socket'>

export interface MeshOptions {
  dht: MeshDHT
  own: string
  infoHash: Buffer
  protocol: string
  sealing: Sealing | null
  /** Whether another member may be connected now. */
  hasRoom(): boolean
  /** A member does not take a dial: the room is full, for example. */
  onRefused(id: string): void
  onLink(link: Link): void
  onClosed(link: Link): void
}

interface Known {
  /** When it may be dialled first. */
  dueAt: number
  isDialled: boolean
}

export class Mesh {
  readonly #options: MeshOptions
  readonly #links = new Map<string, Link>()
  /** By member: a link whose place another has taken. */
  readonly #retired = new Map<string, Link>()
  readonly #known = new Map<string, Known>()
  readonly #backOff = new BackOff({ firstPause: 2 * SECONDS, longestPause: 60 * SECONDS, max: MAX_KNOWN })
  readonly #end = new AbortController()
  readonly #shortcuts = new Set<string>()
  readonly #stopHandling: () => void
  readonly #timer: ReturnType<typeof setInterval>
  #dials = 0
  #isPlanned = false

  /** @throws WebTorrentDHTError `EINVAL` if the room was joined already; `ECLOSED` */
  constructor(options: MeshOptions) {
    this.#options = options
    const { dht, protocol } = options
    this.#stopHandling = dht.handle(
      protocol,
      ({ id, isProven, accept }) => {
        const other = Buffer.from(id).toString('hex')
        if (!this.#hasRoomFor(other)) return // without `accept` it is refused
        this.#note(other, 0)
        this.#accepted(accept(), other, isProven)
      },
      this.#sealed
    )
    this.#timer = setInterval(() => this.#plan(), INTERVAL)
  }

  get links(): readonly Link[] {
    return [...this.#links.values()]
  }

  linkTo(id: string): Link | undefined {
    const link = this.#links.get(id)
    return link?.isOpen ? link : undefined
  }

  /** A node may be a member. */
  found(id: string): void {
    if (id === this.#options.own) return
    if (this.#known.has(id)) return
    this.#note(id, this.#options.own < id ? 0 : PATIENCE)
    this.#planSoon()
  }

  /** A node is no member any more. */
  forget(id: string): void {
    this.#known.delete(id)
    this.#shortcuts.delete(id)
  }

  /** A node does not let this one in: it is tried again later. */
  refused(id: string): void {
    this.#backOff.failed(id)
  }

  /** The link to a member, made now if there is none. @throws WebTorrentDHTError as `dial` of the DHT */
  async connect(id: string): Promise<Link> {
    const link = this.linkTo(id) ?? (await this.#dial(id))
    if (link) return link
    throw new WebTorrentDHTError('ECONNFAILED', 'the connection to the member was closed')
  }

  /** Makes and takes no more connections, so that the node can join again at once. Those that are there stay. */
  stop(): void {
    this.#end.abort(new WebTorrentDHTError('ECLOSED', 'the room was left'))
    clearInterval(this.#timer)
    this.#stopHandling()
  }

  /** Closes the connections that have stayed. */
  close(): void {
    for (const link of [...this.links, ...this.#retired.values()]) link.close()
    this.#links.clear()
    this.#retired.clear()
  }

  #note(id: string, delay: number): void {
    const known = this.#known.get(id)
    if (known || this.#known.size >= MAX_KNOWN) return
    this.#known.set(id, { dueAt: performance.now() + delay, isDialled: false })
    if (delay > 0) setTimeout(() => this.#plan(), delay + 1)
  }

  #hasRoomFor(id: string): boolean {
    return this.#links.has(id) || (this.#links.size < MAX_LINKS && this.#options.hasRoom())
  }

  #planSoon(): void {
    if (this.#isPlanned) return
    this.#isPlanned = true
    queueMicrotask(() => {
      this.#isPlanned = false
      this.#plan()
    })
  }

  #plan(): void {
    const now = performance.now()
    for (const id of this.#wanted()) {
      if (this.#end.signal.aborted || this.#dials >= MAX_DIALS) return
      const known = this.#known.get(id)
      const isDue = known && !known.isDialled && known.dueAt <= now && this.#backOff.isOver(id)
      if (isDue && !this.#links.has(id)) void this.#dial(id).catch(() => {})
    }
  }

  /** The nodes that this one should be connected to. */
  #wanted(): string[] {
    const others = [...this.#known.keys()].sort()
    if (others.length <= FULL_MESH) return others
    const at = others.findIndex(id => id > this.#options.own)
    const start = at < 0 ? 0 : at
    const ring = Array.from({ length: 2 * RING }, (_, i) => {
      const offset = i < RING ? i : i - 2 * RING
      return others[(start + offset + others.length) % others.length] as string
    })
    for (const id of this.#shortcuts)
      if (!this.#known.has(id) || !this.#backOff.isOver(id)) this.#shortcuts.delete(id)
    while (this.#shortcuts.size < SHORTCUTS) {
      this.#shortcuts.add(others[Math.floor(Math.random() * others.length)] as string)
    }
    return [...new Set([...ring, ...this.#shortcuts])]
  }

  async #dial(id: string): Promise<Link | undefined> {
    const { dht, protocol } = this.#options
    const known = this.#known.get(id)
    if (known) known.isDialled = true
    this.#dials++
    try {
      const peer = await dht.dial(id, protocol, { signal: this.#end.signal, ...this.#sealed })
      this.#backOff.succeeded(id)
      return this.#add(peer, id, true, true)
    } catch (error) {
      if (this.#end.signal.aborted) throw error
      if (isRefused(error)) this.#options.onRefused(id)
      const failures = this.#backOff.failed(id)
      // The class of the error may be another: pages have this module apart.
      if (failures >= MAX_FAILURES || (error as { code?: unknown }).code === 'ENOTPROVEN') this.forget(id)
      throw error
    } finally {
      this.#dials--
      if (known) known.isDialled = false
    }
  }

  get #sealed(): { sealer?: Sealing } {
    const { sealing } = this.#options
    return sealing ? { sealer: sealing } : {}
  }

  #accepted(peer: SimplePeer, id: string, isProven: boolean): void {
    const add = () => void this.#add(peer, id, isProven, false)
    if (peer.connected) add()
    else peer.once('connect', add)
  }

  /** Of two links to one member both ends keep the one that the smaller id has dialled. */
  #add(peer: SimplePeer, id: string, isProven: boolean, isDialled: boolean): Link | undefined {
    const { own, infoHash, onLink, onClosed } = this.#options
    const older = this.linkTo(id)
    if (older && older.isDialled !== isDialled && isDialled !== own < id) {
      peer.destroy()
      return older
    }
    if (this.#end.signal.aborted) {
      peer.destroy()
      return undefined
    }
    const link = new Link(peer, { id, isProven, isDialled, infoHash })
    this.#links.set(id, link)
    this.#note(id, 0)
    link.once('close', () => {
      for (const links of [this.#links, this.#retired]) if (links.get(id) === link) links.delete(id)
      onClosed(link)
      this.#planSoon()
    })
    link.opened()
    onLink(link)
    if (older) this.#retire(older)
    return link
  }

  /** The other end may have sent something over it already. One for each member: strangers must not make many. */
  #retire(link: Link): void {
    this.#retired.get(link.id)?.close()
    this.#retired.set(link.id, link)
    link.retire()
  }
}

/** Whether a member has refused a dial; a node that is in the room no more does not handle it at all. */
function isRefused(error: unknown): boolean {
  const { code, cause } = error as { code?: unknown; cause?: unknown }
  return code === 'EREFUSED' && Array.isArray(cause) && cause[0] === KRPC_ERROR.REFUSED
}
