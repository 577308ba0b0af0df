/** Reaches a node by its id, for the application: with a connection of the DHT's, or one of the application's own. */

import { asBuffer } from '../as-buffer.js'
import type { Bytes } from '../bytes.js'
import type { Link } from '../connections/link.js'
import { WebTorrentDHTError } from '../errors.js'
import { Id } from '../id.js'
import type { SimplePeer } from '../simple-peer.js'
import { MAX_PROTOCOL_BYTES } from '../wire/signal.js'
import { abortable } from './abortable.js'
import type { ApplicationSignals, DialHandler } from './application-signals.js'
import { ConnectingPeer } from './connecting-peer.js'

/** A node: its id as bytes or hex, or a peer that a `'peer'` event gave. */
export type Target = Uint8Array | string | { readonly id?: Uint8Array | string | undefined }

/** What is being done: the node is looked for, signals are exchanged, the connection is open. */
export type Progress = 'finding' | 'signalling' | 'connected'

export interface ReachOptions {
  /** Aborts the attempt; the promise rejects with the signal's reason. */
  signal?: AbortSignal | undefined
  onProgress?: ((progress: Progress) => void) | undefined
}

export interface ConnectOptions extends ReachOptions {
  /** The tag that keeps the connection open. Default: `'application'`. */
  tag?: string | undefined
}

export interface DialOptions<P extends SimplePeer = SimplePeer> extends ReachOptions {
  /**
   * The application's own peer, with the interface of `simple-peer`, made just now, with `initiator: true` and `trickle: false`: its
   * offer is taken from its first `'signal'` event. Default: one is made, with the options of this node.
   */
  peer?: P | undefined
}

/** An open connection of the DHT's, tagged for the application. */
export interface NodeConnection {
  readonly id: Bytes
  readonly tag: string
  /** Removes the tag. The connection stays open until it is evicted. */
  release(): void
}

/** @internal What reaching needs of the node. */
export interface ReachingNode {
  readonly options: { readonly id: Id; readonly idLength: number }
  readonly isClosed: boolean
  readonly table: {
    get(id: Id): unknown
    /** @returns whether the node is connected, and there is room for the tag */
    addTag(id: Id, tag: string): boolean
    deleteTag(id: Id, tag: string): void
  }
  readonly destinations: {
    linkTo(id: Id): Promise<Link>
    connect(id: Id): Promise<unknown>
  }
  readonly applicationSignals: Pick<ApplicationSignals, 'dial' | 'handle'>
}

const DEFAULT_TAG = 'application'

/** @internal */
export class Reaching {
  readonly #node: ReachingNode
  readonly #isThere: (id: Id) => Promise<boolean>
  readonly #attempts = new Set<AbortController>()

  /** @param isThere looks for a node, and says whether it answers */
  constructor(node: ReachingNode, isThere: (id: Id) => Promise<boolean>) {
    this.#node = node
    this.#isThere = isThere
  }

  async connect(
    target: Target,
    { tag = DEFAULT_TAG, signal, onProgress }: ConnectOptions = {}
  ): Promise<NodeConnection> {
    const id = this.#idOf(target)
    await this.#attempt(signal, attempt => this.#open(id, attempt.signal, onProgress))
    const { table } = this.#node
    if (!table.addTag(id, tag)) {
      if (!table.get(id)) throw new WebTorrentDHTError('ECONNFAILED', 'the connection was closed')
      throw new WebTorrentDHTError('EFULL', 'applications have tagged all connections that they may')
    }
    onProgress?.('connected')
    return { id: id.bytes, tag, release: () => table.deleteTag(id, tag) }
  }

