/**
 * The neighbours of this node's neighbours (extension `route`, bep.md): each node tells its own ones whom it is connected to, when
 * that has changed. So a search begins among all nodes that are one relay away, which is many times as many as are connected; in a
 * network of up to a few thousand nodes these are near any target. Manku, Naor and Wieder, Know thy neighbor's neighbor.
 */

import type { PeerConnection } from '../connections/peer-connection.js'
import type { ConnectionTable } from '../connections/table.js'
import type { ResolvedOptions } from '../options.js'
import type { Transactions } from '../signal-exchange/transactions.js'
import { splitIds } from '../wire/compact.js'
import { MAX_NEIGHBOURS } from '../wire/messages.js'
import { prefixOf } from './prefix.js'

const SECONDS = 1000
const CHECKING_INTERVAL = 1 * SECONDS
/** From the opening of a connection until the other end is told; then twice as long each time. A newcomer's neighbours change often. */
const FIRST_PAUSE = 5 * SECONDS
const LONGEST_PAUSE = 60 * SECONDS
/** Neighbours that are told at one check. */
const MAX_TOLD = 4
const REPLY_TIMEOUT = 3 * SECONDS
/** Ways to nodes that are kept in mind while the lists are read, for each node that is wanted: several lead to the same one. */
const WAYS_PER_NODE = 3

/** A node that is one relay away. */
interface Way {
  id: string
  /** In hex. */
  relay: string
  distance: number
}

export class NeighboursOfNeighbours {
  readonly #options: ResolvedOptions
  readonly #table: ConnectionTable
  readonly #transactions: Transactions
  readonly #lists = new WeakMap<PeerConnection, Buffer>()
  readonly #told = new WeakMap<PeerConnection, { version: number; nextAt: number; pause: number }>()
  #timer: ReturnType<typeof setInterval> | undefined
  /** Goes up with every change of the neighbours. */
  #version = 0

  constructor(options: ResolvedOptions, table: ConnectionTable, transactions: Transactions) {
    this.#options = options
    this.#table = table
    this.#transactions = transactions
    table.on('connected', () => this.#version++)
    table.on('disconnected', () => this.#version++)
  }

  /** Tells the neighbours from now on. */
  start(): void {
    this.#timer = setInterval(() => this.#tell(), CHECKING_INTERVAL)
  }

  /** Takes what a neighbour says of its own ones: their ids, one after the other. */
  toldBy(connection: PeerConnection, ids: Buffer): void {
    this.#lists.set(connection, Buffer.from(ids)) // they would keep the whole message
  }

  /** Notes that a neighbour does not lead to a node, whatever it has said. */
  forget(id: string, relay: string): void {
    const connection = this.#table.get(relay)
    const ids = connection && this.#lists.get(connection)
    if (!ids) return
    const others = splitIds(ids, this.#options.idLength).filter(other => other.toString('hex') !== id)
    this.#lists.set(connection, Buffer.concat(others))
  }

  /** The ways to the nodes nearest to a target that are one relay away, the nearest first. */
  waysTo(target: Buffer, count: number): Way[] {
    const nearest: Way[] = []
    const prefix = prefixOf(target.toString('hex'))
    const max = WAYS_PER_NODE * count
    for (const connection of this.#table.connections) {
      const ids = connection.takesFrames ? this.#lists.get(connection) : undefined
      for (let at = 0; ids && at < ids.length; at += this.#options.idLength) {
        const distance = (ids.readUInt32BE(at) ^ prefix) >>> 0
        if (nearest.length === max && distance >= (nearest[max - 1] as Way).distance) continue
        const id = ids.toString('hex', at, at + this.#options.idLength)
        if (id === this.#table.id || this.#table.get(id)) continue
        const place = nearest.findIndex(other => other.distance > distance)
        nearest.splice(place < 0 ? nearest.length : place, 0, {
          id,
          relay: connection.id as string,
          distance
        })
        if (nearest.length > max) nearest.pop()
      }
    }
    return nearest
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #tell(): void {
    const now = performance.now()
    let told = 0
    for (const connection of this.#table.connections) {
      if (told === MAX_TOLD) return
      const last = this.#told.get(connection)
      const dueAt = last?.nextAt ?? connection.openedAt + FIRST_PAUSE
      if (!connection.takesFrames || last?.version === this.#version || now < dueAt) continue
      const pause = Math.min(2 * (last?.pause ?? FIRST_PAUSE), LONGEST_PAUSE)
      this.#told.set(connection, { version: this.#version, nextAt: now + pause, pause })
      const args = { id: this.#options.id, neighbours: this.#listFor(connection) }
      // Without a reply it is told again after the next change; whether it lives is found out by others.
      this.#transactions.query(connection, 'neighbours', args, REPLY_TIMEOUT).catch(() => {})
      told++
    }
  }

  /** Those connected for the longest time, which are likeliest to stay. */
  #listFor(connection: PeerConnection): Buffer {
    const others = [...this.#table.connections].filter(other => other !== connection && other.takesFrames)
    return Buffer.concat(others.slice(0, MAX_NEIGHBOURS).map(({ idBytes }) => idBytes))
  }
}
