/** Finds options that nobody knows: a misspelt name would do nothing, and say nothing. */

import { quote } from './arguments.js'
import { WebTorrentDHTError } from './errors.js'
import type { WebTorrentDHTOptions } from './options.js'
import { suggest } from './unknown-name.js'

/** Every option; the compiler holds the list to the type. `true`: for applications. */
const KNOWN: Record<keyof WebTorrentDHTOptions, boolean> = {
  key: true,
  nodeId: true,
  id: true,
  bootstrap: true,
  nodes: true,
  entrances: true,
  network: true,
  udpDht: true,
  localNetwork: true,
  host: true,
  concurrency: true,
  backgroundConcurrency: true,
  timeout: true,
  hash: true,
  idLength: true,
  verify: true,
  maxAge: true,
  maxTables: true,
  maxValues: true,
  maxPeers: true,
  timeBucketOutdated: true,
  state: true,
  store: true,
  k: true,
  lookupWidth: true,
  extensions: true,
  simple_peer_opts: true,
  simple_peer_constructor: true,
  http_address: true,
  peer_connection_timeout: true,
  maxConnections: true,
  maxPendingConnections: true,
  exemptLocal: true,
  limits: true,
  trustProxy: true,
  tls: true,
  httpLimits: true,
  requestListener: true,
  turn: true,
  useTurn: true,
  krpc: true,
  krpcSocket: true,
  platform: false
}

/** Options of k-rpc-socket that have no meaning over WebRTC. */
const OF_UPSTREAM = ['socket', 'isIP']

const SUGGESTED = [
  ...Object.entries(KNOWN).flatMap(([name, isSuggested]) => (isSuggested ? name : [])),
  'simple_peer_opts.config.iceServers'
]

/** Warns, on the next tick, of each option that nobody knows. */
export function warnOfUnknownOptions(given: object, warn: (warning: WebTorrentDHTError) => void): void {
  const unknown = Object.entries(given).flatMap(([name, value]) =>
    value === undefined || Object.hasOwn(KNOWN, name) || OF_UPSTREAM.includes(name) ? [] : name
  )
  for (const name of unknown) {
    const text = `There is no option ${quote(name)}${suggest(name, SUGGESTED)}`
    process.nextTick(() => warn(new WebTorrentDHTError('EUNKNOWNOPTION', text)))
  }
}
