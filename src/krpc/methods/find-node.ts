/** `find_node` (BEP 5): the nodes that are nearest to a target. */

import { Id } from '../../id.js'
import { shape } from '../../wire/check.js'
import { createFields } from '../fields.js'
import { defineMethod } from '../method.js'
import type { DhtParts } from './dht-parts.js'

export function findNode({ idLength, leading, events }: DhtParts) {
  const { id, offers, recursive, token, leads } = createFields(idLength)
  return defineMethod({
    name: 'find_node',
    query: shape({ id, target: id }, { signals: offers, recursive }),
    reply: shape({ id }, { ...leads, token }),
    isIntroducing: true,
    respond(args, asker) {
      events.emit('find_node', args.target)
      return leading.toContacts(Id.of(args.target), { method: 'find_node', args }, asker)
    }
  })
}
