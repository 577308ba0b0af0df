/** The error codes of KRPC (BEP 5, BEP 44, bep.md), and an error that is answered with one. */

import type { DropReason } from '../counters.js'
import { type ErrorCode, messageOf, WebTorrentDHTError } from '../errors.js'

export const KRPC_ERROR = {
  /** A connection could not be made, or an offer could not be relayed. */
  GENERIC: 201,
  /** This node has failed, its store or its application (BEP 5). */
  SERVER: 202,
  /** A query that is malformed. */
  PROTOCOL: 203,
  METHOD_UNKNOWN: 204,
  /** A value is too long (BEP 44). */
  TOO_LONG: 205,
  /** The signature of a mutable value is wrong (BEP 44). */
  INVALID_SIGNATURE: 206,
  /** A salt is too long (BEP 44). */
  SALT_TOO_LONG: 207,
  /** The stored value has another sequence number than the `cas` of a put (BEP 44). */
  CAS_MISMATCH: 301,
  /** The stored value is newer (BEP 44). */
  OLD_SEQUENCE: 302,
  /** This node cannot verify signatures. */
  NO_VERIFICATION: 400,
  /** An id is bound to a key, and the signal does not prove it. */
  NOT_PROVEN: 401,
  /** The application refused the dial. */
  REFUSED: 403,
  /** The next node of a frame is not connected, or does not speak `route`. */
  NO_ROUTE: 404,
  /** The NATs of asker and target let no connection through. */
  CANNOT_MEET: 406,
  /** The node needs the connection that it was asked to release. */
  NEEDED: 409,
  /** The asker has asked too much of late. The meaning is that of the HTTP status. */
  TOO_MANY: 429,
  /** The application has no handler for the protocol of a dial. */
  NO_PROTOCOL: 501,
  /** The node has no room for another connection. The meaning is that of the HTTP status. */
  FULL: 503
} as const

/** The codes with a meaning of their own for whoever asked for a connection; of two, the first is sent. */
const REFUSALS: readonly [code: number, meaning: ErrorCode][] = [
  [KRPC_ERROR.FULL, 'EFULL'],
  [KRPC_ERROR.TOO_MANY, 'EFULL'],
  [KRPC_ERROR.NOT_PROVEN, 'ENOTPROVEN'],
  [KRPC_ERROR.CANNOT_MEET, 'ECANNOTMEET']
]

/** Thrown to answer a query with an error: the asker gets code and message. */
export class KRPCError extends Error {
  readonly code: number
  /** The name under which it is counted. */
  readonly counted: DropReason | undefined

  constructor(code: number, message: string, counted?: DropReason) {
    super(message)
    this.name = 'KRPCError'
    this.code = code
    this.counted = counted
  }
}

/** The answer to a query for a connection that was not made. */
export function refusalOf(error: unknown): KRPCError {
  if (error instanceof KRPCError) return error
  const own = error instanceof WebTorrentDHTError ? error.code : undefined
  const code = REFUSALS.find(([, meaning]) => meaning === own)?.[0] ?? KRPC_ERROR.GENERIC
  return new KRPCError(code, messageOf(error))
}

/** What an error that came back for a query means here. */
export function meaningOf(code: number): ErrorCode {
  return REFUSALS.find(([known]) => known === code)?.[1] ?? 'EREFUSED'
}

/** The answer to a node that has used up its share of the store. */
export function shareUsedUp(): KRPCError {
  const reason = 'share of the store used up'
  return new KRPCError(KRPC_ERROR.TOO_MANY, reason, reason)
}
