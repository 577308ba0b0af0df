/**
 * The gossip (extension `route`, bep.md): each node tells its neighbours which nodes it is connected to, when that has changed.
 * So a search begins among all nodes that are one relay away, many times as many as are connected. In a network of up to a few
 * thousand nodes, some of them are near any target. Manku, Naor and Wieder, Know thy neighbor's neighbor.
 */

import type { PeerConnection } from '../connections/peer-connection.js'
import type { ConnectionTable } from '../connections/table.js'
import { Id } from '../id.js'
import { MAX_NEIGHBOURS } from '../krpc/fields.js'
import type { Ledger } from '../krpc/ledger.js'
import type { ResolvedOptions } from '../options.js'
import { joinIds, splitIds } from '../wire/compact.js'

const SECONDS = 1000
const CHECKING_INTERVAL = 1 * SECONDS
/** Pause before the first gossip on a connection. Pauses double, since a newcomer's neighbours change often. */
const FIRST_PAUSE = 5 * SECONDS
const LONGEST_PAUSE = 60 * SECONDS
/** Neighbours told per check. */
const MAX_TOLD = 4
const REPLY_TIMEOUT = 3 * SECONDS
/** Neighbours whose lists are read for one target: the nearest to it. */
const MAX_LISTS = 128
/** Ways collected per wanted node: several ways lead to the same node. */
const WAYS_PER_NODE = 3

/** A node that is one relay away. */
interface Way {
  id: Id
  relay: Id
}

/** A neighbour's own neighbours: their ids, one after the other, and the first 32 bits of each. */
interface List {
  ids: Buffer
  prefixes: Uint32Array
  /** From the neighbour to the last of its nearest nodes, in the first 32 bits of the distance; 0 if it has too few. */
  span: number
}

/** A way with its distance to the target, to sort by. */
interface Entry extends Way {
  distance: number
}

export class NeighboursOfNeighbours {
  readonly #options: ResolvedOptions
  readonly #table: ConnectionTable
  readonly #ledger: Ledger
  readonly #lists = new WeakMap<PeerConnection, List>()
  readonly #told = new WeakMap<PeerConnection, { version: number; nextAt: number; pause: number }>()
  #timer: ReturnType<typeof setInterval> | undefined
  /** Incremented with every change of the neighbours. */
  #version = 0

  constructor(options: ResolvedOptions, table: ConnectionTable, ledger: Ledger) {
    this.#options = options
    this.#table = table
    this.#ledger = ledger
    table.on('connected', () => this.#version++)
    table.on('disconnected', () => this.#version++)
  }

  /** Starts the gossip. */
  start(): void {
    this.#timer = setInterval(() => this.#tell(), CHECKING_INTERVAL)
  }

  /** Stores a neighbour's list of its own neighbours: ids, one after the other. */
  toldBy(connection: PeerConnection, told: Buffer): void {
    const { idLength } = this.#options
    const ids = Buffer.from(told) // a view would keep the whole message
    const prefixes = Uint32Array.from({ length: ids.length / idLength }, (_, i) =>
      prefixAt(ids, i * idLength)
    )
    this.#lists.set(connection, { ids, prefixes, span: this.#spanOf(connection, prefixes) })
  }

  /** Removes a node from a neighbour's list: the neighbour does not lead to it. */
  forget(id: Id, relay: Id): void {
    const connection = this.#table.get(relay)
    const list = connection && this.#lists.get(connection)
    if (!list) return
    const others = splitIds(list.ids, this.#options.idLength).filter(other => !other.equals(id))
    this.toldBy(connection, joinIds(others))
  }

  /** The ways to the nodes nearest to a target that are one relay away, the nearest first. */
  waysTo(target: Id, count: number): Way[] {
    const { idLength } = this.#options
    const max = WAYS_PER_NODE * count
    const nearest: Entry[] = []
    const neighbours = this.#table.nearest(target, MAX_LISTS, ({ takesFrames }) => takesFrames)
    for (const connection of neighbours) {
      const list = this.#lists.get(connection)
      for (let i = 0; list && i < list.prefixes.length; i++) {
        const distance = ((list.prefixes[i] as number) ^ target.prefix) >>> 0
        if (nearest.length === max && distance >= (nearest[max - 1] as Entry).distance) continue
        const id = Id.of(list.ids.subarray(i * idLength, (i + 1) * idLength))
        if (id.equals(this.#table.id) || this.#table.get(id)) continue
        insert(nearest, { id, relay: connection.id as Id, distance }, max)
      }
    }
    return nearest
  }

  /** How far each neighbour's nearest nodes are from it. */
  get spans(): number[] {
    return [...this.#table.connections].flatMap(connection => this.#lists.get(connection)?.span || [])
  }

  /** How many nodes a neighbour names, as a share of what it may. */
  breadthOf(relay: Id): number {
    const connection = this.#table.get(relay)
    const list = connection && this.#lists.get(connection)
    return (list?.prefixes.length ?? 0) / MAX_NEIGHBOURS
  }

  close(): void {
    clearInterval(this.#timer)
  }

  /** A neighbour does not name this node to it. */
  #spanOf({ id }: PeerConnection, prefixes: Uint32Array): number {
    const own = id?.prefix ?? 0
    const distances = [...prefixes, this.#table.id.prefix].map(prefix => (prefix ^ own) >>> 0)
    return distances.sort((a, b) => a - b)[this.#options.lookupWidth - 1] ?? 0
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
      const args = { id: this.#options.id.bytes, neighbours: this.#listFor(connection) }
      // No retry: the next change is told as well, and keep-alive detects a dead neighbour.
      this.#ledger.query(connection, 'neighbours', args, REPLY_TIMEOUT).catch(() => {})
      told++
    }
  }

  /** The neighbours with the oldest connections: they are likeliest to stay. */
  #listFor(connection: PeerConnection): Buffer {
    const ids: Id[] = []
    for (const other of this.#table.connections) {
      if (other !== connection && other.takesFrames && other.id) ids.push(other.id)
      if (ids.length === MAX_NEIGHBOURS) break
    }
    return joinIds(ids)
  }
}

/** Inserts an entry in order of distance, and drops the farthest beyond `max`. */
function insert(entries: Entry[], entry: Entry, max: number): void {
  let place = entries.length
  while (place > 0 && (entries[place - 1] as Entry).distance > entry.distance) place--
  entries.splice(place, 0, entry)
  if (entries.length > max) entries.pop()
}

function prefixAt(ids: Buffer, at: number): number {
  return Id.of(ids.subarray(at, at + 4)).prefix
}
