/** The parts of a DHT, and how they are connected. */

import { andThen, orElse } from '../awaitable.js'
import type { Bytes } from '../bytes.js'
import type { Id } from '../id.js'
import { Joining } from '../joining/joining.js'
import { Reaching } from '../reaching/reaching.js'
import { withBuffers } from '../storing/given-store.js'
import type { HandedOver } from '../storing/handed-over.js'
import { MemoryStore } from '../storing/memory-store.js'
import type { Store } from '../storing/store.js'
import { StoredValues } from '../storing/stored-values.js'
import type { BittorrentDHT } from '../upstream.js'
import { answerQueries } from './answering.js'
import { Calls } from './calls.js'
import { Inviting } from './inviting.js'
import type { KRPCWebRTC } from './k-rpc-webrtc.js'
import { createPublishing, type Publishing } from './republishing.js'
import { restore } from './restoring.js'
import { Searches } from './searches.js'
import { Torrents, type TorrentsOptions } from './torrents.js'
import { Values } from './values.js'
import { createWatching, type Watching } from './watching.js'

/** As bittorrent-dht has it, and the store on disk. */
const MAX_VALUES = 1000

/** Upstream's own methods, where `WebTorrentDHT` overrides them. */
export interface Upstream {
  bootstrap(): void
  closest: BittorrentDHT['_closest']
  announce: TorrentsOptions['announceAtFound']
  destroy(callback: () => void): void
}

export class DHTCore {
  readonly calls = new Calls(error => this.joining.status.explain(error))
  readonly store: Store<Bytes>
  readonly storedValues: StoredValues
  readonly searches: Searches
  readonly values: Values
  readonly torrents: Torrents
  readonly reaching: Reaching
  readonly joining: Joining
  readonly inviting: Inviting
  readonly #upstream: Upstream
  readonly watching: Watching
  readonly #publishing: Publishing

  /** @param maxAge milliseconds that an announcement is kept */
  constructor(dht: BittorrentDHT, krpc: KRPCWebRTC, maxAge: number, upstream: Upstream) {
    this.#upstream = upstream
    const { options, node } = krpc
    const { id, idLength, lookupWidth: width, state } = options
    const { calls } = this
    const onWarning = (warning: Error) => dht.emit('warning', warning)
    this.store = options.store
      ? withBuffers(options.store, onWarning)
      : new MemoryStore({ values: dht._values, peers: dht._peers })
    const { peers, values } = this.store
    const stored = new StoredValues(values, {
      hash: dht._hash,
      verify: dht._verify,
      ownId: id,
      maxPerNode: options.limits.valuesPerNode,
      max: options.given.maxValues ?? MAX_VALUES,
      onStored: key => this.#publishing.republishing.valueStored(key)
    })
    this.storedValues = stored
    this.searches = new Searches(dht, krpc, upstream.closest, () => this.joining.beginning)
    const refresh = (target: Id) => this.searches.refresh(target)
    this.values = new Values(dht, { id, idLength, verify: dht._verify, stored, calls, refresh })
    this.torrents = new Torrents(dht, {
      idLength,
      peers,
      calls,
      isBound: other => node.connector.proofs.needsProof(other),
      refresh,
      onAnnounced: (infoHash, port) => this.#publishing.republishing.announced(infoHash, port),
      announceAtFound: upstream.announce
    })
    const { searches, torrents } = this
    this.#publishing = createPublishing({ id, width, stored, searches, values: this.values, torrents })
    this.watching = createWatching(dht, krpc, () => torrents)
    answerQueries(dht, krpc, { peers, values: stored, maxAge, watching: this.watching })
    node.connector.network.on('change', kind => dht.emit('network', kind))
    krpc.on('search', step => dht.emit('search', step))
    this.reaching = new Reaching(node, wanted => krpc.find(wanted))
    restore(state, stored, onWarning)
    this.joining = new Joining({
      node: krpc,
      links: node,
      bootstrap: options.bootstrap,
      entrances: options.entrances,
      known: state.nodes,
      onTried: upstream.bootstrap,
      onBack: () => this.#publishing.republishing.renew(),
      onChange: (status, reason) => {
        if (status === 'connected') this.watching.watches.refresh()
        dht.emit('status', status, reason)
      },
      onWarning
    })
    this.inviting = new Inviting(node, () => this.joining.met())
  }

  /** Hands the stored values to other nodes. @param timeout milliseconds */
  handOver(timeout: number): Promise<HandedOver> {
    return this.#publishing.handOver(timeout)
  }

  /** Ends all calls, and what goes on by itself; resolves once everything is closed. */
  close(): Promise<void> {
    this.calls.close()
    this.#publishing.republishing.close()
    this.watching.watches.close()
    this.watching.watchers.close()
    this.joining.close()
    this.reaching.close()
    return new Promise(resolve =>
      this.#upstream.destroy(() => void andThen(orElse(this.store.close?.(), undefined), resolve))
    )
  }
}
