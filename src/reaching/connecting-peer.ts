/** A peer connection of the application while it is made: its description, and whether it opens or fails. */

import { invalid } from '../arguments.js'
import { Gathering } from '../connections/gathering.js'
import type { LateWay } from '../connections/late-way.js'
import { Trickling } from '../connections/trickling.js'
import { WebTorrentDHTError } from '../errors.js'
import type { SimplePeer } from '../simple-peer.js'
import type { Description } from '../wire/description.js'

export class ConnectingPeer {
  readonly peer: SimplePeer
  /** Rejects when the peer fails or is destroyed. */
  readonly failed: Promise<never>
  /** Its candidates. */
  readonly gathering: Gathering
  /** Its offer, or its answer, with the candidates that are there. */
  readonly description: Promise<Description>
  readonly opening: Promise<void>
  #trickling: Trickling | null = null
  #detach = () => {}

  /**
   * @param peer listened to from now on, since the application's peer may emit its offer early
   * @param initiator whether the peer should be the initiator
   * @param gather watches its candidates; by default its first description is whole
   * @throws WebTorrentDHTError `EINVAL` if it is not, or is no peer
   */
  constructor(peer: SimplePeer, initiator: boolean, gather = (own: SimplePeer) => new Gathering(own, 0)) {
    this.peer = peer
    if (![peer.on, peer.signal, peer.destroy].every(method => typeof method === 'function')) {
      throw invalid('peer', peer, 'a peer connection with the interface of simple-peer')
    }
    // For good: simple-peer emits an error after it was destroyed, and without a listener that ends the process.
    peer.on('error', ignore)
    if (peer.initiator === !initiator) {
      throw invalid('peer.initiator', peer.initiator, `${initiator}`)
    }
    this.gathering = gather(peer)
    this.failed = this.#rejection()
    this.description = Promise.race([this.#described(), this.failed])
    this.opening = Promise.race([this.#opened(), this.failed])
    // Often nobody waits for them.
    for (const promise of [this.failed, this.description, this.opening]) promise.catch(ignore)
  }

  /** Its offer, or its answer, with the candidates that are there. @param isWhole whether it waits for all of them */
  async describe(isWhole: boolean): Promise<Description> {
    const first = await this.description
    if (isWhole) await this.gathering.whenWhole()
    return this.gathering.complete(first)
  }

  /** Has candidates follow the descriptions of both ends. @param offer of either end */
  trickleOver(way: LateWay, offer: Description): void {
    const { peer, gathering } = this
    this.#trickling = new Trickling({ peer, gathering, way, offer })
  }

  /** The candidates that follow the descriptions, if any may. */
  get trickling(): Trickling | null {
    return this.#trickling
  }

  /** Stops listening to the peer: from now on it belongs to the application. */
  detach(): void {
    this.#trickling?.stop()
    this.gathering.stop()
    this.#detach()
  }

  #rejection(): Promise<never> {
    return new Promise((_, reject) => {
      const fail = (cause?: unknown) =>
        reject(new WebTorrentDHTError('ECONNFAILED', 'the peer connection failed', { cause }))
      if (this.peer.destroyed) fail()
      this.#listen('error', fail)
      this.#listen('close', () => fail())
    })
  }

  #described(): Promise<Description> {
    return new Promise(resolve =>
      this.#listen('signal', (signal: unknown) => {
        if (isDescription(signal)) resolve(signal)
      })
    )
  }

  #opened(): Promise<void> {
    return new Promise(resolve => {
      if (this.peer.connected) resolve()
      this.#listen('connect', () => resolve())
    })
  }

  #listen(event: string, listener: (argument?: unknown) => void): void {
    const before = this.#detach
    this.peer.on(event, listener)
    this.#detach = () => {
      before()
      this.peer.off(event, listener)
    }
  }
}

/** Destroys a peer. Where one of the application's own class throws, the application sees it, and nothing stops here. */
export function destroyPeer(peer: SimplePeer): void {
  try {
    peer.destroy()
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}

/** Other signals ask for a renegotiation. */
function isDescription(signal: unknown): signal is Description {
  return typeof (signal as Partial<Description> | undefined)?.sdp === 'string'
}

function ignore(): void {}
