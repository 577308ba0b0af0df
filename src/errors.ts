/** The one error class of this package: what failed, with a code to switch on and the original as `cause`. */

/**
 * - `EINVAL`: a wrong option or argument; thrown at once
 * - `ETIMEDOUT`: nobody answered in time, or the node cannot be reached; k-rpc drops such a node from its table
 * - `EFULL`: no connection may be opened now, here or there: the budget is used up
 * - `ENOTFOUND`: no node with this id answers
 * - `EREFUSED`: the other side answered and said no
 * - `ECONNFAILED`: signals were exchanged, but the connection did not open
 * - `ENOWEBRTC`: this environment has no WebRTC implementation
 * - `EUNEXPECTEDNODE`: another node than the one that was asked has answered
 * - `ECLOSED`: the node was destroyed, or the store was closed
 *
 * Of a store in a directory:
 * - `ENOLEVEL`: the package `classic-level` cannot be loaded
 * - `ELOCKED`: the directory is in use, by another process or by this one
 * - `ESTORE`: the disk does not read or write
 *
 * Its warnings:
 * - `EDAMAGED`: entries were damaged or are missing; the others are there
 * - `EREPAIRED`: files were damaged; they have been moved aside, and what could be read of them is kept
 * - `EREPLACED`: the same, and nothing could be read
 */
export type ErrorCode =
  | 'EINVAL'
  | 'ETIMEDOUT'
  | 'EFULL'
  | 'ENOTFOUND'
  | 'EREFUSED'
  | 'ECONNFAILED'
  | 'ENOWEBRTC'
  | 'EUNEXPECTEDNODE'
  | 'ECLOSED'
  | 'ENOLEVEL'
  | 'ELOCKED'
  | 'ESTORE'
  | 'EDAMAGED'
  | 'EREPAIRED'
  | 'EREPLACED'

export class WebTorrentDHTError extends Error {
  /** What kind of failure it is. */
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'WebTorrentDHTError'
    this.code = code
  }
}

/** @internal The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** @internal Whatever was thrown, as an `Error`. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(messageOf(thrown), { cause: thrown })
}
