/** Reaches a node by its id, for the application: with a connection of the DHT's, or one of the application's own. */

import { WebTorrentDHTError } from '../errors.js'
import type { KRPCWebRTC } from '../k-rpc-webrtc.js'
import type { SimplePeer } from '../simple-peer.js'
import { MAX_PROTOCOL_BYTES } from '../wire/messages.js'
import { abortable } from './abortable.js'
import type { DialHandler } from './application-signals.js'
import { ConnectingPeer } from './connecting-peer.js'

/** A node: its id as bytes or hex, or a peer that a `'peer'` event gave. */
export type Target = Uint8Array | string | { readonly id?: Uint8Array | string | undefined }

/** What is being done: the node is looked for, signals are exchanged, the connection is open. */
export type Progress = 'finding' | 'signalling' | 'connected'

export interface ReachOptions {
  /** Gives up when it is aborted; the promise rejects with its reason. */
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
  readonly id: Buffer
  readonly tag: string
  /** Takes the tag off: the connection is kept while there is room, and no longer for the application. */
  release(): void
}

const DEFAULT_TAG = 'application'

export class Reaching {
  readonly #rpc: KRPCWebRTC
  readonly #attempts = new Set<AbortController>()

  constructor(rpc: KRPCWebRTC) {
    this.#rpc = rpc
  }

  async connect(
    target: Target,
    { tag = DEFAULT_TAG, signal, onProgress }: ConnectOptions = {}
  ): Promise<NodeConnection> {
    const id = this.#idOf(target)
    await this.#attempt(signal, attempt => this.#open(id, attempt.signal, onProgress))
    const { socket } = this.#rpc.socket
    if (!socket.add_tag(id, tag)) {
      const isThere = socket.get_id_mapping(id) !== undefined
      if (!isThere) throw new WebTorrentDHTError('ECONNFAILED', 'the connection was closed')
      throw new WebTorrentDHTError('EFULL', 'applications have tagged all connections that they may')
    }
    onProgress?.('connected')
    return { id, tag, release: () => socket.del_tag(id, tag) }
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
      const { socket } = this.#rpc.socket
      return await this.#attempt(signal, async attempt => {
        given?.failed.catch(error => attempt.abort(error))
        await this.#find(id, attempt.signal, onProgress)
        onProgress?.('signalling')
        const findLink = () => socket.destinations.linkTo(id.toString('hex'))
        dialled = await socket.applicationSignals.dial({ findLink, protocol, signal: attempt.signal }, given)
        onProgress?.('connected')
        return dialled
      })
    } catch (error) {
      dialled?.destroy()
      given?.release()
      throw error
    }
  }

  /** Takes calls. @param onError called with what a handler throws */
  handle(protocol: string, handler: DialHandler, onError: (error: unknown) => void): () => void {
    checkProtocol(protocol)
    return this.#rpc.socket.socket.applicationSignals.handle(protocol, async dial => {
      try {
        await handler(dial)
      } catch (error) {
        onError(error)
        throw error
      }
    })
  }

  /** Gives up what is being done. */
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

  async #open(id: Buffer, signal: AbortSignal, onProgress: ReachOptions['onProgress']): Promise<void> {
    const { socket } = this.#rpc.socket
    const idHex = id.toString('hex')
    if (socket.table.get(idHex)) return
    await this.#find(id, signal, onProgress)
    onProgress?.('signalling')
    await abortable(socket.destinations.connect(idHex), signal)
  }

  async #find(id: Buffer, signal: AbortSignal, onProgress: ReachOptions['onProgress']): Promise<void> {
    onProgress?.('finding')
    if (!(await abortable(this.#rpc.find(id), signal))) {
      throw new WebTorrentDHTError('ENOTFOUND', `node ${id.toString('hex')} was not found`)
    }
  }

  #idOf(target: Target): Buffer {
    const value = typeof target === 'string' || target instanceof Uint8Array ? target : target?.id
    const id = typeof value === 'string' ? Buffer.from(value, 'hex') : Buffer.from(value ?? [])
    const isWhole = typeof value !== 'string' || value.length === 2 * id.length
    const { idLength } = this.#rpc.options
    if (!isWhole || id.length !== idLength) {
      throw new WebTorrentDHTError('EINVAL', `the target should be an id of ${idLength} bytes, or have one`)
    }
    if (id.equals(this.#rpc.id)) throw new WebTorrentDHTError('EINVAL', 'the target is this node itself')
    if (this.#rpc.destroyed) throw new WebTorrentDHTError('ECLOSED', 'the node was destroyed')
    return id
  }
}

/** @throws WebTorrentDHTError `EINVAL` */
function checkProtocol(protocol: unknown): void {
  const length = typeof protocol === 'string' ? Buffer.byteLength(protocol) : 0
  if (length < 1 || length > MAX_PROTOCOL_BYTES) {
    throw new WebTorrentDHTError('EINVAL', `a protocol is named by 1 to ${MAX_PROTOCOL_BYTES} bytes`)
  }
}