  async dial(
    target: Target,
    protocol: string,
    { peer, signal, onProgress }: DialOptions = {}
  ): Promise<SimplePeer> {
    let dialled = peer
    let given: ConnectingPeer | undefined
    try {
      // At once: the peer may have its offer before the node is found.
      given = peer && new ConnectingPeer(peer, true)
      checkProtocol(protocol)
      const id = this.#idOf(target)
      const { applicationSignals, destinations } = this.#node
      return await this.#attempt(signal, async attempt => {
        given?.failed.catch(error => attempt.abort(error))
        await this.#find(id, attempt.signal, onProgress)
        onProgress?.('signalling')
        const findLink = () => destinations.linkTo(id)
        dialled = await applicationSignals.dial({ findLink, protocol, signal: attempt.signal }, given)
        onProgress?.('connected')
        return dialled
      })
    } catch (error) {
      if (typeof dialled?.destroy === 'function') dialled.destroy() // else it is no peer
      given?.detach()
      throw error
    }
  }

  /** Takes calls. @param onError called with what a handler throws */
  handle(protocol: string, handler: DialHandler, onError: (error: unknown) => void): () => void {
    checkProtocol(protocol)
    if (typeof handler !== 'function')
      throw new WebTorrentDHTError('EINVAL', 'the handler should be a function')
    return this.#node.applicationSignals.handle(protocol, async dial => {
      try {
        await handler(dial)
      } catch (error) {
        onError(error)
        throw error
      }
    })
  }

  /** Aborts all attempts. */
  close(): void {
    const error = new WebTorrentDHTError('ECLOSED', 'the node was destroyed')
    for (const attempt of this.#attempts) attempt.abort(error)
  }

  /** Does something that ends when `signal` is aborted, or the node destroyed. */
  async #attempt<T>(
    signal: AbortSignal | undefined,
    work: (attempt: AbortController) => Promise<T>
  ): Promise<T> {
    signal?.throwIfAborted()
    const attempt = new AbortController()
    const abort = () => attempt.abort(signal?.reason)
    signal?.addEventListener('abort', abort)
    this.#attempts.add(attempt)
    try {
      return await work(attempt)
    } finally {
      signal?.removeEventListener('abort', abort)
      this.#attempts.delete(attempt)
    }
  }

  async #open(id: Id, signal: AbortSignal, onProgress: ReachOptions['onProgress']): Promise<void> {
    if (this.#node.table.get(id)) return
    await this.#find(id, signal, onProgress)
    onProgress?.('signalling')
    await abortable(this.#node.destinations.connect(id), signal)
  }

  async #find(id: Id, signal: AbortSignal, onProgress: ReachOptions['onProgress']): Promise<void> {
    onProgress?.('finding')
    if (!(await abortable(this.#isThere(id), signal))) {
      throw new WebTorrentDHTError('ENOTFOUND', `node ${id.hex} was not found`)
    }
  }

  #idOf(target: Target): Id {
    const value = typeof target === 'string' || ArrayBuffer.isView(target) ? target : target?.id
    const id =
      typeof value === 'string'
        ? Buffer.from(value, 'hex')
        : Buffer.from(ArrayBuffer.isView(value) ? asBuffer(value) : [])
    const isWhole = typeof value !== 'string' || value.length === 2 * id.length
    const { id: own, idLength } = this.#node.options
    if (!isWhole || id.length !== idLength) {
      throw new WebTorrentDHTError('EINVAL', `the target should be an id of ${idLength} bytes, or have one`)
    }
    if (own.bytes.equals(id)) throw new WebTorrentDHTError('EINVAL', 'the target is this node itself')
    if (this.#node.isClosed) throw new WebTorrentDHTError('ECLOSED', 'the node was destroyed')
    return Id.of(id)
  }
}

/** @throws WebTorrentDHTError `EINVAL` */
function checkProtocol(protocol: unknown): void {
  const length = typeof protocol === 'string' ? Buffer.byteLength(protocol) : 0
  if (length < 1 || length > MAX_PROTOCOL_BYTES) {
    throw new WebTorrentDHTError('EINVAL', `a protocol is named by 1 to ${MAX_PROTOCOL_BYTES} bytes`)
  }
}
