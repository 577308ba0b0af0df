/** A node of this package over a WebRTC in memory. Its neighbours join through its HTTP server, as newcomers do. */

import { EventEmitter } from 'node:events'
import WebTorrentDHT, {
  type SimplePeerConstructor,
  type SimplePeerOptions,
  type WebTorrentDHTOptions
} from '../../src/index.js'
import { encode, hostOf, kindOf, NEIGHBOUR_PORT, Neighbours, type TestedNode } from './tested-node.js'

/** More than any measurement asks. */
const NO_LIMIT = 1_000_000_000
const EXTENSIONS = ['introduce', 'route', 'release']
/** Offers that are posted at the same time. */
const CONCURRENT_OFFERS = 32
/** A node keeps an eighth of its connections for its own, and makes room when few are left. */
const CONNECTIONS_PER_NEIGHBOUR = 1.25
/** Milliseconds until all neighbours must have been answered. */
const PING_TIMEOUT = 10_000

/** The node's end of a connection: what `simple_peer_constructor` takes. An offer names the neighbour that made it. */
class MemoryPeer extends EventEmitter {
  readonly initiator: boolean
  connected = false
  destroyed = false
  bufferSize = 0
  remoteAddress?: string
  remotePort?: number
  localAddress?: string
  localPort?: number
  readonly #neighbours: Neighbours
  readonly #peers: MemoryPeer[]
  #neighbour = -1

  constructor(neighbours: Neighbours, peers: MemoryPeer[], initiator: boolean) {
    super()
    this.#neighbours = neighbours
    this.#peers = peers
    this.initiator = initiator
    if (initiator) this.#describe('offer') // nobody answers it
  }

  signal({ sdp }: { sdp: string }): void {
    if (this.initiator) return
    this.#neighbour = Number(/^o=- (\d+) /m.exec(sdp)?.[1])
    this.#peers[this.#neighbour] = this
    this.#describe('answer')
    setImmediate(() => this.#open())
  }

  send(bytes: Uint8Array): void {
    this.#neighbours.hear(this.#neighbour, bytes, answer => this.receive(answer))
  }

  receive(bytes: Buffer): void {
    if (this.connected) this.emit('data', bytes)
  }

  destroy(): this {
    if (this.destroyed) return this
    this.destroyed = true
    this.connected = false
    queueMicrotask(() => this.emit('close'))
    return this
  }

  #describe(type: 'offer' | 'answer'): void {
    queueMicrotask(() => this.emit('signal', { type, sdp: describe(0) }))
  }

  #open(): void {
    if (this.destroyed) return
    this.connected = true
    this.remoteAddress = hostOf(this.#neighbour)
    this.remotePort = NEIGHBOUR_PORT
    this.localAddress = '127.0.0.1'
    this.localPort = NEIGHBOUR_PORT
    this.emit('connect')
  }
}

/** Starts a node with an open connection for each of the ids. */
export async function startOverWebRTC(ids: readonly Buffer[]): Promise<TestedNode> {
  const neighbours = new Neighbours(ids)
  const peers: MemoryPeer[] = []
  const dht = new WebTorrentDHT(optionsFor(neighbours, peers))
  await new Promise<void>((resolve, reject) => {
    dht.once('error', reject)
    dht.listen(0, '127.0.0.1', resolve)
  })
  await postOffers(ids, dht.address().port)
  const peerOf = (neighbour: number): MemoryPeer => {
    const peer = peers[neighbour]
    if (!peer?.connected) throw new Error(`neighbour ${neighbour} is not connected`)
    return peer
  }
  const node: TestedNode = {
    id: dht.nodeId,
    neighbours,
    tell: (neighbour, bytes) => peerOf(neighbour).receive(bytes),
    destroy: () => new Promise(resolve => dht.destroy(resolve))
  }
  await pingAll(node)
  return node
}

function optionsFor(neighbours: Neighbours, peers: MemoryPeer[]): WebTorrentDHTOptions {
  const maxConnections = Math.ceil(CONNECTIONS_PER_NEIGHBOUR * neighbours.ids.length) + 16
  class Peer extends MemoryPeer {
    constructor({ initiator = false }: SimplePeerOptions) {
      super(neighbours, peers, initiator)
    }
  }
  return {
    bootstrap: false,
    maxConnections,
    maxPendingConnections: maxConnections,
    simple_peer_constructor: Peer as unknown as SimplePeerConstructor,
    simple_peer_opts: { config: { iceServers: [] } },
    limits: {
      messages: NO_LIMIT,
      bytes: NO_LIMIT,
      queries: NO_LIMIT,
      offers: NO_LIMIT,
      frames: NO_LIMIT,
      stores: NO_LIMIT
    },
    httpLimits: { requestsPerAddress: NO_LIMIT, concurrentRequests: 2 * CONCURRENT_OFFERS }
  }
}

async function postOffers(ids: readonly Buffer[], port: number): Promise<void> {
  const rest = ids.entries()
  const post = async () => {
    for (const [neighbour, id] of rest) {
      const offer = {
        id: id.toString('hex'),
        type: 'offer',
        sdp: describe(neighbour),
        extensions: EXTENSIONS
      }
      const response = await fetch(`http://127.0.0.1:${port}/`, {
        method: 'POST',
        body: JSON.stringify(offer)
      })
      const answer = await response.text()
      if (!response.ok) throw new Error(`offer ${neighbour}: ${response.status} ${answer}`)
    }
  }
  await Promise.all(Array.from({ length: CONCURRENT_OFFERS }, post))
}

/** Each neighbour says who it is and gets a reply: so the node knows them all. */
async function pingAll({ neighbours, tell }: TestedNode): Promise<void> {
  const { ids } = neighbours
  const silent = new Set(ids.keys())
  const deadline = performance.now() + PING_TIMEOUT
  neighbours.onSent = (bytes, neighbour) => {
    if (kindOf(bytes) === 'r') silent.delete(neighbour)
  }
  await new Promise(setImmediate) // the last connection opens
  for (const [neighbour, id] of ids.entries()) {
    tell(neighbour, encode({ t: Buffer.from('aa'), y: 'q', q: 'ping', a: { id } }))
  }
  while (silent.size > 0) {
    if (performance.now() > deadline)
      throw new Error(`${silent.size} of ${ids.length} pings were not answered`)
    await new Promise(setImmediate)
  }
}

/** A session description as a data channel has it. */
function describe(neighbour: number): string {
  const lines = [
    'v=0',
    `o=- ${neighbour} 0 IN IP4 127.0.0.1`,
    's=-',
    't=0 0',
    'a=group:BUNDLE 0',
    'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
    'c=IN IP4 0.0.0.0',
    'a=mid:0',
    'a=setup:active',
    'a=ice-ufrag:aaaa',
    'a=ice-pwd:aaaaaaaaaaaaaaaaaaaaaa',
    `a=fingerprint:sha-256 ${Array(32).fill('AA').join(':')}`,
    'a=sctp-port:5000',
    `a=candidate:1 1 UDP 2114977791 ${hostOf(neighbour)} ${NEIGHBOUR_PORT} typ host`,
    'a=end-of-candidates'
  ]
  return `${lines.join('\r\n')}\r\n`
}
