/** Somebody is connected to 4 of 10 nodes under the id of a node that joins later. Who is reached by dials to that id? */

import { setTimeout as pause } from 'node:timers/promises'
import type { AttackRow } from '../../test/attacks/row.js'
import { createJoined, createNode, destroyAll, eventually, placeOf } from '../../test/helpers/nodes.js'
import type { RawMessage } from '../../test/helpers/raw-client.js'
import { answerAs, createOpenNode, createStranger, takeDial } from './actors.js'

const SECONDS = 1000
const NODES = 10
const TAKEN = 4

export async function measureSameId(): Promise<AttackRow> {
  const first = await createOpenNode()
  const members = [first]
  for (let i = 1; i < NODES; i++) {
    const member = await createJoined(first)
    await new Promise<void>(resolve => member.listen(0, resolve))
    members.push(member)
  }
  const victim = await createNode() // it has its id, and knows nobody yet
  const id = Buffer.from(victim.nodeId)
  let reached = 0
  const answer = (query: RawMessage) =>
    query.q === 'dial' ? takeDial(query, id, () => reached++) : answerAs(id)(query)
  const impostors = await Promise.all(
    members
      .slice(-TAKEN)
      .map(member => createStranger(placeOf(member), { id, answers: answer }).catch(() => null))
  )
  victim.handle('attack', dial => void dial.accept().on('error', () => {}))
  victim.addNode({ host: '127.0.0.1', port: first.address().port })
  await eventually(() => victim.nodes.count() > 0)
  await pause(8 * SECONDS)
  for (const member of members) {
    const peer = await member.dial(id, 'attack').catch(() => null)
    peer?.on('error', () => {})
    peer?.send('secret')
    await pause(0.3 * SECONDS)
    peer?.destroy()
  }
  await Promise.all(impostors.map(impostor => impostor?.close()))
  await destroyAll(victim, ...members)
  return {
    attack: 'the same id at 4 of 10 nodes: dials that reach the impostor',
    measured: `${reached} of ${NODES}`,
    wanted: '0 of 10, for bound ids',
    isAsWanted: reached === 0
  }
}
