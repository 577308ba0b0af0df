/** Nodes in other processes, driven over IPC. */

import { fileURLToPath } from 'node:url'
import { Child, type ChildOptions, type Found, type Started } from './child.js'
import type { StartOptions, Status } from './swarm-worker.js'

const WORKER = fileURLToPath(new URL('swarm-worker.js', import.meta.url))

/** One node of a swarm, in whatever process it lives. */
export interface Member {
  readonly process: Child
  readonly started: Started
  announce(infoHash: string, port: number): Promise<unknown>
  lookup(infoHash: string): Promise<Found>
  put(value: string): Promise<string>
  get(key: string): Promise<string | null>
  /** Whether it stores a peer for the hash, or a value under it. */
  stores(hash: string): Promise<boolean>
}

/** One of this package, which tells more of itself. */
export interface OwnMember extends Member {
  /** In its process. */
  readonly index: number
  readonly id: string
  /** Where others join through it, if it listens. */
  readonly place: string
  /** Milliseconds that one query to a node of its routing table takes; `null` without an answer. */
  askOne(): Promise<number | null>
  status(): Promise<Status>
  /** Waits until it is connected to a node, or is not; gives the time, or `null` if it took too long. */
  whenConnection(id: string, isThere: boolean, deadline: number): Promise<number | null>
}

/** A process that nodes can be started in. */
export function forkWorker(options?: ChildOptions): Child {
  return new Child(WORKER, options)
}

/** Starts a node; it is ready when this resolves. */
export async function startMember(process: Child, options: StartOptions = {}): Promise<OwnMember> {
  const started = await process.call<Started & { index: number }>('start', options)
  const { index, id, port } = started
  return {
    process,
    started,
    index,
    id,
    place: `${options.host ?? '127.0.0.1'}:${port}`,
    announce: (infoHash, port) => process.call('announce', index, infoHash, port),
    lookup: infoHash => process.call('lookup', index, infoHash),
    askOne: () => process.call('askOne', index),
    put: value => process.call('put', index, value),
    get: key => process.call('get', index, key),
    stores: hash => process.call('stores', index, hash),
    status: () => process.call('statusOf', index),
    whenConnection: (id, isThere, deadline) => process.call('whenConnection', index, id, isThere, deadline)
  }
}
