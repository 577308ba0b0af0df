/** `put` (BEP 44): stores a value, under its hash or under the public key that it is signed with. */

import { shape } from '../../wire/check.js'
import { isTooLong, MAX_SALT_BYTES } from '../../wire/value-limits.js'
import { KRPC_ERROR, KRPCError } from '../errors.js'
import { createFields } from '../fields.js'
import { defineMethod } from '../method.js'
import type { DhtParts } from './dht-parts.js'

export function put({ idLength, storedValues, tokens, events }: DhtParts) {
  const { id, token, value, publicKey, signature, salt, seq } = createFields(idLength)
  return defineMethod({
    name: 'put',
    query: shape({ id, token, v: value }, { k: publicKey, sig: signature, seq, salt, cas: seq }),
    reply: shape({ id }),
    check({ k, sig, seq }) {
      const isMutable = k !== undefined || sig !== undefined
      const isSigned = k !== undefined && sig !== undefined && seq !== undefined
      return isMutable && !isSigned ? 'a mutable value needs `k`, `sig` and `seq`' : undefined
    },
    charge: rateLimits => (rateLimits.take('stores') ? undefined : 'too many stores'),
    async respond({ token, cas, v, k, sig, seq, salt }, asker) {
      if (!tokens.isValid(asker.id, token)) {
        throw new KRPCError(KRPC_ERROR.PROTOCOL, 'cannot `put` with bad token')
      }
      if (isTooLong(v)) throw new KRPCError(KRPC_ERROR.TOO_LONG, 'data payload too large')
      if (salt && salt.length > MAX_SALT_BYTES)
        throw new KRPCError(KRPC_ERROR.SALT_TOO_LONG, 'salt too large')
      const isSalted = salt !== undefined && salt.length > 0 // an empty salt is none (BEP 44)
      const value = { v, id: asker.id.bytes, ...(k && { k, sig, seq, ...(isSalted && { salt }) }) }
      events.emit('put', storedValues.keyOf(value).bytes, v)
      await storedValues.put(asker, value, cas)
      return { values: {} }
    }
  })
}
