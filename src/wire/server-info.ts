/**
 * The first message on a connection to a node that runs an HTTP server: `{"http_server":{"host":…,"port":…}}`, JSON and
 * not bencode. It tells where the node can be used as a bootstrap node later on.
 */

import { parseJsonObject } from './signal.js'

export interface HttpServerInfo {
  host: string
  port: number
}

const MAX_HOST_LENGTH = 255
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
  if (bytes.length > 2 * MAX_HOST_LENGTH) return undefined
  const server = parseJsonObject(Buffer.from(bytes).toString())?.http_server
  if (typeof server !== 'object' || server === null) return undefined
  const { host, port } = server as Record<string, unknown>
  if (typeof host !== 'string' || host === '' || host.length > MAX_HOST_LENGTH || /[\s/@?#]/.test(host))
    return undefined
  // The predecessor passes on whatever the user gave as port, a string too. An object's `valueOf` may be a stranger's.
  const number = typeof port === 'string' ? Number(port) : port
  const isPort = typeof number === 'number' && Number.isInteger(number) && number > 0 && number < 65536
  return isPort ? { host, port: number } : undefined
}
