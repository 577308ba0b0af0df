/** A second connection under a connected id, opened before, with or long after the node's own: what does it get? */

import { randomBytes } from 'node:crypto'
import { Id } from '../../src/id.js'
import type WebTorrentDHT from '../../src/index.js'
import { createJoined, createNode, destroyAll, eventually } from '../helpers/nodes.js'
import { RawClient } from '../helpers/raw-client.js'
import type { AttackRow } from './row.js'

const tableOf = (node: WebTorrentDHT) => node.socket.node.table

export interface Understudied {
  /** Queries of the attacker's that were answered as if the node had sent them. */
  answered: number
  /** Whether its connection outlived the question whose it is. */
  isLeft: boolean
  /** Whether the node itself is still connected, with its tags. */
  isHarmed: boolean
  /** Whether the attacker is connected under the id after the node has left. */
  hasInherited: boolean
}

/** @param isEarly whether the attacker connects before the node, and says an id only after it */
export async function runUnderstudy(isEarly: boolean): Promise<Understudied> {
  const node = await createNode()
  let attacker = isEarly ? await RawClient.connect(node, { id: null }) : undefined
  const victim = await createJoined(node)
  const id = Id.of(victim.nodeId)
  attacker ??= await RawClient.connect(node, { id: null })
  node.socket.add_tag(id.hex, 'needed')
  const own = tableOf(node).get(id)
  let answered = 0
  for (const method of ['find_node', 'get_peers', 'get']) {
    const key = method === 'get_peers' ? 'info_hash' : 'target'
    const query = { id: id.bytes, [key]: randomBytes(20) }
    attacker.query(method, query, 1000).then(
      ({ y }) => {
        if (y === 'r') answered++
      },
      () => {}
    )
  }
  const isLeft = !(await eventually(() => attacker.isClosed, 3000))
  const isHarmed = tableOf(node).get(id) !== own || !own?.isOpen || !own.tags.has('needed')
  await destroyAll(victim)
  await eventually(() => own?.isClosed === true)
  const hasInherited = tableOf(node).get(id) !== undefined
  await attacker.close()
  await destroyAll(node)
  return { answered, isLeft, isHarmed, hasInherited }
}

/** A row of the table of attacks. */
export async function understudy(): Promise<AttackRow> {
  const runs = [await runUnderstudy(true), await runUnderstudy(false)]
  const taken = runs.filter(run => run.answered > 0 || run.isLeft || run.isHarmed || run.hasInherited).length
  return {
    attack: 'second connection under a connected id',
    measured: `${taken} of ${runs.length} got anything`,
    wanted: '0',
    isAsWanted: taken === 0
  }
}
