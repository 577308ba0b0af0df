/** `dial` (bep.md): an offer for the application. */

import { messageOf } from '../../errors.js'
import type { Id } from '../../id.js'
import { shape, text } from '../../wire/check.js'
import { encodeSignal, MAX_PROTOCOL_BYTES, type Signal } from '../../wire/signal.js'
import { KRPC_ERROR, KRPCError } from '../errors.js'
import { createFields } from '../fields.js'
import { defineMethod } from '../method.js'

interface Parts {
  idLength: number
  applicationSignals: {
    /** @throws KRPCError, or why there is no answer */
    answer(caller: Id, protocol: string, offer: Signal): Promise<Signal>
  }
}

export function dial({ idLength, applicationSignals }: Parts) {
  const { id, offer, answer } = createFields(idLength)
  return defineMethod({
    name: 'dial',
    query: shape({ id, protocol: text(MAX_PROTOCOL_BYTES), signal: offer }),
    reply: shape({ id }, { signal: answer }),
    charge: ({ dials }) => (dials.take() ? undefined : 'too many dials'),
    async answer({ protocol, signal }, { id }) {
      try {
        return { values: { signal: encodeSignal(await applicationSignals.answer(id, protocol, signal)) } }
      } catch (error) {
        throw error instanceof KRPCError ? error : new KRPCError(KRPC_ERROR.GENERIC, messageOf(error))
      }
    }
  })
}
