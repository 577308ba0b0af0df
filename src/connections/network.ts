/** The network that a node is in, as far as it has been found out: whether others can reach it, and which. */

import { emitter } from '../events.js'

/**
 * - `public`: this machine has a public address of its own
 * - `nat`: behind a NAT that shows all others the same port
 * - `symmetric`: behind a NAT that shows each other end a port of its own: only those who can be reached without help meet it
 * - `blocked`: UDP does not get out
 * - `unknown`: not found out, or not asked
 */
export type NetworkKind = 'public' | 'nat' | 'symmetric' | 'blocked' | 'unknown'

type Events = { change: [kind: NetworkKind] }

/** @internal */
export class Network extends emitter<Events>() {
  #kind: NetworkKind = 'unknown'

  get kind(): NetworkKind {
    return this.#kind
  }

  /** Notes what was found out. A later finding replaces an earlier one. */
  learn(kind: NetworkKind): void {
    if (kind === this.#kind) return
    this.#kind = kind
    this.emit('change', kind)
  }
}
