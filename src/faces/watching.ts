/** Watching torrents, by the means of the DHT: those who watch here, and what this node watches. */

import type { Id } from '../id.js'
import { Watchers } from '../storing/watchers.js'
import type { BittorrentDHT } from '../upstream.js'
import type { Contact } from '../upstream-events.js'
import { decodeFoundPeer } from './found-peer.js'
import type { KRPCWebRTC } from './k-rpc-webrtc.js'
import type { Torrents } from './torrents.js'
import { Watches } from './watches.js'

/** Milliseconds in which a node that is told, or asked to tell, has to reply. */
const REPLY_TIMEOUT = 5000

export interface Watching {
  /** The nodes that watch here. */
  watchers: Watchers
  /** What this node watches. */
  watches: Watches
}

export function createWatching(
  dht: Pick<BittorrentDHT, 'destroyed' | '_tables'>,
  { node, options: { id, idLength, lookupWidth } }: KRPCWebRTC,
  torrents: () => Torrents
): Watching {
  const isBound = (other: Id) => node.connector.proofs.needsProof(other)
  const watchers = new Watchers({
    // A watch alone opens no connection.
    tell: async (watcher, infoHash, values) => {
      const link = node.table.get(watcher) ?? node.routes.to(watcher)
      if (!link) return undefined
      const args = { id: id.bytes, info_hash: infoHash.bytes, values }
      return node.ledger.query(link, 'tell_peers', args, REPLY_TIMEOUT).then(
        () => true,
        error => (error.code === 'ETIMEDOUT' ? undefined : false)
      )
    }
  })
  const watches = new Watches({
    search: infoHash => torrents().searchFor(infoHash.bytes),
    nearest: infoHash => dht._tables.get(infoHash.hex)?.closest(infoHash.bytes, lookupWidth) ?? [],
    decode: record => decodeFoundPeer(record, idLength, isBound),
    ask: ({ host, port, token }: Contact, infoHash, stop) =>
      new Promise(resolve => {
        if (!token || dht.destroyed) return resolve(undefined)
        const args = { id: id.bytes, info_hash: infoHash.bytes, token, ...(stop && { stop: 1 }) }
        node.outbound.ask(
          { host, port },
          {
            method: 'watch_peers',
            args,
            timeout: REPLY_TIMEOUT,
            onEnd: end =>
              resolve(
                end.kind === 'replied' ? ((end.values.values as Buffer[] | undefined) ?? []) : undefined
              )
          }
        )
      })
  })
  node.on('disconnected', other => watches.lost(other))
  return { watchers, watches }
}
