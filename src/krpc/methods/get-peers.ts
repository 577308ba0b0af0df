/** `get_peers` (BEP 5): the peers of a torrent that are stored here, or the nodes that are nearest to its info hash. */

import { andThen } from '../../awaitable.js'
import { Id } from '../../id.js'
import type { StoredPeer } from '../../signal-exchange/leading.js'
import { shape } from '../../wire/check.js'
import { createFields } from '../fields.js'
import { defineMethod } from '../method.js'
import type { DhtParts } from './dht-parts.js'

export function getPeers({ idLength, leading, events, announcements, tokens }: DhtParts) {
  const { id, offers, recursive, token, leads, values, paths } = createFields(idLength)
  return defineMethod({
    name: 'get_peers',
    query: shape({ id, info_hash: id }, { signals: offers, recursive }),
    reply: shape({ id }, { ...leads, token, values, paths }),
    isIntroducing: true,
    respond(args, asker) {
      events.emit('get_peers', args.info_hash)
      const infoHash = Id.of(args.info_hash)
      const query = { method: 'get_peers', args }
      const replyWith = (peers: readonly StoredPeer[]) => {
        const r = { token: tokens.create(asker.id) }
        return peers.length > 0
          ? leading.toPeers(infoHash, peers, query, asker, r)
          : leading.toContacts(infoHash, query, asker, r)
      }
      return andThen(announcements.get(infoHash), replyWith)
    }
  })
}
