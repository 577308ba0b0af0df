/** Honest newcomers, each from an address of its own. */

import WebTorrentDHT, { type WebTorrentDHTOptions } from '../../src/index.js'
import { placeOf } from '../helpers/nodes.js'

/** Milliseconds in which a newcomer is in, or is not. */
const PATIENCE = 15_000

/** Makes a node that joins, with WebRTC at another loopback address. */
export function createNewcomer(
  bootstrap: WebTorrentDHT,
  bindAddress: string,
  options: WebTorrentDHTOptions = {}
): WebTorrentDHT {
  return new WebTorrentDHT({
    bootstrap: placeOf(bootstrap),
    simple_peer_opts: { config: { iceServers: [], bindAddress } },
    ...options
  })
}

/** Milliseconds until a node is connected to another one; `null` if it is not in time. */
export async function timeToJoin(node: WebTorrentDHT): Promise<number | null> {
  const start = performance.now()
  const { table } = node.socket.node
  const isIn = await new Promise<boolean>(resolve => {
    const timer = setTimeout(() => resolve(false), PATIENCE)
    const settle = () => {
      clearTimeout(timer)
      resolve(true)
    }
    if (table.size > 0) settle()
    else table.once('connected', settle)
  })
  return isIn ? Math.round(performance.now() - start) : null
}
