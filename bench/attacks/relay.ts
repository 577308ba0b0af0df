/** A relay on the way of a dial answers it in the place of the dialled node. How many calls does it read? */

import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { AttackRow } from '../../test/attacks/row.js'
import { createNode, destroyAll, placeOf } from '../../test/helpers/nodes.js'
import type { RawMessage } from '../../test/helpers/raw-client.js'
import { answerAs, createOpenNode, createStranger, takeDial } from './actors.js'

const SECONDS = 1000
const DIALS = 5

export async function measureRelay(): Promise<AttackRow> {
  const caller = await createOpenNode()
  const target = await createNode() // real, and its id is known to the caller from elsewhere
  const id = Buffer.from(target.nodeId)
  let read = 0
  const answerBehind = (query: RawMessage) =>
    query.q === 'dial' ? takeDial(query, id, () => read++) : answerAs(id)(query)
  const own = randomBytes(20)
  const relay = await createStranger(placeOf(caller), { id: own, answersBehind: answerBehind })
  await relay.query('neighbours', { id: own, neighbours: id })
  for (let i = 0; i < DIALS; i++) {
    const peer = await caller.dial(id, 'attack').catch(() => null)
    peer?.on('error', () => {})
    peer?.send('secret')
    await pause(0.3 * SECONDS)
    peer?.destroy()
  }
  await relay.close()
  await destroyAll(caller, target)
  return {
    attack: 'a relay in the middle of a dial: calls that it reads',
    measured: `${read} of ${DIALS}`,
    wanted: '0, for bound ids',
    isAsWanted: read === 0
  }
}
