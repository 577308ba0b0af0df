/**
 * What the tests in a page need from Node.js: nodes to join, and what these announce, store and find. A process of its own,
 * which takes commands as JSON over HTTP, and tells its parent process where.
 */

import { generateKeyPairSync, sign } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type WebTorrentDHT from '../../src/index.js'
import { createJoined, createNode, destroyAll, placeOf } from '../helpers/nodes.js'

/** A node of Node.js, as a page knows it: its id, in hex, and where its HTTP server is. */
export interface RemoteNode {
  id: string
  place: string
}

export interface Found {
  host: string
  port: number
  /** Hex. */
  id: string | undefined
}

/** Each takes and returns what JSON can hold; bytes are hex. */
export type Commands = typeof commands

const nodes = new Map<string, WebTorrentDHT>()

const commands = {
  /** Starts a node, which joins another one if that is given, and listens. */
  async start({ joins }: { joins?: RemoteNode } = {}): Promise<RemoteNode> {
    const node = joins ? await createJoined(nodeOf(joins)) : await createNode()
    if (joins) await new Promise<void>(resolve => node.listen(0, '127.0.0.1', resolve))
    const id = node.nodeId.toString('hex')
    nodes.set(id, node)
    return { id, place: placeOf(node) }
  },

  /** Ends nodes, all if none is named. */
  async stop({ only }: { only?: RemoteNode } = {}): Promise<void> {
    const ids = only ? [only.id] : [...nodes.keys()]
    const stopped = ids.flatMap(id => nodes.get(id) ?? [])
    for (const id of ids) nodes.delete(id)
    await destroyAll(...stopped)
  },

  /** The ids of the nodes that a node is connected to. */
  async connectedTo({ node }: { node: RemoteNode }): Promise<string[]> {
    return nodeOf(node)
      .nodes.toArray()
      .map(({ id }) => id.toString('hex'))
  },

  async announce({ node, infoHash, port }: { node: RemoteNode; infoHash: string; port: number }) {
    await called(done => nodeOf(node).announce(infoHash, port, done))
  },

  /** What a node finds. */
  async lookup({ node, infoHash }: { node: RemoteNode; infoHash: string }): Promise<Found[]> {
    const dht = nodeOf(node)
    const found: Found[] = []
    const note = ({ host, port, id }: { host: string; port: number; id?: Buffer }) =>
      found.push({ host, port, id: id?.toString('hex') })
    dht.on('peer', note)
    await called(done => dht.lookup(infoHash, done))
    dht.off('peer', note)
    return found
  },

  /** Stores a value, a mutable one if it has a sequence number; returns its key. */
  async put({ node, v, seq }: { node: RemoteNode; v: string; seq?: number }): Promise<string> {
    const value = Buffer.from(v)
    const put = seq === undefined ? value : { ...signer(), v: value, seq }
    return (await called<Buffer>(done => nodeOf(node).put(put as Buffer, done))).toString('hex')
  },

  /** A stored value as text; `null` if there is none. */
  async get({ node, key }: { node: RemoteNode; key: string }) {
    const found = await called<{ v: Buffer; seq?: number } | null>(done => nodeOf(node).get(key, done))
    return found && { v: found.v.toString(), seq: found.seq }
  }
}

function nodeOf({ id }: RemoteNode): WebTorrentDHT {
  const node = nodes.get(id)
  if (!node) throw new Error(`there is no node ${id}`)
  return node
}

function signer() {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const k = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32)
  return { k, sign: (bytes: Buffer) => sign(null, bytes, privateKey) }
}

function called<T>(work: (done: (error: Error | null, result?: unknown) => void) => void): Promise<T> {
  return new Promise((resolve, reject) =>
    work((error, result) => (error ? reject(error) : resolve(result as T)))
  )
}

/** `[command, arguments]` in, `{result}` or `{error}` out. */
async function answer(request: IncomingMessage): Promise<{ result: unknown } | { error: string }> {
  try {
    const [command, args] = JSON.parse((await request.toArray()).join(''))
    const work = commands[command as 'start']
    if (!work) throw new Error(`there is no command ${command}`)
    return { result: await work(args) }
  } catch (error) {
    return { error: String(error) }
  }
}

const server = createServer(async (request, response) => {
  const body = JSON.stringify(await answer(request))
  response.writeHead(200, { 'content-type': 'application/json', 'access-control-allow-origin': '*' })
  response.end(body)
})
server.listen(0, '127.0.0.1', () => {
  process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
process.once('disconnect', () => process.exit())
