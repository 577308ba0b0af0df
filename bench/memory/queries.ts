/** What neighbours ask a node, written beforehand: asker and target are drawn anew for each query. */

import bencode from 'bencode'
import { pick, randomHex } from '../options.js'
import { encode, kindOf, type TestedNode } from './tested-node.js'

/** A message of a neighbour. */
export interface Said {
  neighbour: number
  bytes: Buffer
}

/** What draws: the node, chance, and the torrents that have peers. */
export interface Draw {
  node: TestedNode
  random: () => number
  popular: readonly Buffer[]
}

const PEERS_PER_TORRENT = 20
const TORRENTS = 8
const PEER_PORT = 6881

export const QUERY_KINDS = [
  'ping',
  'find_node',
  'get_peers, nobody has announced',
  'get_peers, 20 have announced',
  'find_node, recursive',
  'a frame, passed on'
] as const
export type QueryKind = (typeof QUERY_KINDS)[number]

/** These need the extension `route`, which bittorrent-dht does not have. */
export const WITHOUT_EQUAL: readonly QueryKind[] = ['find_node, recursive', 'a frame, passed on']

const CREATE: Record<QueryKind, (draw: Draw) => Said> = {
  ping: draw => query(draw, 'ping', {}),
  find_node: draw => query(draw, 'find_node', { target: randomId(draw.random) }),
  'get_peers, nobody has announced': draw => query(draw, 'get_peers', { info_hash: randomId(draw.random) }),
  'get_peers, 20 have announced': draw =>
    query(draw, 'get_peers', { info_hash: pick(draw.random, draw.popular) }),
  'find_node, recursive': draw => query(draw, 'find_node', { target: randomId(draw.random), recursive: 1 }),
  'a frame, passed on': frame
}

export function createQueries(kind: QueryKind, count: number, draw: Draw): Said[] {
  return Array.from({ length: count }, () => CREATE[kind](draw))
}

/** Whether a message that the node sends is what a query of this kind is for: `null` if it is about something else. */
export function isOutcome(kind: QueryKind, bytes: Uint8Array): boolean | null {
  const sent = kindOf(bytes)
  if (kind === 'a frame, passed on') return sent === 'f' ? !isReport(bytes) : null
  if (sent === 'e') return false
  return sent === 'r' ? true : null
}

/** A frame's first key is `d`, its payload; that of a report is `e`. */
function isReport(bytes: Uint8Array): boolean {
  return bytes[3] === 0x65
}

/** Has neighbours announce torrents, 20 each. */
export async function announceAll(node: TestedNode, random: () => number): Promise<Buffer[]> {
  if (node.neighbours.ids.length < PEERS_PER_TORRENT)
    throw new Error(`at least ${PEERS_PER_TORRENT} must be connected`)
  const torrents = Array.from({ length: TORRENTS }, () => randomId(random))
  for (const info_hash of torrents) {
    for (let neighbour = 0; neighbour < PEERS_PER_TORRENT; neighbour++) {
      const { token } = await ask(node, neighbour, 'get_peers', { info_hash })
      await ask(node, neighbour, 'announce_peer', { info_hash, port: PEER_PORT, token })
    }
  }
  return torrents
}

async function ask(
  { neighbours, tell }: TestedNode,
  neighbour: number,
  method: string,
  args: Record<string, unknown>
): Promise<Record<string, unknown>> {
  const reply = new Promise<Uint8Array>((resolve, reject) => {
    neighbours.onSent = bytes => {
      if (kindOf(bytes) === 'r') resolve(bytes)
      if (kindOf(bytes) === 'e') reject(new Error(`${method}: ${Buffer.from(bytes)}`))
    }
  })
  tell(neighbour, encodeQuery(neighbours.idOf(neighbour), method, args))
  return bencode.decode(await reply).r
}

function query({ node, random }: Draw, method: string, args: Record<string, unknown>): Said {
  const neighbour = pickNeighbour(node, random)
  return { neighbour, bytes: encodeQuery(node.neighbours.idOf(neighbour), method, args) }
}

/** A query of one neighbour for another one: it must not be the same. */
function frame({ node, random }: Draw): Said {
  const { ids } = node.neighbours
  const neighbour = pickNeighbour(node, random)
  const target = (neighbour + 1 + Math.floor(random() * (ids.length - 1))) % ids.length
  const [from, to] = [node.neighbours.idOf(neighbour), node.neighbours.idOf(target)]
  const d = encodeQuery(from, 'find_node', { target: randomId(random) })
  const p = Buffer.concat([from, node.id, to])
  return { neighbour, bytes: encode({ d, i: 1, p, t: nextTransaction(), y: 'f' }) }
}

function encodeQuery(id: Buffer, q: string, args: Record<string, unknown>): Buffer {
  return encode({ t: nextTransaction(), y: 'q', q, a: { id, ...args } })
}

function pickNeighbour({ neighbours }: TestedNode, random: () => number): number {
  return Math.floor(random() * neighbours.ids.length)
}

export function randomId(random: () => number): Buffer {
  return Buffer.from(randomHex(random), 'hex')
}

let lastTransaction = 0

function nextTransaction(): Buffer {
  lastTransaction = (lastTransaction + 1) % 0x10000
  const transaction = Buffer.alloc(2)
  transaction.writeUInt16BE(lastTransaction)
  return transaction
}
