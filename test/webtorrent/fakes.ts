/** A WebTorrent client and a node of the DHT that do nothing but note what is asked of them. */

import { randomBytes } from 'node:crypto'
import { EventEmitter } from 'node:events'
import { Queue } from '../../src/faces/queue.js'
import type { FoundPeer, IncomingDial, SimplePeer } from '../../src/index.js'
import { attach } from '../../src/webtorrent/attach.js'
import type { Client, Torrent } from '../../src/webtorrent/client.js'
import type { AttachOptions } from '../../src/webtorrent/index.js'
import type { AttachableDHT } from '../../src/webtorrent/peers.js'

/** Lower and higher than the id of the fake node. */
export const LOW = Buffer.alloc(20, 0x11)
const OWN = Buffer.alloc(20, 0x77)
export const HIGH = Buffer.alloc(20, 0xee)

export class FakePeer extends EventEmitter {
  id?: string
  initiator = true
  connected = true
  destroyed = false

  destroy(): void {
    if (this.destroyed) return
    this.destroyed = true
    this.emit('close')
  }
}

/** A dial that the fake node was asked for: it ends when the test says so. */
export interface FakeDial {
  id: string
  protocol: string
  signal: AbortSignal
  succeed(): FakePeer
  fail(): void
}

export class FakeDHT extends EventEmitter {
  nodeId = OWN
  destroyed = false
  readonly announcements: { infoHash: string; port: number; done(error: Error | null): void }[] = []
  /** Info hashes of all watches. */
  readonly watched: string[] = []
  /** Watches that have not ended. */
  readonly watches = new Set<{ infoHash: string; push(peer: FoundPeer): void; fail(error: Error): void }>()
  readonly dials: FakeDial[] = []
  readonly handlers = new Map<string, (dial: IncomingDial) => unknown>()

  announce(infoHash: string, port: number, done: (error: Error | null) => void): void {
    this.announcements.push({ infoHash, port, done })
  }

  watch(infoHash: string, { signal }: { signal: AbortSignal }): AsyncIterable<FoundPeer> {
    this.watched.push(infoHash)
    const start = (queue: Pick<Queue<FoundPeer>, 'push' | 'end'>) => {
      const watch = {
        infoHash,
        push: (peer: FoundPeer) => queue.push(peer),
        fail: (error: Error) => queue.end({ error })
      }
      this.watches.add(watch)
      return () => this.watches.delete(watch)
    }
    return new Queue<FoundPeer>({ signal, start })
  }

  dial(id: string, protocol: string, { signal }: { signal: AbortSignal }): Promise<SimplePeer> {
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason))
      this.dials.push({
        id,
        protocol,
        signal,
        succeed: () => {
          const peer = new FakePeer()
          resolve(peer as unknown as SimplePeer)
          return peer
        },
        fail: () => reject(new Error('refused'))
      })
    })
  }

  handle(protocol: string, handler: (dial: IncomingDial) => unknown): () => void {
    if (this.handlers.has(protocol)) throw new Error('handled already')
    this.handlers.set(protocol, handler)
    return () => this.handlers.delete(protocol)
  }

  /** Has the watches of a torrent find a peer. */
  async find(torrent: FakeTorrent, id: Buffer | undefined, host = '127.0.0.1', port = 9): Promise<void> {
    for (const { infoHash, push } of this.watches)
      if (infoHash === torrent.infoHash) push({ host, port, ...(id && { id }) })
    await settle()
  }

  /** Has a node dial this one; gives the peer, or `undefined` if the dial was refused. */
  call(torrent: FakeTorrent, id: Buffer): FakePeer | undefined {
    let peer: FakePeer | undefined
    const protocol = `webtorrent:${torrent.infoHash}`
    const accept = () => {
      peer = new FakePeer()
      peer.connected = false
      return peer
    }
    this.handlers.get(protocol)?.({ id, protocol, accept } as unknown as IncomingDial)
    return peer
  }
}

export class FakeWire extends EventEmitter {
  extendedHandshake: Record<string, unknown> = {}
  peerExtendedHandshake: Record<string, unknown> = {}
}

export class FakeTorrent extends EventEmitter implements Torrent {
  infoHash?: string
  magnetURI?: string
  info?: unknown
  private?: boolean
  ready = false
  done = false
  paused = false
  destroyed = false
  wires: FakeWire[] = []
  readonly added: { peer: unknown; source: string }[] = []

  addPeer(peer: unknown, source: string): boolean {
    this.added.push({ peer, source })
    return true
  }

  /** The torrent id is parsed. */
  parsed(info?: object): this {
    this.infoHash = randomBytes(20).toString('hex')
    this.magnetURI = `magnet:?xt=urn:btih:${this.infoHash}`
    if (info) this.info = info
    this.emit('infoHash')
    return this
  }

  /** The metadata is there, and the data verified. */
  verified({ isPrivate = false } = {}): this {
    this.info = {}
    if (isPrivate) this.private = true
    this.emit('metadata')
    this.ready = true
    this.emit('ready')
    return this
  }

  /** A peer has shaken hands, on a connection from elsewhere. */
  meet(id?: Buffer): FakeWire {
    const wire = new FakeWire()
    if (id) wire.peerExtendedHandshake = { webtorrent_dht_id: new Uint8Array(id) }
    this.wires.push(wire)
    this.emit('wire', wire)
    return wire
  }
}

export class FakeClient extends EventEmitter implements Client {
  torrents: FakeTorrent[] = []
  destroyed = false
  maxConns = 55
  port = 0
  seedOutgoingConnections = true
  dht?: unknown

  address(): { port: number } {
    return { port: this.port }
  }

  add(torrent = new FakeTorrent()): FakeTorrent {
    this.torrents.push(torrent)
    this.emit('add', torrent)
    return torrent
  }

  /** A torrent of which all is known. */
  addReady(): FakeTorrent {
    return this.add().parsed({}).verified()
  }

  destroy(): void {
    this.destroyed = true
    for (const torrent of this.torrents) {
      torrent.destroyed = true
      torrent.emit('close')
    }
  }
}

export interface Fakes {
  client: FakeClient
  dht: FakeDHT
  detach: () => void
}

export function attachFakes(
  options?: AttachOptions,
  prepare?: (fakes: Omit<Fakes, 'detach'>) => void
): Fakes {
  const client = new FakeClient()
  const dht = new FakeDHT()
  prepare?.({ client, dht })
  return { client, dht, detach: attach(client, dht as unknown as AttachableDHT, options) }
}

/** How many listeners an emitter has. */
export function countListeners(...emitters: EventEmitter[]): number {
  return emitters
    .flatMap(emitter => emitter.eventNames().map(name => emitter.listenerCount(name)))
    .reduce((sum, count) => sum + count, 0)
}

/** Lets promises settle. */
export const settle = () => new Promise<void>(resolve => setImmediate(resolve))
