/**
 * Reads the sender from the headers of a request: a page of another origin, somebody behind a proxy, or a page that has had its own
 * name lead to this machine (DNS rebinding).
 */

import { isLoopback, parseHost, parsePlace } from '../place.js'
import { addressKind, isNear, withoutBrackets } from '../wire/address-kind.js'
import type { HttpRequest } from './request-listener.js'
import type { Sender } from './request-origin.js'

type Headers = HttpRequest['headers']

export interface OwnPlace {
  /** The host that the server listens on. */
  listening: string
  /** The host of the option `http_address`. */
  public: string | null
}

/**
 * Whether the `Host` header names a server that this one is not. On loopback only this machine can send requests, so whoever owns such a
 * name has made it lead here: then the browser takes this server for that page's own. Nobody owns an address, or a name without a dot.
 */
export function isMisdirected(headers: Headers, own: OwnPlace): boolean {
  const listening = parseHost(own.listening)
  const isOnlyLoopback = listening !== undefined && isLoopback(listening) && !isAny(listening)
  if (!isOnlyLoopback || typeof headers.host !== 'string') return false
  const host = parsePlace(headers.host)?.host ?? parseHost(headers.host)
  if (host === undefined) return true
  const isOwned = /\../.test(host) && addressKind(withoutBrackets(host)) === 'unusable' && !isLoopback(host)
  return isOwned && host !== own.public
}

/** Where a client is: behind a proxy, a page of another origin, or where its address says. */
export type Whereabouts = 'proxied' | 'foreign' | 'direct'

export function whereaboutsOf(
  { isProxied }: Pick<Sender, 'isProxied'>,
  headers: Headers,
  own: OwnPlace
): Whereabouts {
  if (isProxied) return 'proxied'
  return isForeignPage(headers, own) ? 'foreign' : 'direct'
}

/** The headers of a response (CORS): a page of any origin may join. */
export function accessHeaders(headers: Headers): Record<string, string> {
  return {
    'access-control-allow-origin': '*',
    'access-control-allow-methods': 'POST, OPTIONS',
    'access-control-allow-headers': 'content-type',
    // Private Network Access: Chromium asked so from version 104 on. Since 142 it asks its user instead (Local Network Access).
    ...(headers['access-control-request-private-network'] === 'true' && {
      'access-control-allow-private-network': 'true'
    })
  }
}

/** Pages without an origin of their own ("null") may be in anybody's frame. */
function isForeignPage({ origin }: Headers, own: OwnPlace): boolean {
  if (typeof origin !== 'string') return false
  const host = URL.canParse(origin) ? parseHost(new URL(origin).hostname) : undefined
  return host === undefined || !(isNear(host) || host === own.public)
}

function isAny(host: string): boolean {
  return host === '0.0.0.0' || host === '[::]'
}
