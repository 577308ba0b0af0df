/** A relay announces in the name of somebody else until a share of the store is used up. Is the node itself refused then? */

import { randomBytes } from 'node:crypto'
import { Id } from '../../src/id.js'
import { encodeFrame } from '../../src/wire/frame.js'
import { createNode, destroyAll, within } from '../helpers/nodes.js'
import { decodeRaw, encodeRaw, RawClient, type RawMessage } from '../helpers/raw-client.js'
import type { AttackRow } from './row.js'

const SHARE = 5
const EXTENSIONS = ['introduce', 'release', 'route']

export interface UsedUp {
  /** Announcements in the other's name that were stored. */
  stored: number
  /** Announcements of the node itself that were refused, of as many as it has a share of. */
  refused: number
}

export async function runShares(): Promise<UsedUp> {
  const node = await createNode({ limits: { peersPerNode: SHARE } })
  const victim = randomBytes(20)
  const replies = new Map<string, (reply: RawMessage) => void>()
  const relay = await RawClient.connect(node, {
    extensions: EXTENSIONS,
    onMessage(message) {
      const { d } = message as RawMessage & { d?: Buffer }
      if (message.y !== 'f' || !d) return
      const inner = decodeRaw(d)
      replies.get(inner.t.toString('hex'))?.(inner)
    }
  })
  const claimed = (method: string, args: object): Promise<RawMessage> => {
    const t = relay.nextTransaction()
    const reply = new Promise<RawMessage>(resolve => replies.set(t.toString('hex'), resolve))
    const payload = encodeRaw({ t, y: 'q', q: method, a: { id: victim, ...args } })
    const path = [victim, relay.id, node.nodeId].map(bytes => Id.of(Buffer.from(bytes)))
    relay.send(encodeFrame({ transaction: t, path, position: path.length - 1, payload, failure: null }))
    return within(`reply to ${method} in a frame`, reply)
  }
  await relay.query('ping')
  const stored = await countStored(claimed, SHARE + 1)
  const own = await RawClient.connect(node, { id: victim, extensions: EXTENSIONS })
  const ownStored = await countStored((method, args) => own.query(method, { ...args }), SHARE)
  await Promise.all([relay.close(), own.close()])
  await destroyAll(node)
  return { stored, refused: SHARE - ownStored }
}

async function countStored(
  query: (method: string, args: object) => Promise<RawMessage>,
  announcements: number
): Promise<number> {
  let stored = 0
  for (let i = 0; i < announcements; i++) {
    const info_hash = randomBytes(20)
    const { r } = await query('get_peers', { info_hash })
    const { y } = await query('announce_peer', { info_hash, port: 4000, token: r?.token })
    if (y === 'r') stored++
  }
  return stored
}

/** A row of the table of attacks. */
export async function shares(): Promise<AttackRow> {
  const { stored, refused } = await runShares()
  return {
    attack: 'store share used up in another’s name',
    measured: `${stored} stored in its name; ${refused} of its own ${SHARE} refused`,
    wanted: '0 refused',
    isAsWanted: refused === 0
  }
}
