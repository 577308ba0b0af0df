/** Says why a place does not let a node in: what failed, as far as it can be known, with the original as `cause`. */

import { type ErrorCode, isError, messageOf, WebTorrentDHTError } from '../errors.js'
import { printable, withoutPassword } from '../quoting.js'
import type { HttpServerInfo } from '../wire/server-info.js'
import { parseRefusal } from './other-servers.js'
import type { PostResponse } from './posting.js'

/** The code of what `fetch` of Node.js failed with, and what that means. Pages are told nothing but "Failed to fetch". */
const CAUSES: readonly [code: RegExp, meaning: ErrorCode, text: string][] = [
  [/^EAI_AGAIN/, 'EDNS', 'no name server answers'],
  [/^(ENOTFOUND|EAI_|ENODATA)/, 'EDNS', 'there is no such name'],
  [/SELF_SIGNED/, 'ETLS', 'its certificate is self-signed; NODE_EXTRA_CA_CERTS=cert.pem trusts it'],
  [/CERT|UNABLE_TO|HOSTNAME/, 'ETLS', 'its certificate is not valid'],
  [/^(EPROTO|ERR_SSL)/, 'ETLS', 'it does not speak TLS; try http://'],
  [/^(ETIMEDOUT|UND_ERR_.*TIMEOUT)/, 'ETIMEDOUT', 'nobody answered in time'],
  [/^HPE_/, 'ENOTANODE', 'what answers is no HTTP server'],
  [/^ECONNREFUSED/, 'EUNREACHABLE', 'nobody listens there'],
  // The Fetch standard, section 2.9: ports of other protocols.
  [/^bad port/, 'EUNREACHABLE', 'neither browsers nor Node.js connect to this port']
]

/** A place is full, and names others that have room. */
export class FullError extends WebTorrentDHTError {
  readonly others: readonly HttpServerInfo[]

  constructor(url: string, status: number, body: string) {
    const { reason, others } = parseRefusal(body)
    super('EFULL', `${url}: it is full now (${describe(status, reason)})`)
    this.others = others
  }
}

const UNTOLD =
  'nobody listens there, or the browser does not let the page ask: name, certificate, CORS, content security policy, local network; its console says which'

/** The error for a request without a response. */
export function failedRequest(url: string, cause: unknown): WebTorrentDHTError {
  const fail = (code: ErrorCode, text: string) => new WebTorrentDHTError(code, `${url}: ${text}`, { cause })
  if (isError(cause) && cause.name === 'TimeoutError') return fail('ETIMEDOUT', 'nobody answered in time')
  const inner = isError(cause) ? cause.cause : undefined
  if (inner === undefined) return fail('EUNREACHABLE', `${messageOf(cause)} (${UNTOLD})`)
  const detail = codeOf(inner) || messageOf(inner)
  const [, meaning, text] = CAUSES.find(([pattern]) => pattern.test(detail)) ?? []
  const hint = url.startsWith('wss:') ? text?.replace('http:', 'ws:') : text
  return meaning ? fail(meaning, `${hint} (${detail})`) : fail('EUNREACHABLE', messageOf(inner) || detail)
}

/** True if something is there that speaks TLS and proves to be another: it must not be asked without TLS. */
export function isWrongCertificate({ code, cause }: WebTorrentDHTError): boolean {
  return code === 'ETLS' && isError(cause) && !/^(EPROTO|ERR_SSL)/.test(codeOf(cause.cause))
}

/** The error for a response that brings no answer. */
export function refusedOffer(
  url: string,
  { status, isRedirect, location, body }: PostResponse
): WebTorrentDHTError {
  const fail = (code: ErrorCode, text: string) => new WebTorrentDHTError(code, `${url}: ${text}`)
  const said = describe(status, body)
  if (status === 503 || status === 429) return new FullError(url, status, body)
  if (status === 502 || status === 504) return fail('EUNREACHABLE', `its proxy cannot reach it (${said})`)
  if (status === 400 || status === 413 || status === 500) return fail('EREFUSED', said)
  if (isRedirect) {
    const given = location && withoutPassword(printable(location.slice(0, 200)))
    return fail('ENOTANODE', `it redirects${given ? ` to ${given}` : ''}: give the place that this leads to`)
  }
  return fail('ENOTANODE', `what answers is no node, or one of another kind (${said})`)
}

/** The error for a request to an entrance that brings no answer. Its own code stays. */
export function failedEntrance(name: string, cause: unknown): WebTorrentDHTError {
  if (cause instanceof WebTorrentDHTError && cause.message.includes(name)) return cause
  const isLate = isError(cause) && cause.name === 'TimeoutError'
  const own = cause instanceof WebTorrentDHTError ? cause.code : 'EUNREACHABLE'
  const text = isLate ? 'nobody answered in time' : messageOf(cause)
  return new WebTorrentDHTError(isLate ? 'ETIMEDOUT' : own, `${name}: ${text}`, { cause })
}

function describe(status: number, text: string): string {
  return `${status} ${/^\s*</.test(text) ? '' : printable(text.trim().slice(0, 200))}`.trim()
}

function codeOf(error: unknown): string {
  const { code } = (typeof error === 'object' && error !== null ? error : {}) as { code?: unknown }
  return typeof code === 'string' ? code : ''
}
