/** Has what this node stores and announces published again, by the means of the DHT. */

import type { Id } from '../id.js'
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

export function createRepublishing({ id, width, stored, ...parts }: RepublishingParts): Republishing {
  const republisher = new Republisher({
    id,
    width,
    get: key => stored.get(key),
    update: (key, found) => stored.update(key, found),
    search: ({ bytes }, query, onReply) =>
      new Promise(resolve => parts.searches.now(bytes, query, onReply, () => resolve())),
    put: value => parts.values.republish(value),
    announce: (infoHash, port) => parts.torrents.republish(infoHash, port)
  })
  return new Republishing(republisher, MAX_REPUBLISHED)
}
