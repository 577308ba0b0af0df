/** Has candidates follow the descriptions of a connection, from both ends, until it is open or closed. */

import type { SimplePeer } from '../simple-peer.js'
import type { Description } from '../wire/description.js'
import { ufragOf } from '../wire/signal.js'
import type { Gathering } from './gathering.js'
import type { LateWay } from './late-way.js'
import { RemoteCandidates } from './remote-candidates.js'

export interface TricklingOptions {
  peer: SimplePeer
  gathering: Gathering
  way: LateWay
  /** The offer, of either end. */
  offer: Pick<Description, 'sdp'>
}

export class Trickling {
  /** Those of the other end, which are expected from now on. */
  readonly remote: RemoteCandidates
  readonly #options: TricklingOptions
  readonly #ufrag: string
  readonly #stopExpecting: () => void

  constructor(options: TricklingOptions) {
    const { peer, way, offer } = options
    this.#options = options
    this.#ufrag = ufragOf(offer.sdp) ?? ''
    this.remote = new RemoteCandidates(peer)
    this.#stopExpecting = way.expect(this.#ufrag, lines => this.remote.take(lines))
    peer.once('connect', this.stop)
    peer.once('close', this.stop)
  }

  /** Sends the candidates that the offer lacks, or the answer, which was sent or is about to be. */
  follow(sent: Pick<Description, 'sdp'> = this.#options.offer): void {
    const { gathering, way } = this.#options
    gathering.follow(sent, {
      tell: lines => way.send(this.#ufrag, lines),
      end: () => way.end?.(this.#ufrag)
    })
  }

  /** Sends and takes no more. */
  readonly stop = (): void => {
    const { peer, gathering } = this.#options
    peer.off('connect', this.stop)
    peer.off('close', this.stop)
    gathering.unfollow()
    this.#stopExpecting()
  }
}
