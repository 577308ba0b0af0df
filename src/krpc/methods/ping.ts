/** `ping` (BEP 5): is the node there? */

import { createFields } from '../fields.js'
import { defineMethod } from '../method.js'

export function ping({ idLength }: { idLength: number }) {
  const { id } = createFields(idLength)
  return defineMethod({
    name: 'ping',
    query: { required: { id }, optional: {} },
    reply: { required: { id }, optional: {} },
    isUse: false,
    answer: () => ({ values: {} })
  })
}
