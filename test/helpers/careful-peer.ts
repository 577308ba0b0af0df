/** For tests that count connections: a `simple-peer` that opens at the first attempt, if more slowly (node-datachannel.ts). */

import { SimplePeer, type SimplePeerOptions } from '../../src/simple-peer.js'

export class CarefulPeer extends SimplePeer {
  constructor(options: SimplePeerOptions) {
    super({ ...options, config: { ...options.config, careful: true } })
  }
}
