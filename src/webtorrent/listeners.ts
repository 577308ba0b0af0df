/** Listeners that are removed together. */

interface Emitter {
  // biome-ignore lint/suspicious/noExplicitAny: as Node.js declares it: the arguments depend on the event
  on(event: string, listener: (...args: any[]) => void): unknown
  // biome-ignore lint/suspicious/noExplicitAny: likewise
  removeListener(event: string, listener: (...args: any[]) => void): unknown
}

export class Listeners {
  #removals: (() => void)[] = []

  // biome-ignore lint/suspicious/noExplicitAny: as Node.js declares it: the arguments depend on the event
  add(emitter: Emitter, event: string, listener: (...args: any[]) => void): void {
    emitter.on(event, listener)
    this.#removals.push(() => emitter.removeListener(event, listener))
  }

  removeAll(): void {
    for (const remove of this.#removals) remove()
    this.#removals = []
  }
}
