/** How nodes get in: whether they have joined and have somebody in their table, and how long that takes. */

import type { Population } from './population.js'
import { Sample, Tally } from './tally.js'

/** By then a newcomer should be in. */
const DEADLINE = 30_000

export class Newcomers {
  readonly joined = new Tally()
  /** Milliseconds until the first node in the table. */
  readonly times = new Sample()

  constructor({ network, onStart }: Population) {
    onStart(node => {
      network.clock.schedule(null, DEADLINE, () => {
        if (!node.isAlive || node.isLiar || node.isBootstrap) return
        this.joined.add(node.readyAt !== null && node.dht.nodes.count() > 0)
        if (node.metAt !== null) this.times.add(node.metAt - node.startedAt)
      })
    })
  }
}
