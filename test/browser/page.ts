/** For tests in a page: nodes of it, the companion in Node.js, and how many connections there are. */

import WebTorrentDHT, { type WebTorrentDHTOptions } from 'webtorrent-dht'
import type { Commands, RemoteNode } from './companion.js'

/** Where the companion takes commands; put in when the tests are bundled. */
declare const COMPANION: string

/** Milliseconds after which a test that waits for something gives up. */
const DEADLINE = 10_000
const POLL_INTERVAL = 20

const nodes = new Set<WebTorrentDHT>()

/** Has the companion do something. @throws Error with its words if that fails */
export async function ask<Name extends keyof Commands>(
  command: Name,
  ...[args]: Parameters<Commands[Name]>
): Promise<Awaited<ReturnType<Commands[Name]>>> {
  // Without a content type that would need permission first (CORS).
  const response = await fetch(COMPANION, { method: 'POST', body: JSON.stringify([command, args ?? {}]) })
  const { result, error } = await response.json()
  if (error) throw new Error(`${command}: ${error}`)
  return result
}

/** Makes a node in this page. It joins if it is given whom; it is ready when this resolves. */
export async function createPageNode(
  joins?: RemoteNode,
  options: WebTorrentDHTOptions = {}
): Promise<WebTorrentDHT> {
  const node = new WebTorrentDHT({
    bootstrap: joins ? joins.place : false,
    simple_peer_opts: { config: { iceServers: [] } },
    ...options
  })
  nodes.add(node)
  await within('ready', new Promise<void>(resolve => node.once('ready', resolve)))
  return node
}

export async function destroyAll(...nodes: WebTorrentDHT[]): Promise<void> {
  await Promise.all(nodes.map(node => within('destroy', new Promise<void>(resolve => node.destroy(resolve)))))
}

/** Ends all nodes that a test has made, in the page and in Node.js: `t.teardown(tidyUp)`. */
export async function tidyUp(): Promise<void> {
  const made = [...nodes]
  nodes.clear()
  await destroyAll(...made)
  await ask('stop')
}

/** The ids of the nodes in a routing table. */
export function idsIn(node: WebTorrentDHT): string[] {
  return node.nodes.toArray().map(({ id }) => id.toString('hex'))
}

/** Waits for a callback; its error is thrown. */
export function called<T>(work: (done: (error: Error | null, result?: unknown) => void) => void): Promise<T> {
  return within(
    'callback',
    new Promise((resolve, reject) => work((error, result) => (error ? reject(error) : resolve(result as T))))
  )
}

/** Waits until something holds that has no event of its own; says whether it came to hold in time. */
export async function eventually(holds: () => boolean | Promise<boolean>): Promise<boolean> {
  const end = Date.now() + DEADLINE
  while (!(await holds())) {
    if (Date.now() > end) return false
    await new Promise(resolve => setTimeout(resolve, POLL_INTERVAL))
  }
  return true
}

/** Gives up waiting for something after a while, so that a test fails instead of hanging. */
export async function within<T>(what: string, promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: nothing came in ${DEADLINE} ms`)), DEADLINE)
  })
  try {
    return await Promise.race([promise, timeout])
  } finally {
    clearTimeout(timer)
  }
}

const connections: RTCPeerConnection[] = []

globalThis.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(configuration?: RTCConfiguration) {
    super(configuration)
    connections.push(this)
  }
}

/** `RTCPeerConnection`s that this page has made since it was loaded, and those of them that are not closed. */
export function countConnections(): { made: number; open: number } {
  const open = connections.filter(({ signalingState }) => signalingState !== 'closed')
  return { made: connections.length, open: open.length }
}
