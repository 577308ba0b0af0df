/**
 * Parses KRPC messages (BEP 5) from strangers: the keys that every message must have. The files in krpc/methods/ define the fields of
 * each method.
 */

import { isBytes } from '../is-bytes.js'
import { type Bencoded, type Dictionary, decode, dictionary, encode } from './bencode.js'

/** Larger than any message of the protocol: a reply with 16 answers of 2 kB. */
export const MAX_MESSAGE_BYTES = 65536
const MAX_TRANSACTION_BYTES = 16
/** Nested lists and dictionaries: those of applications may be deeper than any of the protocol. */
const MAX_DEPTH = 32

const [QUERY, REPLY, ERROR] = Buffer.from('qre')

/** A message that arrived. Byte strings are `Buffer`s. */
export type Message =
  /** `name`: the method's, as it came; an application's need not be text. */
  | { kind: 'query'; transaction: Buffer; method: string; name: Buffer; args: Bencoded | undefined }
  | { kind: 'reply'; transaction: Buffer; values: Dictionary }
  | { kind: 'error'; transaction: Buffer; error: Bencoded | undefined }
  /** Not a message; where it is a query that can be answered, `transaction` says which. */
  | { kind: 'malformed'; reason: string; transaction?: Buffer }

export function parseMessage(bytes: Buffer): Message {
  if (bytes.length > MAX_MESSAGE_BYTES) return malformed('message is too long')
  const message = dictionary(decode(bytes, MAX_DEPTH))
  if (!message) return malformed('not a bencoded dictionary')
  const { t: transaction, y, q: name } = message
  const isTransaction =
    isBytes(transaction) && transaction.length >= 1 && transaction.length <= MAX_TRANSACTION_BYTES
  if (!isTransaction) return malformed('`t` is not a transaction id')
  switch (isBytes(y) && y.length === 1 && y[0]) {
    case QUERY:
      return isBytes(name)
        ? { kind: 'query', transaction, method: name.toString(), name, args: message.a }
        : malformed('`q` is not the name of a method', transaction)
    case REPLY: {
      const values = dictionary(message.r)
      return values ? { kind: 'reply', transaction, values } : malformed('`r` is not a dictionary')
    }
    case ERROR:
      return { kind: 'error', transaction, error: message.e }
    default:
      return malformed('`y` is not q, r or e')
  }
}

export function encodeQuery(transaction: Buffer, method: string | Uint8Array, args: unknown): Buffer {
  return encode({ a: args, q: method, t: transaction, y: 'q' })
}

export function encodeReply(transaction: Buffer, values: Record<string, unknown>): Buffer {
  return encode({ r: values, t: transaction, y: 'r' })
}

/** @param error a code and a text, or what an application made of it */
export function encodeError(transaction: Buffer, error: readonly unknown[]): Buffer {
  return encode({ e: error, t: transaction, y: 'e' })
}

function malformed(reason: string, transaction?: Buffer): Message {
  return transaction ? { kind: 'malformed', reason, transaction } : { kind: 'malformed', reason }
}
