/** Where others reach this machine's node, and what is wrong where it cannot listen. */

import { WebTorrentDHTError } from '../errors.js'
import { readInterfaces } from '../interfaces.js'
import { messageOf, place } from './text.js'

export interface ListeningPlace {
  host: string
  port: number
}

/** The place to tell others, as `host:port`: for a node that listens on all addresses, one of them. */
export function reachedAt({ host, port }: ListeningPlace): string {
  const isAny = host === '0.0.0.0' || host === '::'
  return place(isAny ? (networkAddress() ?? '127.0.0.1') : host, port)
}

/** An address of this machine that others in its network can use. */
function networkAddress(): string | undefined {
  return readInterfaces().find(({ internal, family }) => !internal && family === 'IPv4')?.address
}

/**
 * Says what to do about an error of `listen`; other errors as they are.
 *
 * @param command the program with the flag that chooses a port: `npm start -- --port`, for example
 * @param join the same with the flag that joins a place
 */
export function explainListening(
  error: Error,
  { host, port }: ListeningPlace,
  { command, join }: { command: string; join: string }
): string {
  const where = place(host, port)
  switch (error instanceof WebTorrentDHTError && error.code) {
    case 'EADDRINUSE': {
      const other = port < 65535 ? port + 1 : port - 1
      return `Port ${port} is taken. Choose another (${command} ${other}), or join the node that has it (${join} ${where}).`
    }
    case 'EACCES':
      return `Port ${port} is not allowed to you. Choose one above 1023: ${command} 16881`
    case 'EADDRNOTAVAIL':
      return `${host} is not an address of this machine. Choose another: --host 127.0.0.1, or --host 0.0.0.0 for all`
    case 'ELISTEN':
      return `Cannot listen on ${where}: ${messageOf(error.cause)}`
    default:
      return messageOf(error)
  }
}
