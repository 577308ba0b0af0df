/** Answers the queries of BEP 5 and BEP 44. */

import type { Bytes } from '../bytes.js'
import type { Id } from '../id.js'
import { DHT_METHODS } from '../krpc/methods.js'
import { Announcements } from '../storing/announcements.js'
import { AnnouncerChecks } from '../storing/announcer-checks.js'
import type { Store } from '../storing/store.js'
import type { StoredValues } from '../storing/stored-values.js'
import type { BittorrentDHT } from '../upstream.js'
import { withId } from './found-peer.js'
import type { KRPCWebRTC } from './k-rpc-webrtc.js'
import type { Watching } from './watching.js'

export interface StoredThings {
  peers: Store<Bytes>['peers']
  values: StoredValues
  /** Milliseconds that an announcement is kept. */
  maxAge: number
  watching: Watching
}

export function answerQueries(dht: BittorrentDHT, krpc: KRPCWebRTC, stored: StoredThings): void {
  const { node, options } = krpc
  const isBound = (id: Id) => node.connector.proofs.needsProof(id)
  const { watchers, watches } = stored.watching
  const checks = new AnnouncerChecks({
    isConnected: id => node.table.get(id) !== undefined,
    isAlone: () => node.table.isAlone,
    find: id => krpc.find(id),
    onGone: id => node.emit('gone', id)
  })
  const announcements = new Announcements(stored.peers, {
    idLength: options.idLength,
    maxPerNode: options.limits.peersPerNode,
    maxAge: stored.maxAge,
    checks,
    onNew: (announcer, infoHash, record) => {
      watchers.announced(infoHash, record, announcer)
      watches.announcedHere(infoHash, record)
    },
    onAdded: ({ id, address: { host, port } }, infoHash, peer) =>
      dht.emit('announce', withId(peer, id, isBound), infoHash.bytes, { host, port })
  })
  node.on('gone', id => {
    if (!dht.destroyed) announcements.forget(id)
  })
  node.on('silent', id => {
    if (!dht.destroyed) announcements.spare(id)
  })
  node.whenClosed(() => checks.close())
  const parts = {
    idLength: options.idLength,
    isOfDht: true as const,
    leading: node.leading,
    table: node.table,
    announcements,
    storedValues: stored.values,
    watchers,
    watches,
    topics: node.topics,
    // Upstream's token is for a host, which nodes may share and change; this one is for the node. It is good over every way: a node
    // that asked over one neighbour may announce over another, or be connected by then.
    tokens: {
      create: (asker: Id) => dht._generateToken(asker.hex),
      isValid: (asker: Id, token: Buffer) => dht._validateToken(asker.hex, token)
    },
    events: dht
  }
  for (const create of DHT_METHODS) node.inbound.addMethod(create(parts))
  // Upstream's listener answers them too; the other listeners are the application's.
  for (const listener of krpc.listeners('query').slice(-1)) krpc.off('query', listener)
}
