/** A flood under somebody else's id, directly and over a relay. Who loses a connection, and who can connect afterwards? */

import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { destroyAll, eventually, placeOf } from '../../test/helpers/nodes.js'
import { RawClient } from '../../test/helpers/raw-client.js'
import { fixed } from '../table.js'
import { createOpenNode, createStranger, frameOf } from './actors.js'
import type { Row } from './row.js'

const SECONDS = 1000
const DEADLINE = 30 * SECONDS
const MAX_MESSAGES = 20_000
const BURST = 200
const FRAMES = 5000

export async function measureFlood(): Promise<Row> {
  const node = await createOpenNode()
  const victim = randomBytes(20)
  const attacker = await createStranger(placeOf(node), { id: victim })
  for (let sent = 0; sent < MAX_MESSAGES && !attacker.isClosed; sent += BURST) {
    for (let i = 0; i < BURST; i++) sendAnyway(attacker, 'x')
    await pause(1)
  }
  await attacker.close()
  const times = await Promise.all([victim, randomBytes(20)].map(id => timeToConnect(placeOf(node), id)))
  await destroyAll(node)
  const isRelayLost = await floodOverRelay()
  const [ofVictim = '', ofOther = ''] = times.map(
    time => (time < DEADLINE ? '' : '≥ ') + fixed(time / SECONDS)
  )
  return {
    attack: 'a flood under somebody’s id: he is in again, anybody else behind the address; over a relay',
    figure: `${ofVictim} s, ${ofOther} s; the relay ${isRelayLost ? 'is disconnected' : 'stays'}`,
    wanted: 'nobody but the flooder loses a connection'
  }
}

async function timeToConnect(place: string, id: Buffer): Promise<number> {
  const startedAt = performance.now()
  for (;;) {
    const client = await RawClient.connect(place, { id }).catch(() => null)
    const time = performance.now() - startedAt
    await client?.close()
    if (client || time > DEADLINE) return time
    await pause(0.5 * SECONDS)
  }
}

/** The node may hang up at any moment. */
function sendAnyway(client: RawClient, data: Uint8Array | string): void {
  try {
    client.send(data)
  } catch {
    // It has.
  }
}

/** The attacker sends frames to a relay for its neighbour. @returns whether the neighbour has closed the connection to the relay */
async function floodOverRelay(): Promise<boolean> {
  const [relay, target] = [await createOpenNode(), await createOpenNode()]
  relay.addNode({ host: '127.0.0.1', port: target.address().port })
  await eventually(() => target.nodes.count() > 0)
  let isLost = false
  target.socket.on('node_disconnected', () => {
    isLost = true
  })
  const attacker = await createStranger(placeOf(relay))
  for (let i = 0; i < FRAMES && !attacker.isClosed; i++) {
    const t = attacker.nextTransaction()
    const path = [attacker.id, Buffer.from(relay.nodeId), Buffer.from(target.nodeId)]
    sendAnyway(attacker, frameOf(path, 1, t, { t, y: 'q', q: 'ping', a: { id: attacker.id } }))
    if (i % BURST === 0) await pause(10)
  }
  await pause(1 * SECONDS)
  const wasLost = isLost
  await attacker.close()
  await destroyAll(relay, target)
  return wasLost
}
