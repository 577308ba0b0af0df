/** The options that only the packages need that this one extends. They check none of them. */

import { invalid, optional, readFunction, readPositive } from './arguments.js'
import type { Verify } from './upstream.js'

/** The longest time of a timer, in milliseconds; a longer one would be 1 ms. */
export const LONGEST_TIME = 2 ** 31 - 1

/** Options of `bittorrent-dht` and `k-rpc`. */
export interface UpstreamOptions {
  /** This node's own address for announcements that it makes itself, so that its own lookups find them. */
  host?: string | false
  /** Queries at the same time. Default: 16. */
  concurrency?: number
  /** Queries of searches in the background at the same time. Default: a quarter of `concurrency`. */
  backgroundConcurrency?: number
  /** The hash that gives keys and the length of ids, for a DHT of its own. Default: SHA-1. */
  hash?: (bytes: Uint8Array) => Uint8Array
  /** Checks the ed25519 signatures of mutable values (BEP 44). Default: the platform's own. */
  verify?: Verify
  /** Milliseconds until an announcement is forgotten that was not made again. Default: 45 minutes. */
  maxAge?: number
  /** Searches of which the closest nodes are remembered. Default: 1000. */
  maxTables?: number
  /** Values stored for others. Default: 1000. */
  maxValues?: number
  /** Announcements stored. Default: 10000. */
  maxPeers?: number
  /** Milliseconds after which a quiet routing table is checked. Default: 15 minutes. */
  timeBucketOutdated?: number
}

/** @throws WebTorrentDHTError `EINVAL` */
export function checkUpstreamOptions(given: UpstreamOptions): void {
  const counts = ['concurrency', 'backgroundConcurrency', 'maxTables', 'maxValues', 'maxPeers'] as const
  for (const name of [...counts, 'timeBucketOutdated'] as const) {
    if (given[name] !== 0) optional(readPositive, `options.${name}`, given[name]) // 0: the default
  }
  const isForEver = given.maxAge === 0 || given.maxAge === Number.POSITIVE_INFINITY
  if (!isForEver) optional(readTime, 'options.maxAge', given.maxAge)
  for (const name of ['hash', 'verify'] as const) optional(readFunction, `options.${name}`, given[name])
  const { host } = given
  if (host && typeof host !== 'string') throw invalid('options.host', host, 'an address, or false')
}

/** Milliseconds that a timer can wait. @param least by default any above 0 */
export function readTime(name: string, value: unknown, least = 0): number {
  if (typeof value === 'number' && value > 0 && value >= least && value <= LONGEST_TIME) return value
  throw invalid(
    name,
    value,
    `a number ${least > 0 ? `from ${least} to` : 'above 0, at most'} ${LONGEST_TIME}`
  )
}
