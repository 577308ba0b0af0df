/** What a room's name, and its secret, become: an info hash to meet under, and the name of its protocol for dials. */

import { invalid, isWellFormed } from '../arguments.js'
import { WebTorrentDHTError } from '../errors.js'

/** Bytes of UTF-8. */
const MAX_NAME_BYTES = 1024
const HASH_BYTES = 20
/** Bytes of the hash that are in the name of the protocol. */
const PROTOCOL_BYTES = 16

export interface RoomNames {
  /** Where members announce themselves: unguessable with a secret. */
  readonly infoHash: Buffer
  /** The name of the room's dials. */
  readonly protocol: string
  /** The secret that members share; `null`: everybody may come in. */
  readonly secret: string | null
}

/**
 * @param hash SHA-256
 * @throws WebTorrentDHTError `EINVAL`
 */
export function createRoomNames(name: unknown, secret: unknown, hash: (bytes: Buffer) => Buffer): RoomNames {
  const text = readRoomName('name', name)
  const shared = secret === undefined || secret === null ? null : readRoomName('options.secret', secret)
  const digest = hash(Buffer.from(['wdht room 1', text, ...(shared === null ? [] : [shared])].join('\0')))
  return {
    infoHash: digest.subarray(0, HASH_BYTES),
    protocol: `room ${digest.subarray(HASH_BYTES - PROTOCOL_BYTES, HASH_BYTES).toString('hex')}`,
    secret: shared
  }
}

/** @throws WebTorrentDHTError `EINVAL` */
export function readRoomName(name: string, value: unknown): string {
  if (typeof value === 'string' && value !== '' && isWellFormed(value) && !value.includes('\0')) {
    if (Buffer.byteLength(value) <= MAX_NAME_BYTES) return value
    throw new WebTorrentDHTError('EINVAL', `${name} has more than ${MAX_NAME_BYTES} bytes`)
  }
  throw invalid(name, typeof value === 'string' ? value.length : value, 'text, not empty, without U+0000')
}
