/** `ping` (BEP 5): is the node there? Each node answers it, since quiet connections are kept alive by it. */

import { shape } from '../../wire/check.js'
import { createFields } from '../fields.js'
import { defineMethod } from '../method.js'

interface Parts {
  idLength: number
  /** Whether a DHT uses the name. */
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
    answer: () => ({ values: {} })
  })
}

/** Keep-alive says no more than who asks. */
function isIdAlone(args: unknown): boolean {
  return typeof args === 'object' && args !== null && Object.keys(args).join() === 'id'
}
