/** `get` (BEP 44): the value that is stored here under a key, or the nodes that are nearest to the key. */

import { andThen } from '../../awaitable.js'
import { Id } from '../../id.js'
import type { StoredValue } from '../../upstream.js'
import { shape } from '../../wire/check.js'
import { createFields } from '../fields.js'
import { defineMethod } from '../method.js'
import type { DhtParts } from './dht-parts.js'

export function get({ idLength, leading, events, storedValues, tokens }: DhtParts) {
  const { id, offers, recursive, token, leads, seq, value, publicKey, signature } = createFields(idLength)
  return defineMethod({
    name: 'get',
    query: shape({ id, target: id }, { signals: offers, recursive, seq }),
    reply: shape({ id }, { ...leads, token, v: value, k: publicKey, sig: signature, seq }),
    isIntroducing: true,
    respond(args, asker) {
      const target = Id.of(args.target)
      const query = { method: 'get', args }
      const replyWith = (stored: StoredValue | undefined) => {
        events.emit('get', args.target, stored)
        const token = tokens.create(asker.id)
        if (!stored) return leading.toContacts(target, query, asker, { token })
        return leading.beside(target, query, asker, { token, ...fieldsOf(stored, args.seq) })
      }
      return andThen(storedValues.get(target), replyWith)
    }
  })
}

/** @param known the version that the asker has: it gets newer ones only (BEP 44) */
function fieldsOf({ v, k, sig, seq = 0 }: StoredValue, known: number | undefined): Record<string, unknown> {
  if (!sig) return { v }
  return known !== undefined && seq <= known ? { seq } : { v, k, sig, seq }
}
