/**
 * How many connections are open in the native library of WebRTC. All copies of this package in a process share the library, in the
 * module contexts of test runners too. So they share the number as well, which is kept at the library.
 */

const KEY = Symbol.for('webtorrent-dht.open-connections')

export class OpenConnections {
  #count = 0
  #onAllClosed: (() => void) | null = null

  /** Those of a library. @param library an object of it that is the same in all contexts */
  static of(library: object): OpenConnections {
    const known: OpenConnections | undefined = Reflect.get(library, KEY)
    if (known) return known
    const created = new OpenConnections()
    Reflect.set(library, KEY, created)
    return created
  }

  opened(): void {
    this.#count++
  }

  closed(): void {
    this.#count--
    this.#noteClosed()
  }

  /** Calls back when no connection is open, now or later; only the last callback counts. */
  whenAllClosed(callback: () => void): void {
    this.#onAllClosed = callback
    this.#noteClosed()
  }

  #noteClosed(): void {
    if (this.#count > 0) return
    this.#onAllClosed?.()
    this.#onAllClosed = null
  }
}
