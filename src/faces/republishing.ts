/** Has what this node stores and announces published again, by the means of the DHT, and handed over when the node leaves. */

import { inTime, orElse } from '../awaitable.js'
import type { Id } from '../id.js'
import type { HandedOver } from '../storing/handed-over.js'
import { handOver } from '../storing/handing-over.js'
import { Republisher } from '../storing/republisher.js'
import { Republishing } from '../storing/republishing.js'
import type { StoredValues } from '../storing/stored-values.js'
import type { Searches } from './searches.js'
import type { Torrents } from './torrents.js'
import type { Values } from './values.js'

/** Values and announcements that a node republishes: as many as bittorrent-dht stores values. */
const MAX_REPUBLISHED = 1000

export interface RepublishingParts {
  id: Id
  width: number
  stored: StoredValues
  searches: Searches
  values: Values
  torrents: Torrents
}

export interface Publishing {
  republishing: Republishing
  /** @param timeout milliseconds that it takes at most */
  handOver(timeout: number): Promise<HandedOver>
}

export function createPublishing({ id, width, stored, ...parts }: RepublishingParts): Publishing {
  const republisher = new Republisher({
    id,
    width,
    get: key => stored.get(key),
    update: (key, found) => stored.update(key, found),
    search: ({ bytes }, query, onReply) =>
      new Promise(resolve => parts.searches.now(bytes, query, onReply, () => resolve())),
    put: (value, isWanted) => parts.values.republish(value, isWanted),
    announce: (infoHash, port) => parts.torrents.republish(infoHash, port)
  })
  const republishing = new Republishing(republisher, MAX_REPUBLISHED)
  return {
    republishing,
    handOver: async timeout =>
      handOver({
        keys: await orElse(inTime(stored.leave(), timeout, 'the store'), []),
        holdersOf: key => republishing.holdersOf(key),
        handOver: key => republisher.handOver(key),
        timeout
      })
  }
}
