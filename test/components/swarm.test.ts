/** A small swarm in one process: everything is found, and few RTCPeerConnections are made for it. */

import { randomBytes } from 'node:crypto'
import test from 'tape'
import { Id } from '../../src/id.js'
import type WebTorrentDHT from '../../src/index.js'
import type { StoredValue } from '../../src/index.js'
import { countsOf, createJoined, createNode, destroyAll, eventually } from '../helpers/nodes.js'
import { countMade, countOpen } from '../helpers/signals.js'

const SIZE = 16
/** The nearest nodes that each knows. */
const WIDTH = 8
/** Milliseconds. On an idle machine one second does; nodes that have missed each other search again after 2, 4 and 8 s at most. */
const MET_WITHIN = 16_000
/** Of announcements and lookups by all nodes. On an idle machine the first one does. */
const MOST_ROUNDS = 5

async function createSwarm(): Promise<WebTorrentDHT[]> {
  const first = await createNode()
  const others = await Promise.all(Array.from({ length: SIZE - 1 }, () => createJoined(first)))
  return [first, ...others]
}

/** Whether a lookup by one node finds the announcement of another. */
async function finds(node: WebTorrentDHT, announcer: WebTorrentDHT): Promise<boolean> {
  const infoHash = randomBytes(20)
  await new Promise(resolve => announcer.announce(infoHash, 4242, resolve))
  let isFound = false
  node.on('peer', peer => {
    if (peer.id?.equals(announcer.nodeId)) isFound = true
  })
  await new Promise(resolve => node.lookup(infoHash, resolve))
  return isFound
}

const isConnected = (node: WebTorrentDHT, other: WebTorrentDHT) =>
  node.socket.node.table.get(Id.of(other.nodeId)) !== undefined

/** Halves of a swarm. */
function halvesOf(nodes: WebTorrentDHT[]): WebTorrentDHT[][] {
  return nodes.map((_, i) => [...nodes.slice(i), ...nodes.slice(0, i)].slice(0, SIZE / 2))
}

/** Whether nodes are one network without all others. A few in a thousand halves are not: nothing is found there. */
function isWhole([first, ...others]: WebTorrentDHT[]): boolean {
  const reached = first ? [first] : []
  for (const node of reached) {
    reached.push(...others.filter(other => !reached.includes(other) && isConnected(node, other)))
  }
  return reached.length === 1 + others.length
}

/** Whether a round of announcements and lookups comes that makes hardly any connection. A busy machine loses some, and makes them again. */
async function settles(
  nodes: WebTorrentDHT[],
  pairs: (readonly [WebTorrentDHT, WebTorrentDHT])[]
): Promise<boolean> {
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const before = countMade(nodes)
    for (const [node, other] of pairs) await finds(node, other)
    if (countMade(nodes) - before <= SIZE) return true
  }
  return false
}

async function getsBack(node: WebTorrentDHT, owner: WebTorrentDHT): Promise<boolean> {
  const value = randomBytes(30)
  const key = await new Promise<Buffer>(resolve => owner.put(value, (_, k) => resolve(k)))
  return new Promise(resolve =>
    node.get(key, (_, found) => resolve(found !== null && value.equals(found.v as Buffer)))
  )
}

test(`${SIZE} nodes that join at once all get a table, and find everything`, async t => {
  const nodes = await createSwarm()
  t.ok(await eventually(() => nodes.every(node => node.nodes.count() > 0), MET_WITHIN), 'no table is empty')
  const pairs = nodes.map((node, i) => [node, nodes[(i + 5) % SIZE] as WebTorrentDHT] as const)
  const found: boolean[] = []
  for (const [node, other] of pairs) found.push(await finds(node, other), await getsBack(node, other))
  t.equal(found.filter(Boolean).length, 2 * SIZE, 'every announcement and every value')
  // 1.1 on an idle machine. On a busy one first attempts are late, second ones go beside them, and links are lost and made again.
  const ratio = countMade(nodes) / countOpen(nodes)
  t.ok(ratio <= 4, `${ratio.toFixed(2)} RTCPeerConnections were made per connection that is open`)
  t.ok(
    nodes.every(node => countsOf(node).existing <= 64),
    'no node is over its budget'
  )
  t.ok(await settles(nodes, pairs), 'a settled swarm makes hardly any more')
  await destroyAll(...nodes)
})

test('a value outlives most of the nodes, and the node that stored it', async t => {
  const nodes = await createSwarm()
  t.ok(
    await eventually(() => nodes.every(node => node.nodes.count() >= WIDTH), MET_WITHIN),
    'all know their neighbourhood'
  )
  const [owner, ...others] = nodes as [WebTorrentDHT, ...WebTorrentDHT[]]
  const key = await new Promise<Buffer>(resolve => owner.put('lasting', (_, k) => resolve(k)))
  const left = halvesOf(others).find(isWhole) ?? []
  const dying = nodes.filter(node => !left.includes(node))
  t.equal(left.length, SIZE / 2)
  await destroyAll(...dying)
  const isCleared = () => left.every(node => !dying.some(other => isConnected(node, other)))
  t.ok(await eventually(isCleared), 'the others have noticed')
  for (const node of left) {
    const value = await new Promise<StoredValue | null>(resolve => node.get(key, (_, v) => resolve(v)))
    t.equal(value?.v.toString(), 'lasting')
  }
  await destroyAll(...left)
})

test('between nodes without our extensions, lookups work by offers in the queries, which are used again', async t => {
  const nodes = (await createSwarm()).slice()
  for (const node of nodes) {
    for (const connection of node.socket.node.table.all) connection.extensions = new Set()
  }
  const found: boolean[] = []
  for (let i = 0; i < 6; i++)
    found.push(await finds(nodes[i] as WebTorrentDHT, nodes[i + 7] as WebTorrentDHT))
  t.equal(found.filter(Boolean).length, 6)
  const asker = nodes[0] as WebTorrentDHT
  const before = countsOf(asker).made
  for (let i = 0; i < 10; i++) await new Promise(resolve => asker.lookup(randomBytes(20), resolve))
  t.ok(
    countsOf(asker).made - before <= 40,
    `10 lookups made ${countsOf(asker).made - before} RTCPeerConnections`
  )
  t.ok(countsOf(asker).pending <= 16, 'no more offers than the pool holds are left')
  await destroyAll(...nodes)
})
