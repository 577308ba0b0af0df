/** What members tell each other about the room, and the messages that come; the packets of each connection in their order. */

import type { Identity } from './identity.js'
import { Inbox, type Message } from './inbox.js'
import type { Link } from './link.js'
import type { Member } from './member.js'
import { HERE_INTERVAL, type Members } from './members.js'
import { type Header, MAX_NAMED, type Packet, type PartHeader } from './packets.js'
import type { Window } from './streams.js'

/** Milliseconds after a new connection in which others may come: one `here` for all. */
const HERE_AFTER = 200
/** Milliseconds for which a member whose connection has closed may be connected in another way. */
const GRACE = 300
/** Packets of a connection that wait to be checked. */
const MAX_WAITING = 2000

export interface TalkOptions {
  own: string
  members: Members
  identity: Identity
  presence: unknown
  /** Why somebody is not let in; `null`: he is. */
  refusalOf(member: Member): Promise<'full' | 'refused' | null>
  onMessage(message: Message, member: Member): void
  onStream(stream: unknown, member: Member): void
  /** A member does not let this node in. */
  onRefused(id: string, reason: string): void
  /** A member has named another. */
  onNamed(id: string): void
  links(): readonly Link[]
}

export class Talk {
  readonly #options: TalkOptions
  readonly #inboxes = new Map<string, Inbox>()
  /** Links whose `hello` was taken. */
  readonly #admitted = new Set<Link>()
  /** Members that are connected, or were a moment ago. */
  readonly #direct = new Set<string>()
  /** By link: the work on its packets, and how many wait for it. */
  readonly #turns = new Map<Link, { last: Promise<void>; waiting: number }>()
  /** Streams that are being sent: by receiver and number. */
  readonly #windows = new Map<string, Window>()
  readonly #timer: ReturnType<typeof setInterval>
  #presence: unknown
  #at = Date.now()
  #hereTimer: ReturnType<typeof setTimeout> | undefined
  /** It has begun to say goodbye. */
  #isLeaving = false
  #isClosed = false

