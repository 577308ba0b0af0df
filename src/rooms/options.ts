/** The options of `join`, and what they must be. */

import { invalid, optional, readFunction, readInteger, readOptions } from '../arguments.js'
import { WebTorrentDHTError } from '../errors.js'
import type { WebTorrentDHT } from '../faces/webtorrent-dht.js'
import type { Member } from './member.js'
import { isPresence, MAX_PRESENCE_BYTES } from './packets.js'

/** The part of a node that a room needs. */
export type RoomDHT = Pick<
  WebTorrentDHT,
  'nodeId' | 'destroyed' | 'announce' | 'watch' | 'dial' | 'handle' | 'socket' | 'on' | 'off'
>

/** Whether somebody may come in. */
export type Admit<Presence = unknown> = (member: Member<Presence>) => boolean | Promise<boolean>

export interface RoomOptions<Presence = unknown> {
  /**
   * Text that members share. Then nobody else can find the room or come in, nor see the addresses in the offers of its members. On a page
   * over plain HTTP, other than of localhost, there is no WebCrypto for it.
   */
  secret?: string | null | undefined
  /** What the others see of this member: what JSON has, 1024 bytes at most. `room.presence` changes it. */
  presence?: Presence
  /** Members at most, this one included. Each member refuses those who are too many. Default: no limit. */
  max?: number | undefined
  /** Asked before a member is let in. Each member decides for itself. Default: everybody may come in. */
  admit?: Admit<Presence> | undefined
}

/** @internal @throws WebTorrentDHTError `EINVAL` */
export function readRoomOptions(given: RoomOptions | null | undefined): RoomOptions {
  const options: RoomOptions = readOptions(given ?? {}, ['secret', 'presence', 'max', 'admit'])
  optional((name, value) => readInteger(name, value, 2, 10_000), 'options.max', options.max)
  optional(readFunction, 'options.admit', options.admit)
  readPresence('options.presence', options.presence)
  return { ...options }
}

/** @internal @throws WebTorrentDHTError `EINVAL` */
export function readPresence(name: string, value: unknown): unknown {
  try {
    if (isPresence(value))
      return value === undefined ? undefined : JSON.parse(JSON.stringify(value) ?? 'null')
  } catch (cause) {
    throw new WebTorrentDHTError('EINVAL', `${name} cannot be written as JSON`, { cause })
  }
  throw invalid(name, value, `${MAX_PRESENCE_BYTES} bytes of JSON at most`)
}
