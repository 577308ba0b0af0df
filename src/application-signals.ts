/**
 * Application signals: an offer of a peer connection of the application's own goes to a node in a `dial` query, and the
 * answer comes back in its reply (bep.md). The DHT only carries them: its own connections are never given away.
 */

import type { ConnectionFactory } from './connections/factory.js'
import type { Link } from './connections/link.js'
import { messageOf, WebTorrentDHTError } from './errors.js'
import type { ResolvedOptions } from './options.js'
import type { Transactions } from './signal-exchange/transactions.js'
import type { Description, SimplePeer } from './simple-peer.js'
import { KRPC_ERROR } from './wire/messages.js'
import { encodeSignal, type Signal } from './wire/signal.js'

const SECONDS = 1000
/** For the way there and back, and for the answering side to gather candidates. */
const ANSWER_TIMEOUT = 10 * SECONDS
/** From the answer to an open connection, over the slowest links. */
const OPEN_TIMEOUT = 10 * SECONDS
/** Dials by others that are being answered at the same time. */
const MAX_ANSWERING = 16

/** A dial by another node, as the handler of its protocol gets it. */
export interface IncomingDial {
  /** The id that the dialling node claims. Over a route nobody can vouch for it: let peers prove who they are. */
  readonly id: Buffer
  readonly protocol: string
  /**
   * Takes the call.
   *
   * @param peer of the application's own, with the interface of `simple-peer`, made with `initiator: false` and `trickle: false`;
   * by default one is made with the options of this node
   * @returns that peer, which connects soon, or is destroyed
   */
  accept<P extends SimplePeer = SimplePeer>(peer?: P): P
}

/** Takes calls by calling `accept`, at once or before what it returns settles. A call that is not taken is refused. */
export type DialHandler = (dial: IncomingDial) => unknown

export class ApplicationSignals {
  readonly #options: ResolvedOptions
  readonly #transactions: Transactions
  readonly #factory: ConnectionFactory
  readonly #handlers = new Map<string, DialHandler>()
  readonly #peers = new Set<SimplePeer>()
  #answering = 0

  constructor(options: ResolvedOptions, transactions: Transactions, factory: ConnectionFactory) {
    this.#options = options
    this.#transactions = transactions
    this.#factory = factory
  }

