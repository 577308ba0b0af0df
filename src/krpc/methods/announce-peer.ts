/** `announce_peer` (BEP 5): the asker has the torrent. */

import { Id } from '../../id.js'
import { integer, shape } from '../../wire/check.js'
import { MAX_PORT } from '../../wire/compact.js'
import { KRPC_ERROR, KRPCError } from '../errors.js'
import { createFields } from '../fields.js'
import { defineMethod } from '../method.js'
import type { DhtParts } from './dht-parts.js'

export function announcePeer({ idLength, announcements, tokens, events }: DhtParts) {
  const { id, token } = createFields(idLength)
  return defineMethod({
    name: 'announce_peer',
    query: shape({ id, info_hash: id, token }, { port: integer(0, MAX_PORT), implied_port: integer(0, 1) }),
    reply: shape({ id }),
    check: ({ port, implied_port }) =>
      port || implied_port === 1 ? undefined : '`port` is missing, and not implied',
    charge: rateLimits => (rateLimits.take('stores') ? undefined : 'too many stores'),
    async respond(args, asker) {
      if (!tokens.isValid(asker.id, args.token)) {
        throw new KRPCError(KRPC_ERROR.PROTOCOL, 'cannot `announce_peer` with bad token')
      }
      const { host, port: ownPort } = asker.address
      const port = (args.implied_port ? ownPort : args.port) ?? 0
      if (port === 0) throw new KRPCError(KRPC_ERROR.PROTOCOL, 'the port is not known')
      events.emit('announce_peer', args.info_hash, { host, port: ownPort })
      await announcements.add(asker, Id.of(args.info_hash), { host, port })
      return { values: {} }
    }
  })
}
