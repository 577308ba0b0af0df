/** Nodes on this machine for tests: no STUN, no bootstrap, any free port. Whoever makes one destroys it. */

import WebTorrentDHT, { type WebTorrentDHTOptions } from '../../src/index.js'

/** Milliseconds after which a test that waits for something gives up. */
const DEADLINE = 8000
const POLL_INTERVAL = 20

const LOCAL_OPTIONS: WebTorrentDHTOptions = {
  bootstrap: false,
  simple_peer_opts: { config: { iceServers: [] } }
}

/** Makes a node that others can join through; it listens when this resolves. */
export async function createNode(options: WebTorrentDHTOptions = {}, port = 0): Promise<WebTorrentDHT> {
  const node = new WebTorrentDHT({ ...LOCAL_OPTIONS, ...options })
  await new Promise<void>((resolve, reject) => {
    node.once('error', reject)
    node.listen(port, '127.0.0.1', resolve)
  })
  node.removeAllListeners('error')
  return node
}

/** Waits until a node is ready, and has looked around: `'ready'` comes with the first connection. */
export async function whenJoined(node: WebTorrentDHT): Promise<void> {
  if (!node.ready) await new Promise<void>(resolve => node.once('ready', resolve))
  await eventually(() => !node._rpc.isSearching)
}

/** Makes a node that joins through another one; it has looked around when this resolves. */
export async function createJoined(
  bootstrap: WebTorrentDHT,
  options: WebTorrentDHTOptions = {}
): Promise<WebTorrentDHT> {
  const node = new WebTorrentDHT({ ...LOCAL_OPTIONS, bootstrap: placeOf(bootstrap), ...options })
  await whenJoined(node)
  return node
}

/** Makes a node that listens, and one that has joined through it. */
export async function createPair(
  options: WebTorrentDHTOptions = {}
): Promise<[WebTorrentDHT, WebTorrentDHT]> {
  const first = await createNode(options)
  return [first, await createJoined(first, options)]
}

/** Where a node listens, as `host:port`. */
export function placeOf(node: WebTorrentDHT): string {
  return `127.0.0.1:${node.address().port}`
}

export async function destroyAll(...nodes: WebTorrentDHT[]): Promise<void> {
  await Promise.all(nodes.map(node => new Promise<void>(resolve => node.destroy(resolve))))
}

/** The connections of a node: how many were made, exist and are in the making. */
export function countsOf(node: WebTorrentDHT): { made: number; existing: number; pending: number } {
  return node.socket.node.table.counts
}

/** Waits until something holds that has no event of its own; says whether it came to hold in time. */
export async function eventually(holds: () => boolean, deadline = DEADLINE): Promise<boolean> {
  const end = Date.now() + deadline
  while (!holds()) {
    if (Date.now() > end) return false
    await new Promise(resolve => setTimeout(resolve, POLL_INTERVAL))
  }
  return true
}

/** Gives up waiting for something after a while, so that a test fails instead of hanging. */
export async function within<T>(what: string, promise: Promise<T>, deadline = DEADLINE): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: nothing came in ${deadline} ms`)), deadline)
  })
  try {
    return await Promise.race([promise, timeout])
  } finally {
    clearTimeout(timer)
  }
}

/** Notes what would have ended the process. */
export function watchProcess(): { crashes: string[]; stop: () => void } {
  const crashes: string[] = []
  const note = (error: unknown) =>
    crashes.push(String(error instanceof Error ? (error.stack ?? error) : error))
  process.on('uncaughtException', note)
  process.on('unhandledRejection', note)
  const stop = () => {
    process.off('uncaughtException', note)
    process.off('unhandledRejection', note)
  }
  return { crashes, stop }
}
