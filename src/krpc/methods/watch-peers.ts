/** `watch_peers` (docs/beps/watching.md): the asker wants to be told who announces a torrent from now on; the reply has those who have. */

import { andThen } from '../../awaitable.js'
import { Id } from '../../id.js'
import { integer, shape } from '../../wire/check.js'
import { KRPC_ERROR, KRPCError } from '../errors.js'
import { createFields, MAX_VALUES } from '../fields.js'
import { defineMethod } from '../method.js'
import type { DhtParts } from './dht-parts.js'

export function watchPeers({ idLength, announcements, tokens, watchers }: DhtParts) {
  const { id, token, values } = createFields(idLength)
  return defineMethod({
    name: 'watch_peers',
    query: shape({ id, info_hash: id, token }, { stop: integer(0, 1) }),
    reply: shape({ id }, { values }),
    charge: rateLimits => (rateLimits.take('stores') ? undefined : 'too many stores'),
    respond(args, asker) {
      if (!tokens.isValid(asker.id, args.token)) {
        throw new KRPCError(KRPC_ERROR.PROTOCOL, 'cannot `watch_peers` with bad token')
      }
      const infoHash = Id.of(args.info_hash)
      if (args.stop === 1) {
        watchers.remove(asker, infoHash)
        return { values: {} }
      }
      watchers.add(asker, infoHash)
      return andThen(announcements.get(infoHash), peers => ({
        values: { values: peers.slice(-MAX_VALUES).map(({ record }) => record) }
      }))
    }
  })
}
