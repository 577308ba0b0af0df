/** Somebody floods a node under the id of another one: who is kept out then? */

import { randomBytes } from 'node:crypto'
import type WebTorrentDHT from '../../src/index.js'
import { createNode, destroyAll, eventually, placeOf } from '../helpers/nodes.js'
import { createPeer, encodeRaw, RawClient, signalOf } from '../helpers/raw-client.js'
import type { AttackRow } from './row.js'

/** Messages until a connection is closed: few, so that it takes less time. */
const LIMITS = { messages: 10 }
const MESSAGES = 300
const ATTACKER = '127.0.0.2'
const VICTIM = '127.0.0.3'

/** The way on which the flood comes. */
export type FloodWay = 'its own address' | 'an unknown proxy' | 'a relay'

export interface Flooded {
  /** Whether the flooder was disconnected. */
  isStopped: boolean
  /** Whether it gets in again at once with the same id; over a relay nobody tries. */
  isBack: boolean
  /** Whether the node whose id it used gets in. */
  isVictimIn: boolean
  /** Whether others get in that come the same way. */
  areOthersIn: boolean
  /** Connections to the flooded node that the relay has lost. */
  lost: number
}

export async function runFlood(way: FloodWay): Promise<Flooded> {
  const node = await createNode({ exemptLocal: false, limits: LIMITS })
  const relay = await createNode({ bootstrap: placeOf(node) })
  await eventually(() => relay.nodes.count() === 1)
  const victim = randomBytes(20)
  const headers: Record<string, string> = way === 'an unknown proxy' ? { 'x-forwarded-for': ATTACKER } : {}
  let lost = 0
  relay.socket.on('node_disconnected', id => {
    if (id === node.nodeId.toString('hex')) lost++
  })
  const isStopped = way === 'a relay' ? await floodOver(relay, node, victim) : await floodFrom()
  const isBack = way !== 'a relay' && (await isIn(victim, ATTACKER))
  const isVictimIn = await isIn(victim, VICTIM)
  const areOthersIn = await isIn(randomBytes(20), ATTACKER)
  const flooded = { isStopped, isBack, isVictimIn, areOthersIn, lost }
  await destroyAll(relay, node)
  return flooded

  async function floodFrom(): Promise<boolean> {
    const client = await RawClient.connect(node, { id: victim, from: ATTACKER, headers })
    sendMany(message => client.send(message), victim)
    return eventually(() => client.isClosed)
  }

  async function isIn(id: Buffer, from: string): Promise<boolean> {
    const client = await RawClient.connect(node, { id, from, headers }).catch(() => null)
    try {
      return (await client?.query('ping', {}, 2000))?.y === 'r'
    } catch {
      return false // it was hung up on
    } finally {
      await client?.close()
    }
  }
}

/** Floods a node over a connection that a relay has introduced. */
async function floodOver(relay: WebTorrentDHT, node: WebTorrentDHT, id: Buffer): Promise<boolean> {
  const asker = await RawClient.connect(relay, { id, from: ATTACKER })
  const peer = await createPeer(true, ATTACKER)
  peer.on('error', () => {})
  const connected = new Promise(resolve => peer.once('connect', resolve))
  const closed = new Promise<boolean>(resolve => peer.once('close', () => resolve(true)))
  const signal = { id, ...(await signalOf(peer)), extensions: [] }
  const { r } = await asker.query('peer_connection', { target: node.nodeId, signal })
  const answer = r?.signal as { sdp: Buffer } | undefined
  peer.signal({ type: 'answer', sdp: String(answer?.sdp) })
  await connected
  sendMany(message => peer.send(message), id)
  const isStopped = await closed
  await asker.close()
  return isStopped
}

function sendMany(send: (message: Buffer) => void, id: Buffer): void {
  const message = encodeRaw({ t: 'aa', y: 'q', q: 'ping', a: { id } })
  try {
    for (let i = 0; i < MESSAGES; i++) send(message)
  } catch {
    // It was hung up on.
  }
}

/** A row of the table of attacks. */
export async function flood(): Promise<AttackRow> {
  const ways: FloodWay[] = ['its own address', 'an unknown proxy', 'a relay']
  const harmed: string[] = []
  for (const way of ways) {
    const { isStopped, isVictimIn, areOthersIn, lost } = await runFlood(way)
    if (!isStopped || !isVictimIn || !areOthersIn || lost > 0) harmed.push(way)
  }
  return {
    attack: 'flood under somebody’s id: from an address, behind a proxy, over a relay',
    measured: `others harmed in ${harmed.length} of ${ways.length} ways`,
    wanted: 'nobody but the flooder loses a connection',
    isAsWanted: harmed.length === 0
  }
}
