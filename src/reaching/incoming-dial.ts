/** Dials by other nodes, as the application's handler gets them. */

import type { Bytes } from '../bytes.js'
import type { SimplePeer } from '../simple-peer.js'
import type { Sealer } from './sealer.js'

/** A dial by another node, as the handler of its protocol gets it. */
export interface IncomingDial {
  readonly id: Bytes
  /** Whether the dialling node has proven its id, for this very connection. Else the id is a claim. */
  readonly isProven: boolean
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

export interface HandleOptions {
  /**
   * Whether the peers that the handler gives to `accept` use a TURN server. Dials that open in no other way are refused where there is
   * none, before the handler is called. Default: whether this node has one, of its own or from a bootstrap node.
   */
  hasTurn?: boolean | undefined
  /** @internal */
  sealer?: Sealer | undefined
}

/**
 * Takes a call by calling `accept`, at once or before its promise settles. Otherwise the call is refused. If the handler fails before
 * the peer is connected, the call ends. If the connection of a call fails, or does not open at once, the other node may call
 * again: with the first peer closed, or beside it. Of two peers for one call the one that the other node does not use is closed.
 */
export type DialHandler = (dial: IncomingDial) => unknown
