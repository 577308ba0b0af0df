/** Finds options that nobody knows: a misspelt name would do nothing, and say nothing. */

import { quote } from './arguments.js'
import { WebTorrentDHTError } from './errors.js'
import type { WebTorrentDHTOptions } from './options.js'

/** Every option; the compiler holds the list to the type. `true`: for applications. */
const KNOWN: Record<keyof WebTorrentDHTOptions, boolean> = {
  key: true,
  nodeId: true,
  id: true,
  bootstrap: true,
  nodes: true,
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
  httpLimits: true,
  requestListener: true,
  krpc: true,
  krpcSocket: true,
  platform: false
}

/** Options of k-rpc-socket that have no meaning over WebRTC. */
const OF_UPSTREAM = ['socket', 'isIP']

/** Warns, on the next tick, of each option that nobody knows. */
export function warnOfUnknownOptions(given: object, warn: (warning: WebTorrentDHTError) => void): void {
  const unknown = Object.entries(given).flatMap(([name, value]) =>
    value === undefined || Object.hasOwn(KNOWN, name) || OF_UPSTREAM.includes(name) ? [] : name
  )
  for (const name of unknown) {
    const text = `There is no option ${quote(name)}; the nearest is '${nearestTo(name)}'`
    process.nextTick(() => warn(new WebTorrentDHTError('EUNKNOWNOPTION', text)))
  }
}

function nearestTo(name: string): string {
  const names = Object.entries(KNOWN).flatMap(([known, isSuggested]) => (isSuggested ? known : []))
  const distances = new Map(names.map(known => [known, editDistance(plain(name), plain(known))]))
  return names.reduce((a, b) => ((distances.get(b) ?? 0) < (distances.get(a) ?? 0) ? b : a))
}

/** Names are written in two ways here: `maxConnections`, `peer_connection_timeout`. */
function plain(name: string): string {
  return name.slice(0, 64).toLowerCase().replaceAll('_', '')
}

/** How many characters must be changed, added or taken away (Levenshtein). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const [above = 0, diagonal = 0, left = 0] = [row[j], row[j - 1], next[j - 1]]
      next.push(Math.min(above + 1, left + 1, diagonal + Number(a[i - 1] !== b[j - 1])))
    }
    row = next
  }
  return row[b.length] ?? 0
}
