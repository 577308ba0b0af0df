/**
 * KRPC messages from strangers (BEP 5, BEP 44 and bep.md), checked whole before any other code sees them: the handlers
 * upstream throw on fields of the wrong type or length.
 */

import type { Method } from '../counters.js'
import { type Bencoded, decode, encode } from './bencode.js'
import {
  byteString,
  type Dictionary,
  dictionary,
  type Field,
  integer,
  list,
  readFields,
  type Shape,
  text
} from './check.js'
import { type Frame, MAX_HOPS, parseFrame } from './frame.js'
import { parseSignal, parseSignalReply } from './signal.js'

/** Larger than any message of the protocol: a reply with 16 answers of 2 kB. */
export const MAX_MESSAGE_BYTES = 65536
/** Offers in a query, answers in a reply. The asker sends `max(2, log2 k)`. */
export const MAX_SIGNALS = 16
/** Nodes in a reply; a node of this package sends 8, bittorrent-dht's its whole table. */
const MAX_NODES = 64
/** Ids in a `neighbours` query. */
export const MAX_NEIGHBOURS = 128
/** Peers in a reply. */
export const MAX_VALUES = 64
const MAX_TOKEN_BYTES = 64
/** The name of an application's protocol. */
export const MAX_PROTOCOL_BYTES = 64
/** What names a dial that is made again: the `ice-ufrag` of its offer (RFC 8839, section 5.4). */
const MAX_UFRAG_BYTES = 256
/** BEP 44 allows values below 1,000 bytes. What is a little longer gets upstream's error 205. */
const MAX_VALUE_BYTES = 2048
const MAX_TRANSACTION_BYTES = 16
const MAX_PORT = 65535

/** KRPC error codes (BEP 5). */
export const KRPC_ERROR = {
  /** A connection could not be made or an offer not be passed on. */
  GENERIC: 201,
  /** A query that is malformed. */
  PROTOCOL: 203,
  METHOD_UNKNOWN: 204,
  /** The signature of a mutable value is wrong (BEP 44). */
  INVALID_SIGNATURE: 206,
  /** The application does not take the dial. */
  REFUSED: 403,
  /** A frame's next node is not connected to this one, or does not take frames. */
  NO_ROUTE: 404,
  /** The node needs the connection that it was asked to let go of. */
  NEEDED: 409,
  /** No handler of the application is there for the protocol of a dial. */
  NO_PROTOCOL: 501,
  /** The asker has asked too much of late. The meaning is that of the HTTP status. */
  TOO_MANY: 429,
  /** The node has no room for another connection: ask another one. The meaning is that of the HTTP status. */
  FULL: 503
} as const

/** A message that arrived, and was found to be what it says it is. */
export type Inbound =
  | { kind: 'query'; transaction: Buffer; method: Method; id: Buffer; args: Record<string, unknown> }
  | { kind: 'reply'; transaction: Buffer; id: Buffer; values: Record<string, unknown> }
  | { kind: 'error'; transaction: Buffer; code: number; text: string }
  /** A message to be passed on, or to be unpacked here. */
  | { kind: 'frame'; frame: Frame }
  /** Not a message; where it is a query that can be answered, `transaction` says which. */
  | { kind: 'malformed'; reason: string; code: number; transaction?: Buffer }

/**
 * Writes a message anew, with what was read of it and nothing else. `k-rpc-socket` decodes a message again, with another
 * version of bencode: it must not find fields there that were not checked, or that are spelled differently here (a key
 * behind a byte order mark, which a text decoder strips).
 */
export function encodeInbound(message: Exclude<Inbound, { kind: 'malformed' | 'frame' }>): Buffer {
  const { transaction: t } = message
  if (message.kind === 'query') return encode({ t, y: 'q', q: message.method, a: message.args })
  if (message.kind === 'reply') return encode({ t, y: 'r', r: message.values })
  return encode({ t, y: 'e', e: [message.code, message.text] })
}

const PEER_BYTES = 6

/** The checks that depend on the length of ids, made once for each length. */
function describeMessages(idLength: number) {
  const id = byteString(idLength)
  const token = byteString(1, MAX_TOKEN_BYTES)
  const seq = integer(0, Number.MAX_SAFE_INTEGER)
  const offers = list(MAX_SIGNALS, value => parseSignal(value, 'offer', idLength))
  const recursive = integer(0, 1)
  const mutable = { k: byteString(32), sig: byteString(64), seq, salt: byteString(0, 64), cas: seq }
  const queries: Record<Method, Shape> = {
    ping: { required: { id }, optional: {} },
    find_node: { required: { id, target: id }, optional: { signals: offers, recursive } },
    get_peers: { required: { id, info_hash: id }, optional: { signals: offers, recursive } },
    announce_peer: {
      required: { id, info_hash: id, token },
      optional: { port: integer(0, MAX_PORT), implied_port: integer(0, 1) }
    },
    get: { required: { id, target: id }, optional: { signals: offers, recursive, seq } },
    put: { required: { id, token, v: byteString(1, MAX_VALUE_BYTES) }, optional: mutable },
    peer_connection: {
      required: { id, signal: value => parseSignal(value, 'offer', idLength) },
      optional: { target: id }
    },
    release: { required: { id }, optional: {} },
    neighbours: { required: { id, neighbours: wholeIds(idLength, MAX_NEIGHBOURS) }, optional: {} },
    dial: {
      required: {
        id,
        protocol: text(MAX_PROTOCOL_BYTES),
        signal: value => parseSignal(value, 'offer', idLength)
      },
      optional: { replaces: text(MAX_UFRAG_BYTES) }
    }
  }
  const reply: Shape = {
    required: { id },
    optional: {
      token,
      nodes: wholeNodes(idLength + PEER_BYTES),
      values: list(MAX_VALUES, byteString(PEER_BYTES, idLength + PEER_BYTES)),
      signals: list(MAX_SIGNALS, value => (value === 0 ? 0 : parseSignalReply(value, idLength))),
      routes: byteString(1, MAX_NODES / 8),
      next: wholeIds(idLength, MAX_NODES),
      paths: list(MAX_VALUES, value => (value === 0 ? 0 : wholeIds(idLength, MAX_HOPS - 1)(value))),
      signal: value => parseSignalReply(value, idLength),
      v: byteString(1, MAX_VALUE_BYTES),
      k: mutable.k,
      sig: mutable.sig,
      seq
    }
  }
  return { queries, reply }
}

