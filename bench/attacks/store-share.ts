/** A neighbour announces over a route in the name of a node until that node's share of the store is used up. Is the node refused? */

import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { destroyAll, placeOf } from '../../test/helpers/nodes.js'
import { decodeRaw, RawClient, type RawMessage } from '../../test/helpers/raw-client.js'
import { answerAs, createOpenNode, createStranger, frameOf, readFrame } from './actors.js'
import type { Row } from './row.js'

/** Announcements that one node may have stored, and some more. */
const ANNOUNCEMENTS = 210
/** A second's worth of them: more are refused for a while. */
const AT_ONCE = 15
const OWN = 10

export async function measureStoreShare(): Promise<Row> {
  const node = await createOpenNode()
  const id = randomBytes(20)
  const victim = await createStranger(placeOf(node), { id })
  const attacker = await connectAttacker(placeOf(node))
  const path = [id, attacker.client.id, Buffer.from(node.nodeId)]
  const ask = (q: string, args: object) => attacker.ask(path, q, { id, ...args })
  const token = (await ask('get_peers', { info_hash: randomBytes(20) })).r?.token
  for (let i = 0; token && i < ANNOUNCEMENTS; i++) {
    await ask('announce_peer', { info_hash: randomBytes(20), token, port: 6666 })
    if (i % AT_ONCE === AT_ONCE - 1) await pause(1000)
  }
  let refused = 0
  for (let i = 0; i < OWN; i++) {
    const info_hash = randomBytes(20)
    const { r } = await victim.query('get_peers', { info_hash })
    const reply = await victim.query('announce_peer', { info_hash, token: r?.token, port: 6881 })
    if (reply.e) refused++
  }
  await attacker.client.close()
  await victim.close()
  await destroyAll(node)
  return {
    attack: 'a share of the store used up in a node’s name: its own announcements refused',
    figure: `${refused} of ${OWN}`,
    wanted: '0'
  }
}

/** A neighbour that sends queries in frames, as if they came from behind it. */
async function connectAttacker(place: string) {
  const waiting = new Map<string, (reply: RawMessage) => void>()
  const onMessage = (message: RawMessage) => {
    const frame = readFrame(message)
    if (frame) waiting.get(frame.t.toString('hex'))?.(decodeRaw(frame.payload))
  }
  const client = await RawClient.connect(place, { extensions: ['introduce', 'route'], onMessage })
  client.onQuery = query => {
    client.sendMessage({ t: query.t, ...answerAs(client.id)(query) })
  }
  const ask = (path: Buffer[], q: string, a: object): Promise<RawMessage> => {
    const t = client.nextTransaction()
    return new Promise(resolve => {
      waiting.set(t.toString('hex'), resolve)
      client.send(frameOf(path, path.length - 1, t, { t, y: 'q', q, a }))
    })
  }
  return { client, ask }
}
