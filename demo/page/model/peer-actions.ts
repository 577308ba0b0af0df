/** `announce` and `lookup`: who has what (BEP 5). */

import type { FoundPeer, WebTorrentDHT } from 'webtorrent-dht'
import { count, seconds, shortId } from '../text.js'
import { type InfoHash, readInfoHash } from './info-hash.js'
import { needNodes } from './need-nodes.js'
import { type Result, type ResultItem, UserError } from './result.js'

/** Addresses from here on, 240.0.0.0/4, are names for nodes whose own address is not known. */
const FIRST_MADE_UP = 240
const MAX_PORT = 65535

export async function announce(dht: WebTorrentDHT, typed: string, typedPort: string): Promise<Result> {
  const { hash, text } = readInfoHash(typed)
  const port = readPort(typedPort)
  await needNodes(dht)
  await search(dht, hash)
  const storedAt = await new Promise<number>((resolve, reject) => {
    dht.announce(hash, port, (error, nodes = 0) => (error ? reject(error) : resolve(nodes)))
  })
  const how = text === null ? 'the same hash' : `“${text}” or this hash`
  return {
    tone: 'success',
    text: `Announced: remembered by ${count(storedAt, 'node')} while this page is open. Who looks up ${how} finds this node.`,
    copy: { label: 'Info hash', value: hash }
  }
}

/** @param onFound called with what was found so far, while the search goes on */
export async function lookUp(
  dht: WebTorrentDHT,
  typed: string,
  onFound: (result: Result) => void
): Promise<Result> {
  const infoHash = readInfoHash(typed)
  await needNodes(dht)
  const started = Date.now()
  const found = new Map<string, FoundPeer>()
  const describeFound = () => [...found.values()].map(peer => describePeer(peer, dht))
  const onPeer = (peer: FoundPeer, of: Uint8Array) => {
    if (toHex(of) !== infoHash.hash) return
    addPeer(found, peer)
    onFound({ tone: 'working', text: `Found so far: ${count(found.size, 'peer')} …`, items: describeFound() })
  }
  dht.on('peer', onPeer)
  try {
    const asked = await search(dht, infoHash.hash)
    return describeSearch(
      infoHash,
      describeFound(),
      `${count(asked, 'node')} asked, ${seconds(Date.now() - started)}`
    )
  } finally {
    dht.off('peer', onPeer)
  }
}

/** Each node that was asked may know the same peer by another address: the announcing node's id tells. */
function addPeer(found: Map<string, FoundPeer>, peer: FoundPeer): void {
  const key = `${peer.id ? toHex(peer.id) : peer.host}:${peer.port}`
  const known = found.get(key)
  if (!known || !hasPlace(known)) found.set(key, peer)
}

function hasPlace({ host }: FoundPeer): boolean {
  return Number.parseInt(host, 10) < FIRST_MADE_UP
}

function describeSearch({ hash, text }: InfoHash, items: ResultItem[], effort: string): Result {
  const name = text === null ? shortId(hash) : `“${text}”`
  if (items.length === 0) return { tone: 'nothing', text: `Nobody has announced ${name} yet (${effort}).` }
  const verb = items.length === 1 ? 'has' : 'have'
  return {
    tone: 'success',
    text: `${count(items.length, 'peer')} ${verb} announced ${name} (${effort}):`,
    items
  }
}

/** Resolves with the number of nodes that answered. */
function search(dht: WebTorrentDHT, hash: string): Promise<number> {
  return new Promise((resolve, reject) => {
    dht.lookup(hash, (error, asked = 0) => (error ? reject(error) : resolve(asked)))
  })
}

function describePeer(peer: FoundPeer, dht: WebTorrentDHT): ResultItem {
  const { host, port } = peer
  const id = peer.id && toHex(peer.id)
  const where = hasPlace(peer) ? `at ${host}, port ${port}` : `port ${port}, its address is not known`
  if (!id) return { text: `A node ${where}` }
  if (id === toHex(dht.nodeId)) return { text: `This node, ${where}` }
  return { text: `Node ${shortId(id)}, ${where}`, id }
}

function readPort(typed: string): number {
  const port = /^\d+$/.test(typed.trim()) ? Number(typed) : Number.NaN
  if (port >= 1 && port <= MAX_PORT) return port
  throw new UserError(`A port is a number from 1 to ${MAX_PORT}; this is “${typed}”.`)
}

function toHex(bytes: Uint8Array): string {
  return [...bytes].map(byte => byte.toString(16).padStart(2, '0')).join('')
}
