/** A second connection under a connected node's id: it waits without an id, and says then that it is that node. */

import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { lookup } from '../../test/helpers/lookups.js'
import { createJoined, destroyAll, placeOf } from '../../test/helpers/nodes.js'
import type { RawMessage } from '../../test/helpers/raw-client.js'
import { answerAs, createOpenNode, createStranger, takeDial } from './actors.js'
import type { Row } from './row.js'

const SECONDS = 1000
const OTHERS = 4
const PORT = 6666

export async function measureUnderstudy(): Promise<Row> {
  const node = await createOpenNode()
  const others = await Promise.all(Array.from({ length: OTHERS }, () => createJoined(node)))
  let heard = ''
  const as = { id: Buffer.alloc(20) }
  const answer = (query: RawMessage) =>
    query.q === 'dial' ? takeDial(query, as.id, data => (heard += Buffer.from(data))) : answerAs(as.id)(query)
  const understudy = await createStranger(placeOf(node), { id: null, answers: answer, answersBehind: answer })
  const victim = await createJoined(node)
  as.id = Buffer.from(victim.nodeId)
  try {
    await pause(0.5 * SECONDS)
    if (!understudy.isClosed) understudy.sendMessage({ t: 'u', y: 'q', q: 'ping', a: { id: as.id } })
    await pause(4 * SECONDS)
    const stays = !understudy.isClosed
    const announces = stays && (await announceAs(understudy, as.id, others[0]))
    await destroyAll(victim)
    await pause(4.5 * SECONDS)
    const caller = others[1]
    const peer = await caller?.dial(victim.nodeId, 'attack').catch(() => null)
    peer?.send('secret')
    await pause(0.5 * SECONDS)
    peer?.destroy()
    const deeds = [stays && 'stays', announces && 'announces', heard === 'secret' && 'is dialled']
    const done = deeds.filter(Boolean)
    return {
      attack: 'understudy: a second connection under a connected id',
      figure: done.length > 0 ? `owned: ${done.join(', ')}` : '0',
      wanted: '0, for bound ids'
    }
  } finally {
    await understudy.close()
    await destroyAll(node, ...others)
  }
}

async function announceAs(
  understudy: Awaited<ReturnType<typeof createStranger>>,
  id: Buffer,
  asker: Awaited<ReturnType<typeof createJoined>> | undefined
): Promise<boolean> {
  const info_hash = randomBytes(20)
  const { r } = await understudy.query('get_peers', { id, info_hash }).catch(() => ({ r: undefined }))
  if (!r?.token || !asker) return false
  await understudy.query('announce_peer', { id, info_hash, token: r.token, port: PORT }).catch(() => {})
  const { ids } = await lookup(asker, info_hash.toString('hex'))
  return ids.includes(id.toString('hex'))
}
