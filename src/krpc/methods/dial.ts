/** `dial` (docs/beps/dials.md): an offer for the application. */

import type { Link } from '../../connections/link.js'
import type { Id } from '../../id.js'
import { shape, text } from '../../wire/check.js'
import { encodeSignal, MAX_PROTOCOL_BYTES, MAX_UFRAG_BYTES, type Signal } from '../../wire/signal.js'
import { refusalOf } from '../errors.js'
import { createFields } from '../fields.js'
import { defineMethod } from '../method.js'

interface Parts {
  idLength: number
  applicationSignals: {
    /** @throws KRPCError, or why there is no answer: `ENOTPROVEN` */
    answer(caller: Id, protocol: string, offer: Signal, link: Link, replaces?: string): Promise<Signal>
  }
}

export function dial({ idLength, applicationSignals }: Parts) {
  const { id, offer, answer } = createFields(idLength)
  return defineMethod({
    name: 'dial',
    query: shape(
      { id, protocol: text(MAX_PROTOCOL_BYTES), signal: offer },
      { replaces: text(MAX_UFRAG_BYTES) }
    ),
    reply: shape({ id }, { signal: answer }),
    charge: rateLimits => (rateLimits.take('dials') ? undefined : 'too many dials'),
    async respond({ protocol, signal, replaces }, { id, link }) {
      try {
        return {
          values: {
            signal: encodeSignal(await applicationSignals.answer(id, protocol, signal, link, replaces))
          }
        }
      } catch (error) {
        throw refusalOf(error)
      }
    }
  })
}
