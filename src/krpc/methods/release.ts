/** `release` (docs/beps/letting-go.md): asks the other end to release this connection, so that it can be closed. */

import { PeerConnection } from '../../connections/peer-connection.js'
import type { Releasing } from '../../signal-exchange/releasing.js'
import { shape } from '../../wire/check.js'
import { KRPC_ERROR, KRPCError } from '../errors.js'
import { createFields } from '../fields.js'
import { defineMethod } from '../method.js'

export function release({ idLength, releasing }: { idLength: number; releasing: Releasing }) {
  const { id } = createFields(idLength)
  return defineMethod({
    name: 'release',
    query: shape({ id }),
    reply: shape({ id }),
    isUse: false,
    respond(_, { link }) {
      const isReleased = link instanceof PeerConnection && releasing.release(link)
      if (!isReleased) throw new KRPCError(KRPC_ERROR.NEEDED, 'the connection is needed')
      return { values: {} }
    }
  })
}