  constructor(options: TalkOptions) {
    this.#options = options
    this.#presence = options.presence
    this.#timer = setInterval(() => {
      options.members.expire(id => this.#isConnected(id))
      void this.#sayHere()
    }, HERE_INTERVAL)
  }

  get presence(): unknown {
    return this.#presence
  }

  setPresence(presence: unknown): void {
    this.#presence = presence
    for (const link of this.#options.links()) this.#sayHello(link)
    void this.#sayHere()
  }

  /** A connection has opened. */
  add(link: Link): void {
    if (this.#isLeaving) return link.close()
    this.#turns.set(link, { last: Promise.resolve(), waiting: 0 })
    link.on('packet', packet => this.#queue(link, packet))
    link.on('stream', stream => {
      const member = this.#options.members.get(link.id)
      if (member && this.#admitted.has(link)) this.#options.onStream(stream, member)
    })
    this.#sayHello(link)
  }

  closed(link: Link): void {
    this.#turns.delete(link)
    this.#admitted.delete(link)
    if (this.#isClosed || !this.#direct.has(link.id)) return
    setTimeout(() => void this.#lost(link.id), GRACE)
  }

  window(id: string, n: number, window: Window | null): void {
    if (window) this.#windows.set(`${id} ${n}`, window)
    else this.#windows.delete(`${id} ${n}`)
  }

  async sayGoodbye(): Promise<void> {
    this.#isLeaving = true
    const signed = await this.#options.identity.sign({ t: 'bye', from: this.#options.own, at: ++this.#at })
    const links = this.#options.links()
    for (const link of links) {
      if (signed) link.sendBytes(signed)
      link.send({ t: 'bye', at: this.#at })
    }
    // The connection is closed once they are on the way.
    if (links.length > 0) await new Promise(resolve => setTimeout(resolve, 50))
  }

  close(): void {
    this.#isLeaving = true
    this.#isClosed = true
    clearInterval(this.#timer)
    clearTimeout(this.#hereTimer)
    for (const inbox of this.#inboxes.values()) inbox.close()
    for (const window of this.#windows.values()) window.close()
  }

  #sayHello(link: Link): void {
    const members = this.#options.members.all.map(({ id }) => id).filter(id => id !== link.id)
    link.send({ t: 'hello', at: this.#at, presence: this.#presence, members: members.slice(-MAX_NAMED) })
  }

  async #sayHere(): Promise<void> {
    if (this.#isLeaving || this.#options.links().length === 0) return
    const here = { t: 'here', from: this.#options.own, at: ++this.#at, presence: this.#presence } as const
    const signed = await this.#options.identity.sign(here)
    if (signed && !this.#isLeaving) this.#pass(signed, null) // what came after its farewell would bring it back
  }

  /** Sees to it that what is passed on comes after a `here`: nobody takes the messages of strangers. */
  async introduce(): Promise<void> {
    if (this.#hereTimer === undefined) return
    clearTimeout(this.#hereTimer)
    this.#hereTimer = undefined
    await this.#sayHere()
  }

  #sayHereSoon(): void {
    this.#hereTimer ??= setTimeout(() => {
      this.#hereTimer = undefined
      void this.#sayHere()
    }, HERE_AFTER)
  }

  /** Handles the packets of a link one after the other: some are checked first. */
  #queue(link: Link, packet: Packet): void {
    const turn = this.#turns.get(link)
    if (!turn || turn.waiting >= MAX_WAITING) return
    turn.waiting++
    turn.last = turn.last
      .then(() => (this.#isClosed ? undefined : this.#handle(link, packet)))
      .catch(() => {})
      .finally(() => {
        turn.waiting--
      })
  }

  async #handle(link: Link, packet: Packet): Promise<void> {
    const { header } = packet
    if (header.t === 'hello') return this.#greeted(link, header)
    if (header.t === 'bye' && header.from === undefined) return this.#farewell(link, header)
    if (!this.#admitted.has(link)) return
    if (header.t === 'more') this.#windows.get(`${link.id} ${header.n}`)?.taken(header.i)
    else if (header.t === 'here') await this.#heardHere(link, header, packet)
    else if (header.t === 'bye') await this.#heardBye(link, header, packet)
    else if (header.t === 'gone') await this.#heardGone(link, header, packet)
    else if (header.t === 'part') await this.#heardPart(link, header, packet)
  }

  async #greeted(link: Link, { at, presence, members }: Extract<Header, { t: 'hello' }>): Promise<void> {
    const { refusalOf, onNamed, members: known } = this.#options
    const isKnown = known.get(link.id) !== undefined
    if (!isKnown && at < known.atOf(link.id)) return // from before its farewell, which came over another connection
    const member = Object.freeze({ id: link.id, presence, isProven: link.isProven })
    const reason = isKnown ? null : await refusalOf(member)
    if (reason) {
      link.send({ t: 'bye', reason })
      setTimeout(() => link.close(), GRACE)
      return
    }
    if (!link.isOpen) return
    const isFirst = !this.#admitted.has(link)
    this.#admitted.add(link)
    this.#direct.add(link.id)
    known.connected(link.id, presence, link.isProven)
    for (const id of members) onNamed(id)
    if (!isFirst) return
    for (const { id, packet } of known.heres) if (id !== link.id) link.sendBytes(packet.bytes)
    this.#sayHereSoon()
  }

  #farewell(link: Link, { reason, at }: Extract<Header, { t: 'bye' }>): void {
    if (reason !== undefined) this.#options.onRefused(link.id, reason)
    this.#admitted.delete(link)
    this.#forget(link.id, at)
    link.close()
  }

  async #heardHere(link: Link, header: Extract<Header, { t: 'here' }>, packet: Packet): Promise<void> {
    const { own, members, identity, refusalOf, onNamed } = this.#options
    const { from, at, presence } = header
    if (from === own || at <= members.atOf(from) || !(await identity.isBy(from, packet))) return
    if (at <= members.atOf(from)) return // it has come by another way meanwhile
    const isKnown = members.get(from) !== undefined
    if (!isKnown && (await refusalOf(Object.freeze({ id: from, presence, isProven: true })))) return
    members.heard(header, packet)
    onNamed(from)
    this.#pass(packet.bytes, link)
  }

  async #heardBye(link: Link, header: Extract<Header, { t: 'bye' }>, packet: Packet): Promise<void> {
    const { from = '', at = 0 } = header
    const { members, identity } = this.#options
    if (at <= members.atOf(from) || !(await identity.isBy(from, packet))) return
    this.#pass(packet.bytes, link)
    this.#forget(from, at)
  }

  /** A member says that another is gone: not where this one is connected to it, or has heard it since. */
  async #heardGone(link: Link, header: Extract<Header, { t: 'gone' }>, packet: Packet): Promise<void> {
    const { own, members, identity } = this.#options
    const { from, who, at } = header
    if (!members.get(from) || !(await identity.isBy(from, packet))) return
    if (who === own) {
      this.#at = Math.max(this.#at, at)
      return this.#sayHere()
    }
    if (!members.get(who) || this.#isConnected(who) || at < members.atOf(who)) return
    this.#pass(packet.bytes, link)
    this.#forget(who)
  }

  async #heardPart(link: Link, header: PartHeader, packet: Packet): Promise<void> {
    const { own, members, identity } = this.#options
    const { from = link.id } = header
    const isSigned = packet.signed !== null
    // Of others nothing is kept, or passed on: anybody can make keys.
    const member = members.get(from)
    if (from === own || !member || (!isSigned && from !== link.id)) return
    const inbox = this.#inboxOf(from)
    if (inbox.has(header) || (isSigned && !(await identity.isBy(from, packet)))) return
    if (isSigned && !inbox.has(header)) this.#pass(packet.bytes, link)
    const message = inbox.take(header, packet.body)
    if (message) this.#options.onMessage(message, member)
  }

  #inboxOf(from: string): Inbox {
    const known = this.#inboxes.get(from)
    if (known) return known
    const inbox = new Inbox((n, i) => {
      for (const link of this.#options.links()) if (link.id === from) link.send({ t: 'more', n, i })
    })
    this.#inboxes.set(from, inbox)
    return inbox
  }

  /** Sends a signed packet to all but the one that it came from. */
  #pass(bytes: Buffer, except: Link | null): void {
    const links = this.#options.links().filter(link => link !== except && this.#admitted.has(link))
    for (const link of links) link.sendBytes(bytes)
  }

  async #lost(id: string): Promise<void> {
    const { own, members, identity } = this.#options
    if (this.#isClosed || this.#isConnected(id)) return
    this.#direct.delete(id)
    if (!members.get(id)) return
    const gone = { t: 'gone', from: own, who: id, at: Math.max(0, members.atOf(id)) } as const
    this.#forget(id)
    const signed = await identity.sign(gone)
    if (signed) this.#pass(signed, null)
  }

  #forget(id: string, at?: number): void {
    this.#inboxes.get(id)?.close()
    this.#inboxes.delete(id)
    this.#direct.delete(id)
    this.#closeWindows(id)
    this.#options.members.remove(id, at)
  }

  #closeWindows(id: string): void {
    for (const [name, window] of this.#windows) if (name.startsWith(id)) window.close()
  }

  #isConnected(id: string): boolean {
    return this.#direct.has(id) && this.#options.links().some(link => link.id === id && link.isOpen)
  }
}
