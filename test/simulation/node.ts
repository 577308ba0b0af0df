/** A node of `src/` on a simulated host. It is made, used and destroyed in events of its host. */

import { WebTorrentDHT } from '../../src/faces/webtorrent-dht.js'
import type { WebTorrentDHTOptions } from '../../src/options.js'
import type { SimplePeerConstructor, SimplePeerOptions } from '../../src/simple-peer.js'
import type { BootstrapPlace } from '../../src/ways-in.js'
import type { Host } from './host.js'
import type { Http } from './http.js'
import { InMemoryPeer } from './in-memory-peer.js'
import type { Network } from './network.js'
import { createPlatform } from './platform.js'

const HTTP_PORT = 16881
const ID_BYTES = 20

export interface NodeOptions {
  bootstrap: BootstrapPlace[] | false
  isListening: boolean
  isBootstrap?: boolean
  isLiar?: boolean
  /** Built-in extensions that it does not speak. */
  without?: readonly string[]
  /** Options that it does not have by default. */
  given?: WebTorrentDHTOptions
}

export class SimulatedNode {
  readonly host: Host
  readonly dht: WebTorrentDHT
  readonly id: string
  readonly isBootstrap: boolean
  readonly isLiar: boolean
  readonly isListening: boolean
  readonly startedAt: number
  /** When it had joined; `null` before. */
  readyAt: number | null = null
  /** When its table had a node for the first time; `null` before. */
  metAt: number | null = null
  /** Whether it was told to leave. */
  isLeaving = false

  constructor(host: Host, network: Network, http: Http, options: NodeOptions) {
    const { bootstrap, isListening, isBootstrap = false, isLiar = false, without = [], given } = options
    this.host = host
    this.isBootstrap = isBootstrap
    this.isLiar = isLiar
    this.isListening = isListening
    this.startedAt = network.clock.now
    this.dht = new WebTorrentDHT({
      // A claim: thousands of signatures would be most of the time, and nobody here lies about ids.
      ...(!given?.state && { nodeId: crypto.getRandomValues(new Uint8Array(ID_BYTES)) }),
      ...given,
      bootstrap,
      maxConnections: host.maxConnections,
      platform: createPlatform(host, http),
      simple_peer_constructor: InMemoryPeer as unknown as SimplePeerConstructor,
      simple_peer_opts: { host, network } satisfies SimplePeerOptions
    })
    for (const name of without) this.#forget(name)
    this.id = this.dht.nodeId.toString('hex')
    this.dht.once('ready', () => {
      this.readyAt = network.clock.now
    })
    this.dht.nodes.once('added', () => {
      this.metAt = network.clock.now
    })
    if (isListening) this.dht.listen(HTTP_PORT, host.ip)
  }

  /** Where its HTTP server is, if it has one. */
  get place(): { host: string; port: number } {
    return placeAt(this.host)
  }

  /** Whether it takes part: neither gone, nor about to go, nor asleep. */
  get isAlive(): boolean {
    return !this.isLeaving && !this.host.isDead && !this.host.isSuspended
  }

  get isHonest(): boolean {
    return !this.isLiar
  }

  destroy(): Promise<void> {
    this.isLeaving = true
    return new Promise(resolve => this.dht.destroy(resolve))
  }

  /** There is no option for this: only a comparison wants it. Nothing has been signalled yet, so nobody has heard the name. */
  #forget(extension: string): void {
    const extensions = this.dht._rpc.options.extensions as string[]
    extensions.splice(extensions.indexOf(extension), 1)
  }
}

export function placeAt({ ip }: Host): { host: string; port: number } {
  return { host: ip, port: HTTP_PORT }
}
