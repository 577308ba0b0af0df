/** `get_topic` (docs/beps/topics.md): the values that are stored here under a topic, in the order of their keys, as many as a reply holds. */

import { Id } from '../../id.js'
import { byteString, integer, shape } from '../../wire/check.js'
import { createFields } from '../fields.js'
import { defineMethod } from '../method.js'
import { pageOf, TOPIC_VALUES } from '../topic-fields.js'
import type { DhtParts } from './dht-parts.js'

export function getTopic({ idLength, topics }: DhtParts) {
  const { id } = createFields(idLength)
  return defineMethod({
    name: 'get_topic',
    query: shape({ id, info_hash: id }, { after: byteString(32) }),
    reply: shape({ id }, { stored: TOPIC_VALUES, more: integer(0, 1) }),
    respond({ info_hash, after }) {
      const all = topics.get(Id.of(info_hash), after)
      const stored = pageOf(all)
      return { values: { stored, ...(stored.length < all.length && { more: 1 }) } }
    }
  })
}
