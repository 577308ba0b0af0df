/** Listeners that are removed together. */

import type { Listener } from '../events.js'

/** An emitter of events, whoever's: WebTorrent's, that of Node.js, or that of pages. */
export interface Emitter {
  on(event: string, listener: Listener): unknown
  removeListener(event: string, listener: Listener): unknown
}

/** @internal */
export class Listeners {
  #removals: (() => void)[] = []

  add(emitter: Emitter, event: string, listener: Listener): void {
    emitter.on(event, listener)
    this.#removals.push(() => emitter.removeListener(event, listener))
  }

  removeAll(): void {
    for (const remove of this.#removals) remove()
    this.#removals = []
  }
}
