/** `put_topic` (docs/beps/topics.md): stores a signed value under a topic, beside those of others. */

import { andThen } from '../../awaitable.js'
import { Id } from '../../id.js'
import { shape } from '../../wire/check.js'
import { KRPC_ERROR, KRPCError } from '../errors.js'
import { createFields } from '../fields.js'
import { defineMethod } from '../method.js'
import { TOPIC_VALUE_FIELDS } from '../topic-fields.js'
import type { DhtParts } from './dht-parts.js'

export function putTopic({ idLength, tokens, topics }: DhtParts) {
  const { id, token } = createFields(idLength)
  return defineMethod({
    name: 'put_topic',
    query: shape({ id, info_hash: id, token, ...TOPIC_VALUE_FIELDS }),
    reply: shape({ id }),
    charge: rateLimits => (rateLimits.take('stores') ? undefined : 'too many stores'),
    respond({ info_hash, token, k, sig, seq, until, v }, asker) {
      if (!tokens.isValid(asker.id, token)) {
        throw new KRPCError(KRPC_ERROR.PROTOCOL, 'cannot `put_topic` with bad token')
      }
      return andThen(topics.put(asker, Id.of(info_hash), { k, sig, seq, until, v }), () => ({ values: {} }))
    }
  })
}
