/** What every action begins with: somebody has to be there to be asked. */

import type { WebTorrentDHT } from 'webtorrent-dht'
import { UserError } from './result.js'

/** Waits until the first attempts to join are over. @throws UserError if nobody is connected then */
export async function needNodes(dht: WebTorrentDHT): Promise<void> {
  if (!dht.ready) await new Promise<void>(resolve => dht.once('ready', resolve))
  const nodes = dht.socket.known_nodes()
  if (nodes.some(({ state }) => state === 'connected')) return
  throw new UserError(
    'Nobody is connected, so there is nobody to ask. This node goes on trying to join: try again in a while.'
  )
}
