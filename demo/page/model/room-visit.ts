/** The room that this tab is in: its members, and what they say. */

import { type ReadonlySignal, signal } from '@preact/signals'
import type { WebTorrentDHT } from 'webtorrent-dht'
import { join, type Member, type Room } from 'webtorrent-dht/rooms'
import { count, shortId, visible } from '../text.js'
import { explain, UserError } from './result.js'
import { readItem, writeItem } from './storage.js'

/** Rooms of this page, among all rooms of the network. */
const PREFIX = 'webtorrent-dht demo: '
const MAX_NAME = 100
const MAX_NICK = 30
/** More of what a stranger says is not shown. */
const MAX_TEXT = 2000
const MAX_LINES = 200
const NICK_STORAGE_KEY = 'webtorrent-dht-nick'

/** Something that was said, or that has happened. */
export interface RoomLine {
  /** `null`: it has happened. */
  who: string | null
  isOwn: boolean
  text: string
}

export class RoomVisit {
  readonly #dht: WebTorrentDHT
  readonly #name = signal('')
  readonly #members = signal<readonly Member[]>([])
  readonly #lines = signal<readonly RoomLine[]>([])
  #room: Room | null = null
  #nick = ''

  constructor(dht: WebTorrentDHT) {
    this.#dht = dht
  }

  /** Of the room; empty while this tab is in none. */
  get name(): ReadonlySignal<string> {
    return this.#name
  }

  /** The others in it. */
  get members(): ReadonlySignal<readonly Member[]> {
    return this.#members
  }

  /** The oldest first. */
  get lines(): ReadonlySignal<readonly RoomLine[]> {
    return this.#lines
  }

  /** Goes into a room, and out of the one before. @throws UserError */
  open(typedName: string, typedNick: string): void {
    const name = typedName.trim()
    if (name === '') throw new UserError('Type a name for the room: any words.')
    if (name.length > MAX_NAME) throw new UserError(`A name has at most ${MAX_NAME} characters.`)
    const nick = typedNick.trim().slice(0, MAX_NICK)
    this.leave()
    const room = join(this.#dht, PREFIX + name, { presence: { nick } })
    this.#room = room
    this.#nick = nick
    writeItem(NICK_STORAGE_KEY, nick)
    this.#name.value = name
    this.#lines.value = []
    const note = (text: string) => this.#add({ who: null, isOwn: false, text })
    const follow = () => {
      if (this.#room === room) this.#members.value = [...room.members]
    }
    for (const event of ['join', 'leave', 'presence'] as const) room.on(event, follow)
    room.on('join', member => note(`${nickOf(member)} is here.`))
    room.on('leave', member => note(`${nickOf(member)} has left.`))
    room.on('warning', error => note(explain(error)))
    room.on('message', (data, member) => {
      if (typeof data === 'string') this.#add({ who: nickOf(member), isOwn: false, text: shown(data) })
    })
  }

  /** Says something to all who are there. @throws UserError */
  async say(typed: string): Promise<void> {
    const text = typed.trim()
    const room = this.#room
    if (!room || text === '') throw new UserError('Type something to say.')
    if (text.length > MAX_TEXT) throw new UserError(`A message has at most ${MAX_TEXT} characters.`)
    if (room.members.length === 0) throw new UserError('Nobody else is here yet. Give somebody the link.')
    await room.send(text)
    if (this.#room === room) this.#add({ who: this.#nick || 'You', isOwn: true, text })
  }

  leave(): void {
    void this.#room?.leave()
    this.#room = null
    this.#name.value = ''
    this.#members.value = []
    this.#lines.value = []
  }

  #add(line: RoomLine): void {
    this.#lines.value = [...this.#lines.value, line].slice(-MAX_LINES)
  }
}

/** What this browser's user was called last. */
export function lastNick(): string {
  return (readItem(NICK_STORAGE_KEY) ?? '').slice(0, MAX_NICK)
}

/** What a member calls itself, and where it says nothing the first digits of its id. */
export function nickOf({ id, presence }: Member): string {
  const { nick } = Object(presence) as { nick?: unknown }
  const name = typeof nick === 'string' ? visible(nick).trim().slice(0, MAX_NICK) : ''
  return name || shortId(id)
}

export function describeMembers(members: readonly Member[]): string {
  if (members.length === 0) return 'Nobody else is here yet. Give somebody the link.'
  return `${count(members.length, 'other')} here: ${members.map(nickOf).join(', ')}`
}

function shown(text: string): string {
  return visible(text.slice(0, MAX_TEXT))
}
