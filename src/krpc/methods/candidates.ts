/** `candidates` (docs/beps/candidates.md): candidates that follow their description, for this node or for `target`. */

import { Id } from '../../id.js'
import type { LateCandidates } from '../../signal-exchange/late-candidates.js'
import { MAX_CANDIDATES } from '../../wire/candidates.js'
import { list, shape, text } from '../../wire/check.js'
import { MAX_LINE_BYTES } from '../../wire/late-candidates.js'
import { MAX_UFRAG_BYTES } from '../../wire/signal.js'
import { createFields } from '../fields.js'
import { defineMethod } from '../method.js'

interface Parts {
  id: Id
  idLength: number
  late: LateCandidates
}

export function candidates({ id: ownId, idLength, late }: Parts) {
  const { id } = createFields(idLength)
  return defineMethod({
    name: 'candidates',
    query: shape(
      { id, ufrag: text(MAX_UFRAG_BYTES), candidates: list(MAX_CANDIDATES, text(MAX_LINE_BYTES)) },
      { target: id, from: id }
    ),
    reply: shape({ id }),
    isUse: false,
    charge: (rateLimits, { target }) =>
      target && !rateLimits.take('introductions') ? 'too many introductions' : undefined,
    respond({ ufrag, candidates, target, from }, { link, id: asker }) {
      const isForOther = target && !ownId.bytes.equals(target)
      if (isForOther) late.relay(link, Id.of(target), { ufrag, candidates })
      else late.take(link, from ? Id.of(from) : asker, { ufrag, candidates })
      return { values: {} }
    }
  })
}
