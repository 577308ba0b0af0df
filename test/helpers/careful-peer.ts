/** For tests that count connections or calls: a `simple-peer` that opens at the first attempt, if more slowly (node-datachannel.ts). */

import { SimplePeer, type SimplePeerOptions } from '../../src/simple-peer.js'

/** Milliseconds; an offer and its answer take four of them over a relay, and the connection has ten times as long to open. */
const DELAY = 100

export class CarefulPeer extends SimplePeer {
  constructor(options: SimplePeerOptions) {
    super({ ...options, config: { ...options.config, careful: true } })
  }
}

/** Its link has a delay, so that on a busy machine, too, it is open before the attempt is given up (connector.ts). */
export class SlowCarefulPeer extends CarefulPeer {
  override send(chunk: Uint8Array): void {
    setTimeout(() => this.connected && super.send(chunk), DELAY)
  }
}