  /** @throws WebTorrentDHTError `EINVAL` if the protocol has a handler */
  handle(protocol: string, handler: DialHandler): () => void {
    if (this.#handlers.has(protocol)) {
      throw new WebTorrentDHTError('EINVAL', `protocol '${protocol}' has a handler already`)
    }
    this.#handlers.set(protocol, handler)
    return () => {
      if (this.#handlers.get(protocol) === handler) this.#handlers.delete(protocol)
    }
  }

  /** Opens a connection to the node that a link leads to. The peer is destroyed if that fails. */
  async dial(
    link: Link,
    protocol: string,
    given: SimplePeer | undefined,
    signal: AbortSignal | undefined
  ): Promise<SimplePeer> {
    await this.#factory.prepare()
    const peer = given ?? this.#factory.createApplicationPeer(true)
    this.#watch(peer)
    try {
      const offer = this.#toSignal(await describe(peer, signal))
      const args = { id: this.#options.id, protocol, signal: encodeSignal(offer) }
      const reply = await abortable(this.#transactions.query(link, 'dial', args, ANSWER_TIMEOUT), signal)
      const answer = reply.signal as Signal | undefined
      if (answer?.sdp === undefined || !isBy(answer, link)) {
        throw new WebTorrentDHTError('EREFUSED', 'the node gave no answer')
      }
      peer.signal({ type: answer.type, sdp: answer.sdp })
      await opened(peer, signal)
      return peer
    } catch (error) {
      peer.destroy()
      throw error
    } finally {
      this.#peers.delete(peer)
    }
  }

  /**
   * Answers a dial.
   *
   * @throws DialRefused with a KRPC error code
   */
  async answer(id: Buffer, protocol: string, offer: Signal): Promise<Signal> {
    const handler = this.#handlers.get(protocol)
    if (!handler) throw new DialRefused(KRPC_ERROR.NO_PROTOCOL, 'nobody handles this protocol')
    if (this.#answering >= MAX_ANSWERING) throw new DialRefused(KRPC_ERROR.FULL, 'too many dials')
    this.#answering++
    try {
      await this.#factory.prepare()
      return await this.#ask(handler, { id, protocol, offer })
    } finally {
      this.#answering--
    }
  }

  close(): void {
    this.#handlers.clear()
    for (const peer of this.#peers) peer.destroy()
  }

  async #ask(
    handler: DialHandler,
    { id, protocol, offer }: { id: Buffer; protocol: string; offer: Signal }
  ): Promise<Signal> {
    let taken: SimplePeer | undefined
    let isOver = false
    const accept = <P extends SimplePeer>(peer?: P): P => {
      if (isOver || taken) throw new WebTorrentDHTError('EINVAL', 'the dial was taken, or is over')
      taken = peer ?? this.#factory.createApplicationPeer(false)
      this.#watch(taken)
      return taken as P
    }
    try {
      await handler({ id, protocol, accept })
      isOver = true
      if (!taken) throw new DialRefused(KRPC_ERROR.REFUSED, 'the dial was refused')
      const description = describe(taken, undefined)
      taken.signal({ type: offer.type, sdp: offer.sdp })
      const answer = this.#toSignal(await description)
      opened(taken, undefined).catch(() => taken?.destroy())
      return answer
    } catch (error) {
      isOver = true
      taken?.destroy()
      if (error instanceof DialRefused) throw error
      throw new DialRefused(KRPC_ERROR.GENERIC, messageOf(error))
    }
  }

  #toSignal({ type, sdp }: Description): Signal {
    return { id: this.#options.id, type, sdp, extensions: [] }
  }

  /** A peer in the making is destroyed with the node; an open one is the application's. */
  #watch(peer: SimplePeer): void {
    this.#peers.add(peer)
    const forget = () => this.#peers.delete(peer)
    peer.once('connect', forget)
    peer.once('close', forget)
  }
}

/** Why a dial is not answered, as a KRPC error says it. */
export class DialRefused extends Error {
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

function isBy(signal: Signal, { id }: Link): boolean {
  return signal.id.toString('hex') === id
}

/** The offer of a peer, or its answer. */
function describe(peer: SimplePeer, signal: AbortSignal | undefined): Promise<Description> {
  return whenEmitted<Description>(peer, 'signal', ANSWER_TIMEOUT, signal)
}

async function opened(peer: SimplePeer, signal: AbortSignal | undefined): Promise<void> {
  if (!peer.connected) await whenEmitted(peer, 'connect', OPEN_TIMEOUT, signal)
}

/** Waits for an event of a peer. @throws WebTorrentDHTError if it ends first, or takes too long; what `signal` says */
function whenEmitted<T>(
  peer: SimplePeer,
  event: 'signal' | 'connect',
  timeout: number,
  signal: AbortSignal | undefined
): Promise<T> {
  let cleanUp = () => {}
  const emitted = new Promise<T>((resolve, reject) => {
    const fail = (cause?: unknown) =>
      reject(new WebTorrentDHTError('ECONNFAILED', 'the peer connection failed', { cause }))
    const timer = setTimeout(
      () => reject(new WebTorrentDHTError('ETIMEDOUT', 'the peer connection took too long')),
      timeout
    )
    peer.once(event, resolve)
    peer.once('error', fail)
    peer.once('close', fail)
    cleanUp = () => {
      clearTimeout(timer)
      peer.off(event, resolve)
      peer.off('close', fail)
      // 'error' stays: simple-peer emits it after it was destroyed, and without a listener that ends the process.
    }
  })
  return abortable(emitted, signal).finally(cleanUp)
}

/** Settles as a promise does, or rejects with the reason of the signal. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
