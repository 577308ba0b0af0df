/** A room that this node has joined, put together from its parts. */

import { toError, WebTorrentDHTError } from '../errors.js'
import { emitter } from '../events.js'
import { callListeners } from '../listeners.js'
import { type Channel, RoomChannel } from './channel.js'
import { Finder } from './finder.js'
import type { Identity } from './identity.js'
import type { Message } from './inbox.js'
import type { Member, Receivers } from './member.js'
import { Members } from './members.js'
import { Mesh } from './mesh.js'
import type { Admit, RoomDHT, RoomOptions } from './options.js'
import { readPresence } from './options.js'
import type { Sendable } from './outgoing.js'
import type { Room, RoomEvents } from './room.js'
import type { RoomNames } from './room-names.js'
import type { Sealing } from './sealing.js'
import { Sending } from './sending.js'
import { Talk } from './talk.js'

/** @internal What a room is made of. */
export interface RoomParts {
  dht: RoomDHT
  names: RoomNames
  identity: Identity
  sealing: Sealing | null
  options: RoomOptions
}

export class JoinedRoom extends emitter<RoomEvents>() implements Room {
  readonly name: string
  readonly #dht: RoomDHT
  readonly #members = new Members()
  readonly #mesh: Mesh
  readonly #finder: Finder
  readonly #talk: Talk
  readonly #sending: Sending
  readonly #channels = new Map<string, RoomChannel>()
  readonly #onDestroyed = (): void => void this.leave()
  /** Codes of refusals that the application was told of, each once. */
  readonly #refusals = new Set<string>()
  #left: Promise<void> | undefined

  /** @internal */
  constructor(name: string, { dht, names, identity, sealing, options }: RoomParts) {
    super()
    this.name = name
    this.#dht = dht
    const own = Buffer.from(dht.nodeId).toString('hex')
    const { max, admit } = options
    const hasRoom = () => max === undefined || this.#members.size + 1 < max
    this.#mesh = new Mesh({
      dht,
      own,
      infoHash: names.infoHash,
      protocol: names.protocol,
      sealing,
      hasRoom,
      onRefused: id => this.#refused(id, 'refused'),
      onLink: link => this.#talk.add(link),
      onClosed: link => this.#talk.closed(link)
    })
    this.#talk = new Talk({
      own,
      members: this.#members,
      identity,
      presence: options.presence,
      refusalOf: member => this.#refusalOf(member, hasRoom, admit),
      onMessage: (message, member) => this.#received(message, member),
      onStream: (stream, member) => this.emit('stream', stream, member),
      onRefused: (id, reason) => this.#refused(id, reason),
      onNamed: id => this.#mesh.found(id),
      links: () => this.#mesh.links
    })
    this.#sending = new Sending({ own, members: this.#members, mesh: this.#mesh, identity, talk: this.#talk })
    this.#finder = new Finder({
      dht,
      infoHash: names.infoHash,
      onFound: id => this.#mesh.found(id),
      onFailed: error => this.emit('warning', toError(error))
    })
    for (const event of ['join', 'leave', 'presence'] as const) {
      this.#members.on(event, member => this.#noteMember(event, member))
    }
    dht.on('close', this.#onDestroyed)
    this.#finder.start()
  }

  get members(): readonly Member[] {
    return this.#members.all
  }

  get presence(): unknown {
    return this.#talk.presence
  }

  set presence(value: unknown) {
    this.#talk.setPresence(readPresence('presence', value))
  }

  /** An exception of a listener is a `'warning'`. */
  override emit<Name extends keyof RoomEvents>(event: Name, ...args: RoomEvents[Name]): boolean {
    return callListeners(this, event, args)
  }

  send(data: Sendable, to?: Receivers | null): Promise<number> {
    return this.#sending.send(data, to, undefined)
  }

  channel<Data = unknown>(name: string): Channel<Data> {
    const channel =
      this.#channels.get(name) ?? new RoomChannel(name, (data, to) => this.#sending.send(data, to, name))
    this.#channels.set(name, channel)
    return channel as unknown as Channel<Data> // a promise of the application's
  }

  async ping(member: Member | string): Promise<number> {
    const [link] = await this.#sending.linksTo(member)
    return link ? link.ping() : Number.NaN
  }

  async addStream(stream: unknown, to?: Receivers | null): Promise<void> {
    for (const link of await this.#sending.linksTo(to)) link.addStream(stream)
  }

  async removeStream(stream: unknown, to?: Receivers | null): Promise<void> {
    for (const link of await this.#sending.linksTo(to)) link.removeStream(stream)
  }

  leave(): Promise<void> {
    this.#left ??= this.#leave()
    return this.#left
  }

  async #leave(): Promise<void> {
    this.#dht.off('close', this.#onDestroyed)
    this.#finder.close()
    this.#sending.close()
    this.#mesh.stop()
    if (!this.#dht.destroyed) await this.#talk.sayGoodbye()
    this.#talk.close()
    this.#mesh.close()
    this.#members.clear()
    this.emit('close')
  }

  #noteMember(event: 'join' | 'leave' | 'presence', member: Member): void {
    if (event === 'leave') this.#mesh.forget(member.id)
    if (event === 'join') this.#mesh.found(member.id)
    this.emit(event, member)
  }

  async #refusalOf(
    member: Member,
    hasRoom: () => boolean,
    admit: Admit | undefined
  ): Promise<'full' | 'refused' | null> {
    if (!hasRoom()) return 'full'
    try {
      return admit === undefined || (await admit(member)) === true ? null : 'refused'
    } catch (error) {
      this.emit('warning', toError(error))
      return 'refused'
    }
  }

  #received({ data, channel }: Message, member: Member): void {
    if (channel !== undefined) this.#channels.get(channel)?.emit('message', data, member)
    this.emit('message', data, member, channel)
  }

  #refused(id: string, reason: string): void {
    this.#mesh.refused(id)
    const code = reason === 'full' ? 'EFULL' : 'EREFUSED'
    if (this.#refusals.has(code)) return
    this.#refusals.add(code)
    const text =
      reason === 'full' ? 'the room is full' : 'a member does not let this node in; is the room full?'
    this.emit('warning', new WebTorrentDHTError(code, text))
  }
}
