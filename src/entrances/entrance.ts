/** Entrances: ways to carry an offer to a node of the network and its answer back. That is all that joining needs. */

import type { GivenSignal } from '../abort-signals.js'

/** An offer or an answer, as JSON carries it. */
export interface CarriedSignal {
  type: 'offer' | 'answer'
  /** The session description, with the proof of the id in it. Carry it unchanged. */
  sdp: string
  /** The id of the node that made it, in hex. */
  id?: string
  /** The protocol extensions that the node speaks. */
  extensions?: string[]
}

/** The answer to an offer, or the id alone of a node that is connected to the asker already. */
export type CarriedAnswer = CarriedSignal | { id: string; sdp?: undefined }

/**
 * Carries an offer to a node and brings back its answer. It has 10 seconds; `signal` aborts when they are over, and as soon as the node
 * is connected through another entrance.
 *
 * @throws any error if nobody answers; `dht.on('warning')` tells of it
 */
export type CarryOffer = (offer: CarriedSignal, options: { signal: GivenSignal }) => Promise<CarriedAnswer>

/**
 * The part of a node that answers the offers of newcomers. It rejects if the node is full, if the offer is no good or its own, and if
 * the newcomer is connected already. Then say nothing, where others may answer.
 *
 * @param options.origin the newcomer's IP address, if the entrance knows it for sure; else any name for those who may be one. One origin
 * has a share of the node's connections. Default: the name of the entrance
 */
export type AnswerOffer = (offer: CarriedSignal, options?: { origin?: string }) => Promise<CarriedSignal>

/** Where a server listens. */
export interface HostAndPort {
  host: string
  port: number
}

/** A way in: option `entrances`, or a scheme in `bootstrap`. */
export interface Entrance {
  /** The name in warnings: a URL, for example. */
  readonly name: string
  /**
   * Whether it leads only to nodes of this machine or its network, so that both ends may show each other private addresses. Default:
   * `false`.
   */
  readonly isLocal?: boolean
  /** Carries an offer in. An entrance without it only serves. */
  readonly request?: CarryOffer
  /**
   * Lets newcomers in: passes their offers to `answer`, until `signal` aborts. Called once the node is in the network, or has found
   * nobody: two newcomers would never meet otherwise. A node that knows no place but its entrances serves at once. Called again, after
   * `signal` has aborted, with the node's public `address` when its HTTP server listens. `listening` is where the server itself listens:
   * another place if the node is behind a proxy (`http_address`).
   *
   * @throws any error if it cannot, at once or later; `dht.on('warning')` tells of it
   */
  serve?(
    answer: AnswerOffer,
    options: { signal: GivenSignal; address: HostAndPort | null; listening: HostAndPort | null }
  ): void | Promise<void>
}
