/** An offer whose 32 candidates are ports of others. How many packets does it make a node send there? */

import { randomBytes } from 'node:crypto'
import dgram from 'node:dgram'
import { setTimeout as pause } from 'node:timers/promises'
import { destroyAll, placeOf } from '../../test/helpers/nodes.js'
import { createOffer } from '../../test/helpers/raw-client.js'
import { createOpenNode } from './actors.js'
import type { Row } from './row.js'

const SECONDS = 1000
const CANDIDATES = 32
const HOST = '127.0.0.1'
/** Longer than an attempt may last. */
const WATCHED = 12 * SECONDS

export async function measureOfferPackets(): Promise<Row> {
  const node = await createOpenNode()
  let packets = 0
  const sockets = await Promise.all(
    Array.from({ length: CANDIDATES }, async () => {
      const socket = dgram.createSocket('udp4').on('message', () => packets++)
      await new Promise<void>(resolve => socket.bind(0, HOST, resolve))
      return socket
    })
  )
  const { offer, close } = await createOffer()
  const lines = offer.sdp
    .split(/\r?\n/)
    .filter(line => line && !/^a=(candidate|end-of-candidates)/.test(line))
  const candidates = sockets.map(
    (socket, i) => `a=candidate:${i + 1} 1 UDP ${2114977791 - i} ${HOST} ${socket.address().port} typ host`
  )
  const sdp = [...lines, ...candidates, ''].join('\r\n')
  const body = JSON.stringify({ type: 'offer', sdp, id: randomBytes(20).toString('hex'), extensions: [] })
  await fetch(`http://${placeOf(node)}/`, { method: 'POST', body })
  await pause(WATCHED)
  await close()
  for (const socket of sockets) socket.close()
  await destroyAll(node)
  return {
    attack: 'packets that one offer makes a node send to third parties',
    figure: String(packets),
    wanted: 'at most 10, none to private places'
  }
}
