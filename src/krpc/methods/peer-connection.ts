/** `peer_connection` (bep.md): an offer for this node, or for the neighbour that `target` names. */

import { Id } from '../../id.js'
import type { Answering } from '../../signal-exchange/answering.js'
import type { LateCandidates } from '../../signal-exchange/late-candidates.js'
import type { Relaying } from '../../signal-exchange/relaying.js'
import { shape } from '../../wire/check.js'
import { encodeSignal } from '../../wire/signal.js'
import { refusalOf } from '../errors.js'
import { createFields } from '../fields.js'
import { defineMethod } from '../method.js'

interface Parts {
  id: Id
  idLength: number
  answering: Answering
  relaying: Relaying
  late: LateCandidates
}

export function peerConnection({ id: ownId, idLength, answering, relaying, late }: Parts) {
  const { id, offer, answer } = createFields(idLength)
  const isForOther = (target: Buffer | undefined): target is Buffer =>
    target !== undefined && !ownId.bytes.equals(target)
  return defineMethod({
    name: 'peer_connection',
    query: shape({ id, signal: offer }, { target: id }),
    reply: shape({ id }, { signal: answer }),
    charge: (rateLimits, { target }) =>
      isForOther(target) || rateLimits.take('offers') ? undefined : 'too many offers',
    async respond({ signal, target }, { link }) {
      try {
        const reply = isForOther(target)
          ? await relaying.relay(link, Id.of(target), signal)
          : await answering.answerPassedOn(signal, link.via?.hex ?? '', answering.reachOf(link), {
              late: late.wayTo(link, signal.id)
            })
        return { values: reply ? { signal: encodeSignal(reply) } : {} }
      } catch (error) {
        throw refusalOf(error)
      }
    }
  })
}
