/** `neighbours` (bep.md), the gossip: a node tells its neighbours which nodes it is connected to. */

import { PeerConnection } from '../../connections/peer-connection.js'
import type { NeighboursOfNeighbours } from '../../routes/neighbours-of-neighbours.js'
import { shape } from '../../wire/check.js'
import { createFields, MAX_NEIGHBOURS } from '../fields.js'
import { defineMethod } from '../method.js'

interface Parts {
  idLength: number
  neighboursOfNeighbours: NeighboursOfNeighbours
}

export function neighbours({ idLength, neighboursOfNeighbours }: Parts) {
  const { id, ids } = createFields(idLength)
  return defineMethod({
    name: 'neighbours',
    query: shape({ id, neighbours: ids(MAX_NEIGHBOURS) }),
    reply: shape({ id }),
    isUse: false,
    respond({ neighbours }, { link }) {
      // A node that asks over a route is not our neighbour; one without `route` leads nowhere.
      if (link instanceof PeerConnection && link.speaksRoute) neighboursOfNeighbours.toldBy(link, neighbours)
      return { values: {} }
    }
  })
}
