/** `tell_peers` (docs/beps/watching.md): a node that stores announcements of a torrent tells this one, which watches it, of new ones. */

import { Id } from '../../id.js'
import { shape } from '../../wire/check.js'
import { KRPC_ERROR, KRPCError } from '../errors.js'
import { createFields } from '../fields.js'
import { defineMethod } from '../method.js'
import type { DhtParts } from './dht-parts.js'

export function tellPeers({ idLength, watches }: DhtParts) {
  const { id, values } = createFields(idLength)
  return defineMethod({
    name: 'tell_peers',
    query: shape({ id, info_hash: id, values }),
    reply: shape({ id }),
    respond(args, asker) {
      const isWatched = watches.told(asker, Id.of(args.info_hash), args.values)
      if (!isWatched) throw new KRPCError(KRPC_ERROR.REFUSED, 'this node does not watch that here')
      return { values: {} }
    }
  })
}
