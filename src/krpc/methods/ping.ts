/** `ping` (BEP 5), which is also the keep-alive of quiet connections: so every node answers it. */

import { shape } from '../../wire/check.js'
import { createFields } from '../fields.js'
import { defineMethod } from '../method.js'

interface Parts {
  idLength: number
  /** Whether the node has a DHT. */
  isOfDht?: boolean
}

export function ping({ idLength, isOfDht = false }: Parts) {
  const { id } = createFields(idLength)
  return defineMethod({
    name: 'ping',
    query: shape({ id }),
    reply: shape({ id }),
    isUse: false,
    ...(!isOfDht && { mayBeForeign: (args: unknown) => !isIdAlone(args) }),
    respond: () => ({ values: {} })
  })
}

/** A keep-alive has no argument but the asker's id. */
function isIdAlone(args: unknown): boolean {
  return typeof args === 'object' && args !== null && Object.keys(args).join() === 'id'
}
