/** Addresses that strangers have announced, as they are handed to WebTorrent, which opens TCP connections to them. */

import { addressKind } from '../wire/address-kind.js'

const WINDOW = 60_000
/** In a minute, for all torrents: WebTorrent connects to 55 peers of a torrent at most. */
const MAX_PER_WINDOW = 60
/** In a minute to one host: announcements cost nothing, and could all name the same victim. */
const MAX_PER_HOST = 2

const FIRST_FREE_PORT = 1024
/** The bad ports of the Fetch standard from 1024 on, and other services that listen there. */
const SERVICE_PORTS = [
  ...[1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679],
  ...[6697, 10080, 1433, 1521, 2375, 2376, 3306, 3389, 5432, 5900, 5984, 6379, 9200, 11211, 27017]
]

export class StrangersAddresses {
  readonly #isLocal: () => boolean
  #windowEnd = 0
  #taken = new Map<string, number>()
  #count = 0

  /** @param isLocal whether no stranger comes from elsewhere: then private addresses are good */
  constructor(isLocal: () => boolean) {
    this.#isLocal = isLocal
  }

  /** Takes an address, if it may be handed on. */
  take(host: string, port: number): boolean {
    if (!this.#isGood(host, port)) return false
    const now = performance.now()
    if (now >= this.#windowEnd) {
      this.#windowEnd = now + WINDOW
      this.#taken.clear()
      this.#count = 0
    }
    const ofHost = this.#taken.get(host) ?? 0
    if (this.#count >= MAX_PER_WINDOW || (ofHost >= MAX_PER_HOST && !this.#isLocal())) return false
    this.#taken.set(host, ofHost + 1)
    this.#count++
    return true
  }

  #isGood(host: string, port: number): boolean {
    const kind = addressKind(host)
    if (kind === 'unusable' || (kind !== 'public' && !this.#isLocal())) return false
    return port >= FIRST_FREE_PORT && port <= 65535 && !SERVICE_PORTS.includes(port)
  }
}
