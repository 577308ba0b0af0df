/** Nodes in a line, each connected to the next one and to nobody else: what they find beyond their neighbours comes over routes. */

import { ROUTE } from '../../src/extensions.js'
import { Id } from '../../src/id.js'
import type WebTorrentDHT from '../../src/index.js'
import type { WebTorrentDHTOptions } from '../../src/index.js'
import { createNode, placeOf } from './nodes.js'

export const tableOf = (node: WebTorrentDHT) => node.socket.node.table
export const idOf = (node: WebTorrentDHT) => node.nodeId.toString('hex')
export const areConnected = (node: WebTorrentDHT, other: WebTorrentDHT) =>
  tableOf(node).get(Id.of(other.nodeId)) !== undefined

/** Connects a node to another one over HTTP. */
export async function dial(node: WebTorrentDHT, other: WebTorrentDHT): Promise<void> {
  const [host = '', port] = placeOf(other).split(':')
  const error = await new Promise(resolve =>
    node._rpc.query({ host, port: Number(port) }, { q: 'ping' }, resolve)
  )
  if (error) throw error
}

/** Has a node connect to nobody by itself, whatever its table wants. What it dials is connected. */
export function keepToItself(node: WebTorrentDHT): WebTorrentDHT {
  node.socket.node.destinations.connect = () => Promise.reject(new Error('it keeps to itself'))
  return node
}

/** Makes a node that does not speak `route`. */
export async function createWithoutRoutes(options: WebTorrentDHTOptions = {}): Promise<WebTorrentDHT> {
  const node = await createNode(options)
  const extensions = node._rpc.options.extensions as string[]
  extensions.splice(extensions.indexOf(ROUTE), 1)
  return node
}

/** Makes nodes in a line; `wants`: they connect to the others as their tables like. */
export async function createLine(
  count: number,
  { wants = false, ...options }: WebTorrentDHTOptions & { wants?: boolean } = {}
): Promise<WebTorrentDHT[]> {
  const nodes = await Promise.all(Array.from({ length: count }, () => createNode(options)))
  if (!wants) for (const node of nodes) keepToItself(node)
  for (const [i, node] of nodes.slice(0, -1).entries()) await dial(node, nodes[i + 1] as WebTorrentDHT)
  return nodes
}
