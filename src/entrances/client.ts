/** Takes an offer to a node's HTTP server and brings back the answer. */

import type { Endpoint } from '../connections/address-book.js'
import { messageOf, WebTorrentDHTError } from '../errors.js'
import { type Address, isIPv4 } from '../wire/compact.js'
import {
  encodeHttpSignal,
  type HttpReply,
  MAX_SDP_BYTES,
  parseHttpSignal,
  type Signal
} from '../wire/signal.js'

/** An answer with its JSON escapes and extensions. */
const MAX_ANSWER_BYTES = 4 * MAX_SDP_BYTES

/** A place to dial: an IPv4 `host:port` that is its own address, or a name or URL that needs one. */
export interface BootstrapNode {
  endpoint: Endpoint
  address: Address | null
}

/**
 * Reads a place that the user gave: a `host:port` string, `{host, port}`, or a URL. HTTPS is tried first where no scheme
 * is given, except for addresses of this machine and of private networks, which have no certificates.
 *
 * @returns undefined if it is no place that could be dialled
 */
export function parseBootstrapNode(place: unknown): BootstrapNode | undefined {
  if (typeof place === 'object' && place !== null) {
    const { host, address, port } = place as Record<string, unknown>
    return parseHostPort(String(host ?? address), Number(port))
  }
  if (typeof place !== 'string') return undefined
  if (/^https?:\/\//i.test(place)) {
    return URL.canParse(place) ? { endpoint: { urls: [new URL(place).href] }, address: null } : undefined
  }
  const colon = place.lastIndexOf(':')
  return parseHostPort(place.slice(0, colon), Number(place.slice(colon + 1)))
}

function parseHostPort(host: string, port: number): BootstrapNode | undefined {
  const isPort = Number.isInteger(port) && port > 0 && port < 65536
  // Not a name, not IPv4, not [IPv6]: `::ffff:127.0.0.1`, for example, which WebTorrent passes on from its peers.
  if (!isPort || !/^(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)$/i.test(host) || !URL.canParse(`http://${host}:${port}`)) {
    return undefined
  }
  const urls = isLocal(host)
    ? [`http://${host}:${port}/`]
    : [`https://${host}:${port}/`, `http://${host}:${port}/`]
  return { endpoint: { urls }, address: isIPv4(host) ? { host, port } : null }
}

/** Whether a host is this machine or in a private network (RFC 1918). */
export function isLocal(host: string): boolean {
  return /^(localhost|\[::1\]|127\.[\d.]+|10\.[\d.]+|192\.168\.[\d.]+|172\.(1[6-9]|2\d|3[01])\.[\d.]+)$/i.test(
    host
  )
}

export interface DialOptions {
  idLength: number
  allowsHttp: boolean
  signal: AbortSignal
}

/**
 * Posts an offer.
 *
 * @throws WebTorrentDHTError `EREFUSED` if the server said no, `EFULL` if it has no room now, `ETIMEDOUT` if there is none
 */
export async function postOffer(endpoint: Endpoint, offer: Signal, options: DialOptions): Promise<HttpReply> {
  const urls = endpoint.urls.filter(url => options.allowsHttp || url.startsWith('https:'))
  let failure: unknown = new Error('plain HTTP is not allowed from a page that was loaded over HTTPS')
  for (const url of urls) {
    try {
      return await post(url, offer, options)
    } catch (error) {
      if (error instanceof WebTorrentDHTError) throw error // it is there, and said no
      failure = error
    }
  }
  throw new WebTorrentDHTError('ETIMEDOUT', `${endpoint.urls.join(', ')}: ${messageOf(failure)}`, {
    cause: failure
  })
}

async function post(url: string, offer: Signal, { idLength, signal }: DialOptions): Promise<HttpReply> {
  const response = await fetch(url, {
    method: 'POST',
    body: encodeHttpSignal(offer),
    headers: { 'content-type': 'text/plain' }, // a simple request: a browser asks no permission first (CORS)
    signal,
    redirect: 'error'
  })
  const body = await readText(response)
  if (response.status === 503 || response.status === 429) {
    throw new WebTorrentDHTError('EFULL', `${url}: ${response.status} ${body.trim()}`)
  }
  const reply = response.status === 200 ? parseHttpSignal(body, 'answer', idLength) : undefined
  if (!reply)
    throw new WebTorrentDHTError('EREFUSED', `${url}: ${response.status} ${body.trim().slice(0, 200)}`)
  return reply
}

async function readText(response: Response): Promise<string> {
  const reader = response.body?.getReader()
  const chunks: Uint8Array[] = []
  let length = 0
  while (reader) {
    const { done, value } = await reader.read()
    if (done) break
    length += value.length
    if (length > MAX_ANSWER_BYTES) throw new Error(`the response is longer than ${MAX_ANSWER_BYTES} bytes`)
    chunks.push(value)
  }
  return Buffer.concat(chunks).toString()
}
