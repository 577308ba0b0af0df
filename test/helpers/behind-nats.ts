/** Nodes behind NATs of a given kind, each with a line to one between them. */

import type { Test } from 'tape'
import type { NetworkKind } from '../../src/connections/network.js'
import type WebTorrentDHT from '../../src/index.js'
import type { WebTorrentDHTOptions } from '../../src/index.js'
import { atHome, behindNat } from './behind-nat.js'
import { dial } from './line.js'
import { createNode, destroyAll } from './nodes.js'

export const HERE = '203.0.113.1'
export const THERE = '203.0.113.2'
const BETWEEN = '203.0.113.3'

type Line = [WebTorrentDHT, WebTorrentDHT, WebTorrentDHT]

async function nodeBehind(
  t: Test,
  address: string,
  kind: NetworkKind,
  options: WebTorrentDHTOptions = {}
): Promise<WebTorrentDHT> {
  const node = await createNode({
    platform: atHome,
    simple_peer_constructor: behindNat(address),
    ...options
  })
  t.teardown(() => destroyAll(node))
  node.socket.node.connector.network.learn(kind)
  return node
}

/** Two nodes behind NATs, and between them one that both are connected to. */
export async function lineOf(
  t: Test,
  first: [string, NetworkKind] = [HERE, 'symmetric'],
  last: [string, NetworkKind] = [THERE, 'symmetric'],
  options: WebTorrentDHTOptions = {}
): Promise<Line> {
  const a = await nodeBehind(t, ...first, options)
  const b = await nodeBehind(t, BETWEEN, 'unknown')
  const c = await nodeBehind(t, ...last)
  // Their tables want each other only once the test says so.
  for (const node of [a, c])
    Object.defineProperty(node.nodes, 'wants', { value: () => false, configurable: true })
  await dial(a, b)
  await dial(c, b)
  return [a, b, c]
}
