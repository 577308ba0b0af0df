/** A node of bittorrent-dht over a UDP socket in memory: what a node over WebRTC is compared with. */

import { EventEmitter } from 'node:events'
import { BittorrentDHT, type SendCallback } from '../../src/upstream.js'
import { encode, hostOf, kindOf, NEIGHBOUR_PORT, Neighbours, type TestedNode } from './tested-node.js'

const OWN_PLACE = { address: '127.0.0.1', family: 'IPv4', port: NEIGHBOUR_PORT }

/** The part of `dgram.Socket` that `k-rpc-socket` uses. */
class MemorySocket extends EventEmitter {
  readonly #neighbours: Neighbours
  readonly #numbers: ReadonlyMap<string, number>

  constructor(neighbours: Neighbours) {
    super()
    this.#neighbours = neighbours
    this.#numbers = new Map(neighbours.ids.map((_, neighbour) => [hostOf(neighbour), neighbour]))
  }

  address() {
    return OWN_PLACE
  }

  bind(...args: unknown[]): void {
    const callback = args.find(arg => typeof arg === 'function')
    if (callback) this.once('listening', () => callback())
    queueMicrotask(() => this.emit('listening'))
  }

  send(
    bytes: Uint8Array,
    _offset: number,
    _length: number,
    _port: number,
    host: string,
    callback?: SendCallback
  ): void {
    const neighbour = this.#numbers.get(host)
    if (neighbour === undefined) throw new Error(`a message to ${host}, where nobody is`)
    this.#neighbours.hear(neighbour, bytes, answer => this.receive(neighbour, answer))
    if (callback) queueMicrotask(() => callback(null))
  }

  receive(neighbour: number, bytes: Buffer): void {
    const remote = { address: hostOf(neighbour), family: 'IPv4', port: NEIGHBOUR_PORT, size: bytes.length }
    this.emit('message', bytes, remote)
  }

  close(): void {
    queueMicrotask(() => this.emit('close'))
  }
}

/** Starts a node that has heard of as many neighbours as there are ids. Its table keeps 20 in each bucket. */
export async function startOverUdp(ids: readonly Buffer[]): Promise<TestedNode> {
  const neighbours = new Neighbours(ids)
  const socket = new MemorySocket(neighbours)
  const dht = new BittorrentDHT({ bootstrap: false, socket })
  await new Promise<void>(resolve => dht.listen(NEIGHBOUR_PORT, resolve))
  let replies = 0
  neighbours.onSent = bytes => {
    if (kindOf(bytes) === 'r') replies++
  }
  for (const [neighbour, id] of ids.entries()) {
    socket.receive(neighbour, encode({ t: Buffer.from('aa'), y: 'q', q: 'ping', a: { id } }))
  }
  if (replies !== ids.length) throw new Error(`${replies} of ${ids.length} pings were answered`)
  return {
    id: dht.nodeId,
    neighbours,
    tell: (neighbour, bytes) => socket.receive(neighbour, bytes),
    destroy: () => new Promise(resolve => dht.destroy(resolve))
  }
}
