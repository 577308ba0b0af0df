/**
 * Places where nodes are found over HTTP. This is the only parser of them: for what users pass, what neighbours say, and what a state
 * has kept. So whatever a node remembers can be read again.
 */

import { type Address, isIPv4 } from './wire/compact.js'

/** A place to dial over HTTP. */
export interface Place {
  /** As URLs have it: a name in lower case and Punycode, IPv4, or IPv6 in brackets. */
  host: string
  port: number
  /** Where the user gave one: it says the scheme, too. */
  url: string | null
}

const MAX_HOST_LENGTH = 255
const DEFAULT_PORTS: Record<string, number> = { 'http:': 80, 'https:': 443 }

/**
 * Reads a place: `host:port`, `{host, port}`, or an HTTP or HTTPS URL without a password. An IPv6 address stands in brackets, except
 * as `host`.
 *
 * @returns undefined if it is no place that could be dialled
 */
export function parsePlace(place: unknown): Place | undefined {
  if (typeof place === 'object' && place !== null) {
    const { host, address, port } = place as Record<string, unknown>
    return parseHostPort(host ?? address, port)
  }
  if (typeof place !== 'string') return undefined
  if (/^https?:\/\//i.test(place)) return parseURL(place)
  const [, host, port] = /^(\[.*\]|[^:]*):(\d+)$/.exec(place) ?? []
  return parseHostPort(host, port)
}

/**
 * Reads a host: a name, IPv4, or IPv6 with or without brackets. An IPv4 address that is written as IPv6 becomes IPv4.
 *
 * @returns it as URLs have it; undefined if it is no host
 */
export function parseHost(host: unknown): string | undefined {
  if (typeof host !== 'string' || host === '' || host.length > MAX_HOST_LENGTH) return undefined
  const isBare = host.includes(':') && !/^\[.*\]$/.test(host)
  const url = `http://${isBare ? `[${host}]` : host}/`
  if (/[\s/\\@?#%]/.test(host) || !URL.canParse(url)) return undefined
  const { hostname } = new URL(url)
  return /^\.|\.\./.test(hostname) ? undefined : toIPv4(hostname)
}

/** The URLs of a place, in the order in which they are tried. None: this page may not use plain HTTP, and the place is no other. */
export function urlsOf({ host, port, url }: Place, allowsHttp: boolean): string[] {
  const allowsPlain = allowsHttp || isTrusted(host)
  if (url !== null) return allowsPlain || url.startsWith('https:') ? [url] : []
  const [secure, plain] = [`https://${host}:${port}/`, `http://${host}:${port}/`]
  if (!allowsPlain) return [secure]
  // This machine and those of private networks have no certificates; a page that came over HTTPS may have one here.
  return isLocal(host) ? (allowsHttp ? [plain] : [plain, secure]) : [secure, plain]
}

/** The IPv4 address that a place is, if it is no name or URL. */
export function addressOf({ host, port, url }: Place): Address | null {
  return url === null && isIPv4(host) && !isMadeUp(host) ? { host, port } : null
}

/** A place as people write it. */
export function nameOf({ host, port, url }: Place): string {
  return url ?? `${host}:${port}`
}

/** Whether a host is from 240.0.0.0/4, which no network routes: here it stands for a node that has no other address. */
export function isMadeUp(host: string): boolean {
  return isIPv4(host) && Number(host.split('.')[0]) >= 240
}

/** Whether a host, as `parseHost` gives it, is this machine. */
export function isLoopback(host: string): boolean {
  return isTrusted(host) || /^(0\.0\.0\.0|\[::\])$/.test(host)
}

/** Whether a page that came over HTTPS may use plain HTTP there (W3C Secure Contexts, "potentially trustworthy"). */
function isTrusted(host: string): boolean {
  return /^((.+\.)?localhost\.?|127\.[\d.]+|\[::1\])$/.test(host)
}

/** Whether a host, as `parseHost` gives it, is this machine or in a private network (RFC 1918, 3927, 4193, 4291, 6762). */
export function isLocal(host: string): boolean {
  if (isLoopback(host)) return true
  if (isIPv4(host)) return /^(0|10|192\.168|172\.(1[6-9]|2\d|3[01])|169\.254)\./.test(host)
  return /^\[f([cd]|e[89ab])|\.local\.?$/.test(host)
}

function parseHostPort(given: unknown, givenPort: unknown): Place | undefined {
  const host = parseHost(given)
  // The predecessor passes on whatever its user gave as port, a string too.
  const isNumber = typeof givenPort === 'number' || (typeof givenPort === 'string' && /^\d+$/.test(givenPort))
  const port = isNumber ? Number(givenPort) : 0
  return host !== undefined && isPort(port) ? { host, port, url: null } : undefined
}

/** `fetch` refuses URLs with a password. */
function parseURL(text: string): Place | undefined {
  if (!URL.canParse(text)) return undefined
  const url = new URL(text)
  url.hash = ''
  const host = parseHost(url.hostname)
  const port = url.port === '' ? (DEFAULT_PORTS[url.protocol] ?? 0) : Number(url.port)
  const hasPassword = url.username !== '' || url.password !== ''
  return host !== undefined && isPort(port) && !hasPassword ? { host, port, url: url.href } : undefined
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port > 0 && port < 65536
}

function toIPv4(host: string): string {
  const [, high, low] = /^\[::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/.exec(host) ?? []
  if (high === undefined || low === undefined) return host
  return [high, low]
    .flatMap(group => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff])
    .join('.')
}
