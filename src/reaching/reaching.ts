/** Reaches a node by its id, for the application: with a connection of the DHT's, or one of the application's own. */

import { type Abortable, abortable, onAbort, reasonOf, throwIfAborted } from '../abort-signals.js'
import {
  optional,
  readBoolean,
  readFunction,
  readId,
  readName,
  readOptions,
  readSignal,
  readTag
} from '../arguments.js'
import type { Bytes } from '../bytes.js'
import type { Link } from '../connections/link.js'
import { ROUTING_TAG } from '../connections/table.js'
import { closedError, WebTorrentDHTError } from '../errors.js'
import type { Id } from '../id.js'
import { isBytes } from '../is-bytes.js'
import type { SimplePeer } from '../simple-peer.js'
import type { PromiseOptions } from './abortable.js'
import type { ApplicationSignals } from './application-signals.js'
import { ConnectingPeer } from './connecting-peer.js'
import type { DialHandler, HandleOptions, IncomingDial } from './incoming-dial.js'
import type { Sealer } from './sealer.js'

/** A node: its id as bytes or hex, or a peer that a `'peer'` event gave. */
export type Target = Uint8Array | string | { readonly id?: Uint8Array | string | undefined }

/** The steps: the node is looked for, signals are exchanged, the connection is open. */
export type Progress = 'finding' | 'signalling' | 'connected'

export interface ReachOptions extends PromiseOptions {
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
  /** @internal For a peer that is made. */
  sealer?: Sealer | undefined
}

/** An open connection of the DHT's, tagged for the application. */
export interface NodeConnection {
  readonly id: Bytes
  readonly tag: string
  /** Removes the tag. The connection stays open until it is evicted. */
  release(): void
}

/** @internal The part of the node that reaching needs. */
export interface ReachingNode {
  readonly options: { readonly id: Id; readonly idLength: number }
  readonly isClosed: boolean
  readonly missingWebRTC: WebTorrentDHTError | null
  readonly table: {
    get(id: Id): unknown
    /** @returns whether the node is connected, and there is room for the tag */
    addTag(id: Id, tag: string): boolean
    deleteTag(id: Id, tag: string): void
  }
  readonly destinations: {
    linkTo(id: Id): Promise<Link>
    connect(id: Id, mayRelay: boolean): Promise<unknown>
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

  async connect(target: Target, options?: ConnectOptions | null): Promise<NodeConnection> {
    const { signal, onProgress, ...given } = readReachOptions(options, ['tag'])
    const tag = optional(readApplicationTag, 'options.tag', given.tag) ?? DEFAULT_TAG
    const id = this.#idOf(target)
    await this.#attempt(signal, attempt => this.#open(id, attempt.signal, onProgress))
    onProgress?.('connected') // it may throw, so nothing is tagged yet
    const { table, isClosed } = this.#node
    if (isClosed) throw closedError()
    if (!table.addTag(id, tag)) {
      if (!table.get(id)) throw new WebTorrentDHTError('ECONNFAILED', 'the connection was closed')
      throw new WebTorrentDHTError('EFULL', 'applications have tagged all connections that they may')
    }
    return { id: id.bytes, tag, release: () => table.deleteTag(id, tag) }
  }

  async dial(target: Target, protocol: string, options?: DialOptions | null): Promise<SimplePeer> {
    let dialled = options?.peer
    let given: ConnectingPeer | undefined
    try {
      const { signal, onProgress, peer, sealer } = readReachOptions(options, ['peer', 'sealer'])
      // At once: the peer may have its offer before the node is found.
      given = peer && new ConnectingPeer(peer, true)
      readName('protocol', protocol)
      const id = this.#idOf(target)
      const { applicationSignals, destinations } = this.#node
      return await this.#attempt(signal, async attempt => {
        given?.failed.catch(error => attempt.abort(error))
        await this.#find(id, attempt.signal, onProgress)
        onProgress?.('signalling')
        const findLink = () => destinations.linkTo(id)
        const call = { findLink, protocol, signal: attempt.signal, sealer }
        dialled = await applicationSignals.dial(call, given)
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
  handle(
    protocol: string,
    handler: DialHandler,
    onError: (error: unknown) => void,
    given?: HandleOptions | null
  ): () => void {
    readName('protocol', protocol)
    readFunction('handler', handler)
    const options = readOptions<HandleOptions>(given, ['hasTurn', 'sealer'])
    const hasTurn = optional(readBoolean, 'options.hasTurn', options.hasTurn)
    const calling = async (dial: IncomingDial) => {
      try {
        await handler(dial)
      } catch (error) {
        onError(error)
        throw error
      }
    }
    return this.#node.applicationSignals.handle(protocol, calling, { hasTurn, sealer: options.sealer })
  }

  /** Aborts all attempts. */
  close(): void {
    const error = closedError()
    for (const attempt of this.#attempts) attempt.abort(error)
  }

  /** Does something that ends when `signal` is aborted, or the node destroyed. */
  async #attempt<T>(
    signal: Abortable | undefined,
    work: (attempt: AbortController) => Promise<T>
  ): Promise<T> {
    throwIfAborted(signal)
    const attempt = new AbortController()
    const stop = signal && onAbort(signal, () => attempt.abort(reasonOf(signal)))
    this.#attempts.add(attempt)
    try {
      return await work(attempt)
    } finally {
      stop?.()
      this.#attempts.delete(attempt)
    }
  }

  async #open(id: Id, signal: Abortable, onProgress: ReachOptions['onProgress']): Promise<void> {
    if (this.#node.table.get(id)) return
    await this.#find(id, signal, onProgress)
    onProgress?.('signalling')
    await abortable(this.#node.destinations.connect(id, true), signal)
  }

  async #find(id: Id, signal: Abortable, onProgress: ReachOptions['onProgress']): Promise<void> {
    onProgress?.('finding')
    if (!(await abortable(this.#isThere(id), signal))) {
      throw this.#node.missingWebRTC ?? new WebTorrentDHTError('ENOTFOUND', `node ${id.hex} was not found`)
    }
  }

  #idOf(target: Target): Id {
    const { id: own, idLength } = this.#node.options
    const isNode = typeof target === 'object' && target !== null && !isBytes(target)
    const id = isNode ? readId('target.id', target.id, idLength) : readId('target', target, idLength)
    if (own.equals(id)) throw new WebTorrentDHTError('EINVAL', 'the target is this node itself')
    if (this.#node.isClosed) throw closedError()
    return id
  }
}

/** The options, with what `connect` and `dial` have in common checked. @throws WebTorrentDHTError `EINVAL` */
function readReachOptions<Options extends ReachOptions>(
  given: Options | null | undefined,
  own: readonly (keyof Options & string)[]
): Partial<Options> {
  const options = readOptions(given, ['signal', 'onProgress', ...own])
  readSignal(options)
  optional(readFunction, 'options.onProgress', options.onProgress)
  return options
}

function readApplicationTag(name: string, value: unknown): string {
  return readTag(name, value, ROUTING_TAG)
}
