/** `ping` (BEP 5): is the node there? */

import { shape } from '../../wire/check.js'
import { createFields } from '../fields.js'
import { defineMethod } from '../method.js'

export function ping({ idLength }: { idLength: number }) {
  const { id } = createFields(idLength)
  return defineMethod({
    name: 'ping',
    query: shape({ id }),
    reply: shape({ id }),
    isUse: false,
    answer: () => ({ values: {} })
  })
}
