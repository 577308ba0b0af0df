/** An offer, or an answer, that names places of third parties: how many packets does a node send there? */

import { randomBytes } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Id } from '../../src/id.js'
import WebTorrentDHT from '../../src/index.js'
import type { Platform } from '../../src/platform.js'
import { nodePlatform } from '../../src/platform-node.js'
import { addressKind } from '../../src/wire/address-kind.js'
import { CAREFUL } from '../../src/wire/description.js'
import { countsOf, createNode, destroyAll, eventually, placeOf } from '../helpers/nodes.js'
import { createOffer, RawClient } from '../helpers/raw-client.js'
import type { AttackRow } from './row.js'

/** Stands for the Internet: third parties there are public. */
export const PUBLIC = '127.0.1.1'
/** Stays what it is. */
export const LOOPBACK = '127.0.2.1'
/** As many as a description may have. */
const CANDIDATES = 32
/** Milliseconds after which a connection that has not opened is closed in any case, and some more. */
const DEADLINE = 8000

/** For this platform 127.0.0.1, where requests come from, and PUBLIC are on the Internet. */
export const platform: Platform = {
  ...nodePlatform,
  addressKind: address => (/^127\.0\.[01]\.1$/.test(address) ? 'public' : addressKind(address))
}

/** Counts packets at as many ports of an address. */
export async function createThirdParties(host: string) {
  const sockets = Array.from({ length: CANDIDATES }, () => createSocket('udp4'))
  let packets = 0
  for (const socket of sockets) {
    socket.on('message', () => packets++)
    socket.bind(0, host)
    await once(socket, 'listening')
  }
  return { ports: sockets.map(portOf), count: () => packets, close: () => closeAll(sockets) }
}

/** A description whose candidates are these. */
export function naming(sdp: string, host: string, ports: readonly number[], type = 'host'): string {
  const lines = sdp
    .split('\r\n')
    .filter(line => line !== '' && !/^a=(candidate|end-of-candidates)/.test(line))
  const rest = type === 'host' ? '' : ' raddr 0.0.0.0 rport 0'
  const candidates = ports.map(
    (port, i) => `a=candidate:${i + 1} 1 UDP ${2114977791 - i} ${host} ${port} typ ${type}${rest}`
  )
  return `${[...lines, ...candidates].join('\r\n')}\r\n`
}

/** @returns packets at third parties that one offer over HTTP causes, which is for the quick way (node-datachannel.ts) */
export async function reflectOffer(
  host: string,
  types: readonly string[] = ['host'],
  count = CANDIDATES
): Promise<number> {
  const node = await createNode({ platform })
  const parties = await createThirdParties(host)
  const { offer, close } = await createOffer()
  const each = count / types.length
  const sdp = types.reduceRight(
    (sdp, type, i) =>
      `${sdp}${candidatesOf(naming('', host, parties.ports.slice(i * each, (i + 1) * each), type))}`,
    naming(offer.sdp.replace(`${CAREFUL}\r\n`, ''), host, [])
  )
  const body = JSON.stringify({ type: 'offer', sdp, extensions: [] })
  const response = await fetch(`http://${placeOf(node)}/`, { method: 'POST', body })
  if (response.status !== 200) throw new Error(`the offer was refused: ${await response.text()}`)
  if (!(await eventually(() => countsOf(node).pending === 0, DEADLINE))) throw new Error('it still checks')
  await Promise.all([close(), destroyAll(node), parties.close()])
  return parties.count()
}

/** @returns packets at third parties that the answer of a server causes, the second attempt included */
export async function reflectAnswer(host: string): Promise<number> {
  const parties = await createThirdParties(host)
  const answering = await createNode()
  const server = createServer(async (request, response) => {
    if (request.method !== 'POST') return void response.writeHead(404).end() // it takes no link over WebSocket
    const offer = JSON.parse(Buffer.concat(await request.toArray()).toString()) as { sdp: string }
    const body = JSON.stringify({ ...offer, sdp: naming(offer.sdp, host, []) }) // it must not check the node itself
    const answer = await fetch(`http://${placeOf(answering)}/`, { method: 'POST', body })
    const signal = (await answer.json()) as { sdp: string }
    response.end(JSON.stringify({ ...signal, sdp: naming(signal.sdp, host, parties.ports) }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const options = { platform, simple_peer_opts: { config: { iceServers: [] } } }
  const node = new WebTorrentDHT({ ...options, bootstrap: `127.0.0.1:${portOf(server)}` })
  await once(node.socket.node, 'unreachable')
  server.closeAllConnections()
  await Promise.all([
    destroyAll(node, answering),
    parties.close(),
    new Promise(resolve => server.close(resolve))
  ])
  return parties.count()
}

/**
 * A neighbour's offer that names this machine, as an introduction and as a dial.
 *
 * @param isForeign whether the neighbour is a page that came from elsewhere
 */
export async function reflectQueries(isForeign: boolean): Promise<number> {
  const node = await createNode({ platform })
  node.handle('chat', ({ accept }) => void accept())
  const parties = await createThirdParties(LOOPBACK)
  const client = await RawClient.connect(node)
  await client.query('ping')
  const connection = node.socket.node.table.get(Id.of(client.id))
  if (!connection) throw new Error('the client is not connected')
  connection.isForeign = isForeign
  const closing: (() => Promise<void>)[] = []
  for (const [method, args, id] of [
    ['peer_connection', {}, randomBytes(20)],
    ['dial', { protocol: 'chat' }, client.id]
  ] as const) {
    const { offer, close } = await createOffer()
    closing.push(close)
    const signal = { id, type: 'offer', sdp: naming(offer.sdp, LOOPBACK, parties.ports), extensions: [] }
    const { y } = await client.query(method, { ...args, signal })
    if (y !== 'r') throw new Error(`${method} was refused`)
  }
  await eventually(() => countsOf(node).pending === 0, DEADLINE)
  await Promise.all([client.close(), ...closing.map(close => close())])
  await Promise.all([destroyAll(node), parties.close()])
  return parties.count()
}

/** For `npm run bench:attacks`. */
export async function measureReflection(): Promise<AttackRow[]> {
  const [hosts, mixed, single, near] = await Promise.all([
    reflectOffer(PUBLIC),
    reflectOffer(PUBLIC, ['host', 'srflx']),
    reflectOffer(PUBLIC, ['srflx'], 1),
    reflectOffer(LOOPBACK)
  ])
  return [
    {
      attack: 'packets that one offer makes a node send to third parties',
      measured: `${hosts} to hosts, ${mixed} to hosts and behind NATs, ${single} to one behind a NAT, ${near} to private places`,
      wanted: 'at most 10, 15 to one behind a NAT, none to private places',
      isAsWanted: Math.max(hosts, mixed) <= 10 && single <= 15 && near === 0
    }
  ]
}

function candidatesOf(sdp: string): string {
  return sdp
    .split('\r\n')
    .filter(line => line.startsWith('a=candidate'))
    .join('\r\n')
    .concat('\r\n')
}

function portOf(socket: { address(): AddressInfo | string | null }): number {
  return (socket.address() as AddressInfo).port
}

async function closeAll(sockets: readonly Socket[]): Promise<void> {
  await Promise.all(sockets.map(socket => new Promise<void>(resolve => socket.close(resolve))))
}
