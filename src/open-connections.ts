/**
 * How many connections are open in the native library of WebRTC. All copies of this package in a process share the library, in the
 * module contexts of test runners too. So they share the number as well, which is kept at the library.
 */

const KEY = Symbol.for('webtorrent-dht.open-connections')

export class OpenConnections {
  #count = 0

  /** The count of a library. @param library an object of it that is the same in all contexts */
  static of(library: object): OpenConnections {
    const known: OpenConnections | undefined = Reflect.get(library, KEY)
    if (known) return known
    const created = new OpenConnections()
    Reflect.set(library, KEY, created)
    return created
  }

  get count(): number {
    return this.#count
  }

  opened(): void {
    this.#count++
  }

  closed(): void {
    this.#count--
  }
}
