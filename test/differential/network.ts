/** The same network of both implementations: three nodes, which every fourth one asks. What they are told is noted. */

import { createPublicKey, verify as verifySignature } from 'node:crypto'
import type { BittorrentDHT, Peer } from '../../src/upstream.js'
import { type Implementation, placeOf } from '../helpers/implementations.js'
import { eventually, within } from '../helpers/nodes.js'

/** Nodes in a network. */
export const SIZE = 3
/** Milliseconds: no busy machine must make a difference. */
const PATIENCE = 10_000
const PLENTY = 1_000_000
/** Of DER: an ed25519 key. */
const KEY_PREFIX = Buffer.from('302a300506032b6570032100', 'hex')

const ofOurs = {
  limits: {
    messages: PLENTY,
    bytes: PLENTY * 1000,
    queries: PLENTY,
    frames: PLENTY,
    stores: PLENTY,
    offers: PLENTY,
    introductions: PLENTY
  }
}

export class Network {
  readonly implementation: Implementation
  readonly nodes: BittorrentDHT[] = []
  /** `node event key port`, of what nodes were told to store. */
  readonly told: string[] = []

  constructor(implementation: Implementation) {
    this.implementation = implementation
  }

  static async create(implementation: Implementation): Promise<Network> {
    const network = new Network(implementation)
    for (let n = 0; n < SIZE; n++) network.#add(await network.createNode(), n)
    await network.#joined(...network.nodes)
    return network
  }

  /** A node that is connected to all others. */
  async createNode(): Promise<BittorrentDHT> {
    const [first] = this.nodes
    const bootstrap = first ? [placeOf(this.placeOf(first))] : false
    const dht = this.createAlone({ bootstrap })
    if (!first || !this.implementation.isOurs) await listen(dht)
    if (first) await this.#joined(dht)
    return dht
  }

  createAlone(options: Record<string, unknown> = {}): BittorrentDHT {
    const given = this.implementation.isOurs ? ofOurs : { verify }
    return this.implementation.createDHT({
      k: 20,
      concurrency: 1000,
      timeout: PATIENCE,
      ...given,
      ...options
    })
  }

  /** Destroys a node that the others know. Over UDP they would not notice, and searches would wait for it. */
  async remove(dht: BittorrentDHT): Promise<void> {
    await new Promise<void>(resolve => dht.destroy(resolve))
    for (const node of this.nodes) node.removeNode(dht.nodeId)
  }

  placeOf(dht: BittorrentDHT): Peer {
    return { host: '127.0.0.1', port: dht.address().port }
  }

  async destroy(): Promise<void> {
    await Promise.all(this.nodes.map(node => new Promise<void>(resolve => node.destroy(resolve))))
  }

  #add(dht: BittorrentDHT, n: number): void {
    this.nodes.push(dht)
    dht.on('announce', ({ port }, infoHash) =>
      this.told.push(`${n} announce ${infoHash.toString('hex')} ${port}`)
    )
    dht.on('put', key => this.told.push(`${n} put ${Buffer.from(key).toString('hex')}`))
  }

  async #joined(...nodes: BittorrentDHT[]): Promise<void> {
    const isJoined = (dht: BittorrentDHT) =>
      this.nodes.every(node => node === dht || dht.nodes.get(node.nodeId))
    if (!(await eventually(() => nodes.every(isJoined), PATIENCE))) throw new Error('the nodes do not meet')
  }
}

export async function listen(dht: BittorrentDHT): Promise<void> {
  await within('listening', new Promise<void>(resolve => dht.listen(0, '127.0.0.1', resolve)), PATIENCE)
}

function verify(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean {
  const key = createPublicKey({ key: Buffer.concat([KEY_PREFIX, publicKey]), format: 'der', type: 'spki' })
  return verifySignature(null, message, key, signature)
}
