/** The one error class of this package: what failed, with a code to switch on and the original as `cause`. */

/**
 * - `EINVAL`: a wrong option or argument; thrown at once
 * - `ETIMEDOUT`: nobody answered in time, or the node cannot be reached; k-rpc drops such a node from its table
 * - `EFULL`: no connection may be opened now, here or there: the budget is used up
 * - `ENOTFOUND`: no node with this id answers
 * - `EREFUSED`: the other side answered and said no
 * - `ENOTPROVEN`: an id is bound to a key, and the other end does not prove that it has it; as a warning: this node cannot
 * - `ECANNOTMEET`: the NATs of both ends let no connection through, and neither has a TURN server
 * - `ECONNFAILED`: signals were exchanged, but the connection did not open
 * - `ENOWEBRTC`: this environment has no WebRTC implementation, or the one that is given makes no connections
 * - `EUNREACHABLE`: no server answers at a place
 * - `EDNS`: the name of a place has no address
 * - `ETLS`: the certificate of a place is not valid, or it does not speak TLS
 * - `EMIXED`: a place of plain HTTP, on a page that came over HTTPS
 * - `ENOTANODE`: a server answers at a place, but it is no node of this DHT
 * - `ESTATE`: a part of the option `state` was left out
 * - `EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`: the HTTP server cannot listen, as Node.js says; `ELISTEN`: for another reason
 * - `EUNEXPECTEDNODE`: another node than the one that was asked has answered
 * - `ENONODES`: no node is known that could be asked; of an entrance: nobody is there
 * - `ECLOSED`: the node was destroyed, or the store was closed
 * - `EAPPLICATION`: a function or a store of the application's own has failed; `cause` says how
 * - `301`, `302`: of a `put`, as BEP 44 numbers them: another version is stored than `cas` says, or a newer one
 *
 * Of a store in a directory:
 * - `ENOLEVEL`: the package `classic-level` cannot be loaded
 * - `ELOCKED`: the directory is in use, by another process or by this one
 * - `ESTORE`: the disk does not read or write. As a warning: a method of the option `store` fails
 *
 * Warnings:
 * - `EUNKNOWNOPTION`: an option has a name that nobody knows
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
  | 'ENOTPROVEN'
  | 'ECANNOTMEET'
  | 'ECONNFAILED'
  | 'ENOWEBRTC'
  | 'EUNREACHABLE'
  | 'EDNS'
  | 'ETLS'
  | 'EMIXED'
  | 'ENOTANODE'
  | 'ESTATE'
  | 'EADDRINUSE'
  | 'EACCES'
  | 'EADDRNOTAVAIL'
  | 'ELISTEN'
  | 'EUNEXPECTEDNODE'
  | 'ENONODES'
  | 'ECLOSED'
  | 'EAPPLICATION'
  | 301
  | 302
  | 'ENOLEVEL'
  | 'ELOCKED'
  | 'ESTORE'
  | 'EUNKNOWNOPTION'
  | 'EDAMAGED'
  | 'EREPAIRED'
  | 'EREPLACED'

export class WebTorrentDHTError extends Error {
  /** The kind of failure. */
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'WebTorrentDHTError'
    this.code = code
    if (code === 'EINVAL') captureCaller(this)
  }
}

/** Frames of a stack that reach from the check of an argument to the call. V8 keeps 10 by default. */
const STACK_FRAMES = 60

function captureCaller(error: Error): void {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = STACK_FRAMES
  Error.captureStackTrace?.(error)
  Error.stackTraceLimit = stackTraceLimit
}

/** @internal Whether it is an `Error`, also one of another realm: in the contexts of test runners, those of Node.js itself are. */
export function isError(thrown: unknown): thrown is Error {
  return (
    thrown instanceof Error ||
    /^\[object (Error|DOMException)\]$/.test(Object.prototype.toString.call(thrown))
  )
}

/** @internal True for an error of this package with this code. */
export function hasCode(thrown: unknown, code: ErrorCode): thrown is WebTorrentDHTError {
  return thrown instanceof WebTorrentDHTError && thrown.code === code
}

/** @internal The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return isError(error) ? error.message : String(error)
}

/** @internal Whatever was thrown, as an `Error`. */
export function toError(thrown: unknown): Error {
  return isError(thrown) ? thrown : new Error(messageOf(thrown), { cause: thrown })
}

/** @internal The error of a call that a destroyed node does not go on with. @param call its name */
export function closedError(call?: string): WebTorrentDHTError {
  const text = 'the node was destroyed'
  return new WebTorrentDHTError('ECLOSED', call ? `${text} before \`${call}\` was done` : text)
}

/**
 * @internal Whatever a call has failed with, as an error with a code. Upstream's errors have none, and keep their texts; an error
 * that another node sent has its number as the code.
 */
export function withCode(thrown: unknown): WebTorrentDHTError {
  if (thrown instanceof WebTorrentDHTError) return thrown
  return new WebTorrentDHTError(codeFor(thrown), messageOf(thrown), { cause: thrown })
}

function codeFor(thrown: unknown): ErrorCode {
  const { code } = toError(thrown) as { code?: unknown }
  if (code === 301 || code === 302) return code
  return typeof code === 'number' ? 'EREFUSED' : 'EAPPLICATION'
}
