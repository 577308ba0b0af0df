/** How large a stored value and its salt may be (BEP 44), and what of it is signed. */

import { isBytes } from '../is-bytes.js'
import { type Bencoded, encode } from './bencode.js'

/** Of a bencoded value. */
export const MAX_VALUE_BYTES = 1000
/** Of a byte string, without its length in front: bittorrent-dht counts so, and puts up to 999 bytes. */
export const MAX_BYTE_STRING_BYTES = 999
export const MAX_SALT_BYTES = 64
/** Lists and dictionaries in each other: a message of 32 levels has room for so many. */
export const MAX_VALUE_DEPTH = 30

export function isTooLong(value: Bencoded): boolean {
  if (isBytes(value)) return value.length > MAX_BYTE_STRING_BYTES
  return encode(value).length > MAX_VALUE_BYTES
}

/** The signed bytes of a mutable value: its bencoded `salt`, `seq` and `v`, without the dictionary around them. */
export function signedBytes({ salt, seq = 0, v }: { salt?: Uint8Array; seq?: number; v: Bencoded }): Buffer {
  return encode({ ...(salt && { salt }), seq, v }).subarray(1, -1)
}
