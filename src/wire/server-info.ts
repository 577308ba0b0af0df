/**
 * The first message on a connection to a node that runs an HTTP server: `{"http_server":{"host":…,"port":…}}`, JSON and
 * not bencode. It tells where the node can be used as a bootstrap node later on.
 */

import { parsePlace } from '../place.js'
import { parseJsonObject } from './signal.js'

export interface HttpServerInfo {
  /** As URLs have it: IPv6 in brackets. */
  host: string
  port: number
  /** What it spoke last, where it is known. Not part of the message. */
  scheme?: 'https' | 'http'
}

const MAX_BYTES = 510
const OPENING_BRACE = 0x7b

/** @internal Whether a message may be server info: no bencoded message begins with a brace. */
export function isServerInfo(bytes: Uint8Array): boolean {
  return bytes[0] === OPENING_BRACE
}

/** @internal */
export function encodeServerInfo({ host, port }: HttpServerInfo): Buffer {
  return Buffer.from(JSON.stringify({ http_server: { host, port } }))
}

/** @internal Reads server info; `undefined` if it names no place. */
export function parseServerInfo(bytes: Uint8Array): HttpServerInfo | undefined {
  if (bytes.length > MAX_BYTES) return undefined
  const server = parseJsonObject(Buffer.from(bytes).toString())?.http_server
  const place = typeof server === 'object' ? parsePlace(server) : undefined
  return place && { host: place.host, port: place.port }
}
