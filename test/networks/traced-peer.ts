/** A `simple-peer` that notes what became of it. */

import { SimplePeer, type SimplePeerOptions } from '../../src/simple-peer.js'
import type { Description } from '../../src/wire/description.js'
import { candidateKinds, type Trace } from './trace.js'

export const traces: Trace[] = []

export class TracedPeer extends SimplePeer {
  readonly #trace: Trace
  readonly #at: () => number

  constructor(options: SimplePeerOptions) {
    super(options)
    const made = performance.now()
    const trace: Trace = { made: Math.round(made), initiator: options.initiator ?? false, ice: [] }
    const at = () => Math.round(performance.now() - made)
    this.#trace = trace
    this.#at = at
    traces.push(trace)
    this.once('signal', ({ sdp }: Description) => {
      trace.describedAt = at()
      trace.local = candidateKinds(sdp ?? '')
    })
    this.on('iceStateChange', (state: string) => {
      trace.ice.push([state, at()])
    })
    this.once('connect', () => {
      trace.openAt = at()
    })
    this.once('close', () => {
      trace.closedAt = at()
    })
  }

  override signal(description: Description): void {
    if (description.sdp) {
      this.#trace.answeredAt = this.#at()
      this.#trace.remote = candidateKinds(description.sdp)
    }
    super.signal(description)
  }
}
