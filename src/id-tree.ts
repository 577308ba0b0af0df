/** Values by id, of which the nearest to a target are found without looking at all. */

import { compareDistances, type Id } from './id.js'

export class IdTree<Value> {
  readonly #all = new Map<string, { id: Id; value: Value }>()

  get size(): number {
    return this.#all.size
  }

  set(id: Id, value: Value): void {
    this.#all.set(id.hex, { id, value })
  }

  get(id: Id): Value | undefined {
    return this.#all.get(id.hex)?.value
  }

  delete(id: Id): boolean {
    return this.#all.delete(id.hex)
  }

  *values(): IterableIterator<Value> {
    for (const { value } of this.#all.values()) yield value
  }

  /** The values nearest to a target, the nearest first. */
  nearest(target: Id, count: number, accepts: (value: Value, id: Id) => boolean = () => true): Value[] {
    return [...this.#all.values()]
      .filter(({ id, value }) => accepts(value, id))
      .sort((a, b) => compareDistances(target, a.id, b.id))
      .slice(0, count)
      .map(({ value }) => value)
  }
}
