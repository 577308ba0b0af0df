/** 60 connections from one address at a bootstrap node. Which of 12 newcomers get in, and which are in ten seconds later? */

import { setTimeout as pause } from 'node:timers/promises'
import { Id } from '../../src/id.js'
import WebTorrentDHT from '../../src/index.js'
import { createIdInBucket } from '../../src/searching/bucket-refresh.js'
import { destroyAll, eventually, placeOf } from '../../test/helpers/nodes.js'
import type { RawClient } from '../../test/helpers/raw-client.js'
import { createOpenNode, createStranger } from './actors.js'
import type { Row } from './row.js'

const SECONDS = 1000
const CONNECTIONS = 60
const BUCKETS = 40
const NEWCOMERS = 12
const LOCAL = { simple_peer_opts: { config: { iceServers: [] } } }

export async function measureFill(): Promise<Row> {
  const node = await createOpenNode()
  const held = new Set<RawClient>()
  const attack = { isOver: false }
  const own = Id.of(node.nodeId)
  const holding = Array.from({ length: CONNECTIONS }, async (_, i) => {
    await pause(60 * i)
    // One in each bucket first: so each gets a place in the routing table.
    while (!attack.isOver) await hold(placeOf(node), createIdInBucket(own, i % BUCKETS).bytes, held, attack)
  })
  await pause(CONNECTIONS * 60 + 3 * SECONDS)
  const newcomers: WebTorrentDHT[] = []
  let met = 0
  for (let i = 0; i < NEWCOMERS; i++) {
    const newcomer = new WebTorrentDHT({ ...LOCAL, bootstrap: placeOf(node) })
    newcomers.push(newcomer)
    if (await eventually(() => newcomer.nodes.count() > 0, 4 * SECONDS)) met++
  }
  await pause(10 * SECONDS)
  const ids = newcomers.map(({ nodeId }) => Buffer.from(nodeId).toString('hex'))
  const stay = ids.filter(id => node.socket.get_id_mapping(id) !== undefined).length
  // A newcomer that was displaced is in if it has met others.
  const isIn = (newcomer: WebTorrentDHT) =>
    newcomer.nodes.toArray().some(({ id }) => id.equals(node.nodeId) || ids.includes(id.toString('hex')))
  const stillIn = newcomers.filter(isIn).length
  attack.isOver = true
  await Promise.all([...held].map(client => client.close()))
  await destroyAll(node, ...newcomers)
  await Promise.all(holding)
  return {
    attack:
      '60 connections from one address: newcomers that get in; in after 10 s; at the bootstrap node itself',
    figure: `${met}; ${stillIn}; ${stay} of ${NEWCOMERS}`,
    wanted: '12 of 12 are in'
  }
}

/** Holds a connection until it is closed. */
async function hold(
  place: string,
  id: Buffer,
  held: Set<RawClient>,
  attack: { isOver: boolean }
): Promise<void> {
  const client = await createStranger(place, { id }).catch(() => null)
  if (!client) return pause(1.5 * SECONDS)
  held.add(client)
  while (!client.isClosed && !attack.isOver) await pause(50)
  held.delete(client)
  await client.close()
}
