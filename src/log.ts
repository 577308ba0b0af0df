/**
 * The log of a node with `DEBUG=webtorrent-dht` (Node.js) or `localStorage.debug = 'webtorrent-dht'`
 * (browser). One namespace, so that the name alone shows everything.
 */

import createDebug from 'debug'

const debug = createDebug('webtorrent-dht')

export interface Log {
  (format: string, ...values: unknown[]): void
  readonly enabled: boolean
}

/** A logger that puts the beginning of a node's id before each line, so that several nodes in a process can be told apart. */
export function createLog(idHex: string): Log {
  const prefix = `[${idHex.slice(0, 7)}] `
  const log = (format: string, ...values: unknown[]) => {
    if (debug.enabled) debug(prefix + format, ...values)
  }
  return Object.defineProperty(log, 'enabled', { get: () => debug.enabled }) as Log
}
