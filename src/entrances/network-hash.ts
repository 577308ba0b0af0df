/** Under which info hash the nodes of a network meet on trackers and in the DHT of UDP. */

import { createHash } from 'node:crypto'

/** @param network the option `network` @returns 20 bytes */
export function hashOfNetwork(network: string): Buffer {
  return createHash('sha1')
    .update(Buffer.from(`webtorrent-dht ${network}`))
    .digest()
}
