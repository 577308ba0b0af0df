/** The fields that several methods share, for ids of a given length. */

import { anyValue, byteString, type Field, integer, list } from '../wire/check.js'
import { MAX_HOPS } from '../wire/frame.js'
import { parseSignal, parseSignalReply } from '../wire/signal.js'

/** Offers in a query, answers in a reply. The asker sends `max(2, log2 k)`. */
export const MAX_SIGNALS = 16
/** Nodes in a reply; a node of this package sends 8, bittorrent-dht's its whole table. */
const MAX_NODES = 64
/** Ids in a `neighbours` query. */
export const MAX_NEIGHBOURS = 128
/** Peers in a reply. */
export const MAX_VALUES = 64
const MAX_TOKEN_BYTES = 64
/** BEP 44 allows values of 1,000 bytes and salts of 64. Slightly longer ones get errors 205 and 207. */
const MAX_TOO_LONG_BYTES = 2048
const ADDRESS_BYTES = 6

export function createFields(idLength: number) {
  const id = byteString(idLength)
  const seq = integer(0, Number.MAX_SAFE_INTEGER)
  return {
    id,
    token: byteString(1, MAX_TOKEN_BYTES),
    seq,
    value: anyValue(MAX_TOO_LONG_BYTES),
    publicKey: byteString(32),
    signature: byteString(64),
    salt: byteString(0, MAX_TOO_LONG_BYTES),
    offer: (value => parseSignal(value, 'offer', idLength)) satisfies Field<unknown>,
    answer: (value => parseSignalReply(value, idLength)) satisfies Field<unknown>,
    offers: list(MAX_SIGNALS, value => parseSignal(value, 'offer', idLength)),
    /** 1: pass the query on towards its target. */
    recursive: integer(0, 1),
    /** The fields of a reply that names nodes. */
    leads: {
      nodes: whole(idLength + ADDRESS_BYTES, MAX_NODES),
      signals: list(MAX_SIGNALS, value => (value === 0 ? 0 : parseSignalReply(value, idLength))),
      routes: byteString(1, MAX_NODES / 8),
      next: whole(idLength, MAX_NODES)
    },
    values: list(MAX_VALUES, byteString(ADDRESS_BYTES, idLength + ADDRESS_BYTES)),
    paths: list(MAX_VALUES, value => (value === 0 ? 0 : whole(idLength, MAX_HOPS - 1)(value))),
    /** At most `max` ids, one after the other. */
    ids: (max: number) => whole(idLength, max)
  }
}

/** Entries of the same size, one after the other. */
function whole(size: number, max: number): Field<Buffer> {
  const bytes = byteString(0, max * size)
  return value => {
    const entries = bytes(value)
    return entries && entries.length % size === 0 ? entries : undefined
  }
}