/** Ids, one after the other. */
function wholeIds(idLength: number, max: number): Field<Buffer> {
  const bytes = byteString(0, max * idLength)
  return value => {
    const ids = bytes(value)
    return ids && ids.length % idLength === 0 ? ids : undefined
  }
}

function wholeNodes(entryBytes: number): Field<Buffer> {
  const bytes = byteString(0, MAX_NODES * entryBytes)
  return value => {
    const nodes = bytes(value)
    return nodes && nodes.length % entryBytes === 0 ? nodes : undefined
  }
}

/** Makes the parser for messages whose ids have `idLength` bytes (the length of the hash in use; 20 for SHA-1). */
export function createMessageParser(idLength: number): (bytes: Uint8Array) => Inbound {
  const { queries, reply } = describeMessages(idLength)
  return bytes => {
    if (bytes.length > MAX_MESSAGE_BYTES) return malformed('message is too long')
    const message = dictionary(decode(bytes))
    if (!message) return malformed('not a bencoded dictionary')
    const transaction = message.t === undefined ? undefined : byteString(1, MAX_TRANSACTION_BYTES)(message.t)
    if (!transaction) return malformed('`t` is not a transaction id')
    switch (textOf(message.y)) {
      case 'q':
        return parseQuery(message, transaction, queries)
      case 'r':
        return parseReply(message, transaction, reply)
      case 'e':
        return parseError(message, transaction)
      case 'f': {
        const frame = parseFrame(message, idLength)
        return frame ? { kind: 'frame', frame } : malformed('frame: a field is missing or wrong')
      }
      default:
        return malformed('`y` is not q, r, e or f')
    }
  }
}

function parseQuery(message: Dictionary, transaction: Buffer, queries: Record<Method, Shape>): Inbound {
  const method = textOf(message.q) as Method | undefined
  if (method === undefined) return malformed('`q` is not a byte string', transaction)
  if (!Object.hasOwn(queries, method)) {
    return { kind: 'malformed', reason: 'Method Unknown', code: KRPC_ERROR.METHOD_UNKNOWN, transaction }
  }
  const args = dictionary(message.a)
  if (!args) return malformed('`a` is not a dictionary', transaction)
  const read = readFields(args, queries[method])
  if ('wrong' in read) return malformed(`\`${method}\`: \`${read.wrong}\` is missing or wrong`, transaction)
  const { fields } = read
  if (method === 'announce_peer' && !fields.port && fields.implied_port !== 1) {
    return malformed('`announce_peer`: `port` is missing, and not implied', transaction)
  }
  const isMutable = fields.k !== undefined || fields.sig !== undefined
  const isSigned = fields.k !== undefined && fields.sig !== undefined && fields.seq !== undefined
  if (method === 'put' && isMutable && !isSigned) {
    return malformed('`put`: a mutable value needs `k`, `sig` and `seq`', transaction)
  }
  return { kind: 'query', transaction, method, id: fields.id as Buffer, args: fields }
}

function parseReply(message: Dictionary, transaction: Buffer, shape: Shape): Inbound {
  const r = dictionary(message.r)
  if (!r) return malformed('`r` is not a dictionary')
  const read = readFields(r, shape)
  if ('wrong' in read) return malformed(`reply: \`${read.wrong}\` is missing or wrong`)
  return { kind: 'reply', transaction, id: read.fields.id as Buffer, values: read.fields }
}

function parseError(message: Dictionary, transaction: Buffer): Inbound {
  const [code, words] = Array.isArray(message.e) ? message.e : []
  return {
    kind: 'error',
    transaction,
    code: typeof code === 'number' ? code : 0,
    text: textOf(words) ?? ''
  }
}

function malformed(reason: string, transaction?: Buffer): Inbound {
  const code = KRPC_ERROR.PROTOCOL
  return transaction ? { kind: 'malformed', reason, code, transaction } : { kind: 'malformed', reason, code }
}

function textOf(value: Bencoded | undefined): string | undefined {
  return value instanceof Uint8Array ? Buffer.from(value).toString() : undefined
}
