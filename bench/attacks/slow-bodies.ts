/** Slow request bodies, and idle TCP connections, at a node's HTTP server. Are honest requests served, and how soon does one join? */

import net from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import WebTorrentDHT from '../../src/index.js'
import { destroyAll, eventually, placeOf } from '../../test/helpers/nodes.js'
import { milliseconds } from '../table.js'
import { createOpenNode } from './actors.js'
import type { Row } from './row.js'

const SECONDS = 1000
const TRIES = 40
const TRY_INTERVAL = 200
/** How long a request is left open. */
const OPEN_TIME = 6.5 * SECONDS
/** Requests a second: 1.5 and 10 kB/s. */
const RATES = { 1: 14, 8: 100 } as const
const IDLE = 500
const JOIN_DEADLINE = 20 * SECONDS
const HEAD = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{'
/** What a server says of a body that is no offer: so it was read. */
const READ = 400

export async function measureSlowBodies(): Promise<Row> {
  const alone = await timeToJoin(await createOpenNode(), true)
  const [one, eight] = [await attack(1), await attack(8)]
  return {
    attack: `slow bodies from 1 and 8 addresses, and ${IDLE} idle connections: refused of ${TRIES}; a join alone, and beside them`,
    figure: `${one.refused}, ${eight.refused}; ${[alone, one.join, eight.join].map(milliseconds).join(', ')}`,
    wanted: '0; a join takes at most twice as long'
  }
}

async function attack(addresses: keyof typeof RATES): Promise<{ refused: number; join: number }> {
  const node = await createOpenNode()
  const { port } = node.address()
  const sockets = new Set<net.Socket>()
  for (let i = 0; i < IDLE; i++) sockets.add(connect(port, `127.0.0.${2 + (i % addresses)}`, ''))
  let turn = 0
  const timer = setInterval(() => {
    const socket = connect(port, `127.0.0.${2 + (turn++ % addresses)}`, HEAD)
    sockets.add(socket)
    setTimeout(() => sockets.delete(socket.destroy()), OPEN_TIME)
  }, SECONDS / RATES[addresses])
  await pause(6 * SECONDS)
  let refused = 0
  for (let i = 0; i < TRIES; i++) {
    if ((await statusOfBadOffer(placeOf(node))) !== READ) refused++
    await pause(TRY_INTERVAL)
  }
  const join = await timeToJoin(node)
  clearInterval(timer)
  for (const socket of sockets) socket.destroy()
  await destroyAll(node)
  return { refused, join }
}

function statusOfBadOffer(place: string): Promise<number> {
  const signal = AbortSignal.timeout(5 * SECONDS)
  const request = fetch(`http://${place}/`, { method: 'POST', body: '{}', signal })
  return request.then(
    ({ status }) => status,
    () => 0
  )
}

/** Milliseconds until a newcomer is connected. */
async function timeToJoin(node: WebTorrentDHT, isOver = false): Promise<number> {
  const startedAt = performance.now()
  const newcomer = new WebTorrentDHT({
    bootstrap: placeOf(node),
    simple_peer_opts: { config: { iceServers: [] } }
  })
  await eventually(() => newcomer.nodes.count() > 0, JOIN_DEADLINE)
  const time = performance.now() - startedAt
  await destroyAll(newcomer, ...(isOver ? [node] : []))
  return time
}

function connect(port: number, localAddress: string, data: string): net.Socket {
  const socket = net.connect({ port, host: '127.0.0.1', localAddress }, () => socket.write(data))
  return socket.on('error', () => {}).resume()
}
