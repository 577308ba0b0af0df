/** An address has an eighth of a node's connections, and nobody is refused for sharing it. */

import { setTimeout as pause } from 'node:timers/promises'
import test from 'tape'
import { Id } from '../../src/id.js'
import WebTorrentDHT from '../../src/index.js'
import { createNode, destroyAll, eventually, placeOf } from '../helpers/nodes.js'
import { runFill } from './fill.js'

const CLASS = 30
/** Milliseconds: a node that is alone tries again after some seconds, later each time, and thirty keep both processors busy. */
const DEADLINE = 60_000
/** Milliseconds between two lookups. */
const PAUSE = 200

test('60 connections from one address keep nobody out', async t => {
  const { joined, stayed, mostSeats } = await runFill({ addresses: 1, connections: 60, newcomers: 12 })
  t.equal(joined, 12, 'every newcomer gets in')
  t.equal(stayed, 12, 'and stays')
  t.ok(mostSeats <= 8, `the attacker has ${mostSeats} of 64`)
})

test('60 connections from 8 addresses put nobody out', async t => {
  const { stayed, mostSeats } = await runFill({ addresses: 8, connections: 60, newcomers: 12 })
  t.ok(stayed >= 11, `${stayed} of 12 newcomers stay`)
  t.ok(mostSeats <= 8, `each address has at most ${mostSeats} of 64`)
})

test('a class behind one address joins through one node, and its nodes find each other', async t => {
  const node = await createNode({ exemptLocal: false })
  const { table, options } = node.socket.node
  const nodes = Array.from(
    { length: CLASS },
    () => new WebTorrentDHT({ bootstrap: placeOf(node), simple_peer_opts: { config: { iceServers: [] } } })
  )
  await Promise.all(nodes.map(node => new Promise<void>(resolve => node.once('ready', resolve))))
  const seated = [...table.all].filter(({ isOpen, isDisplaced }) => isOpen && !isDisplaced)
  t.ok(seated.length <= options.maxConnections / 8, `the class has ${seated.length} of 64 seats`)
  const isNobodyAlone = () => nodes.every(({ socket }) => !socket.node.table.isAlone)
  t.ok(await eventually(isNobodyAlone, DEADLINE), 'nobody is alone')
  const infoHash = Buffer.alloc(20, 7)
  const [first, ...others] = nodes as [WebTorrentDHT, ...WebTorrentDHT[]]
  await new Promise(resolve => first.announce(infoHash, 4000, resolve))
  const found = await Promise.all(others.map(other => finds(other, infoHash, Id.of(first.nodeId))))
  t.equal(found.filter(Boolean).length, CLASS - 1, 'each of the others finds what one has announced')
  await destroyAll(node, ...nodes)
})

/** Looks up until an announcer is found: the nodes have just met, and the first lookups may come before they know each other. */
async function finds(node: WebTorrentDHT, infoHash: Buffer, announcer: Id): Promise<boolean> {
  const end = Date.now() + DEADLINE
  let isFound = false
  node.on('peer', ({ id }) => {
    if (id && announcer.bytes.equals(id)) isFound = true
  })
  while (!isFound && Date.now() < end) {
    await new Promise<void>(resolve => node.lookup(infoHash, () => resolve()))
    if (!isFound) await pause(PAUSE)
  }
  return isFound
}
