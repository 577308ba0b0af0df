/** What is to happen, the earliest first; of what is due at the same time, what was scheduled first. A binary heap. */

export interface HeapEntry {
  time: number
  /** Ascending: decides among equal times. */
  order: number
  /** Where it is in the heap; -1 outside. */
  position: number
}

export class EventHeap<Entry extends HeapEntry> {
  readonly #entries: Entry[] = []

  get size(): number {
    return this.#entries.length
  }

  get first(): Entry | undefined {
    return this.#entries[0]
  }

  /** In no order. */
  get entries(): readonly Entry[] {
    return this.#entries
  }

  push(entry: Entry): void {
    this.#entries.push(entry)
    this.#moveUp(entry, this.#entries.length - 1)
  }

  remove(entry: Entry): void {
    const { position } = entry
    if (position < 0) return
    entry.position = -1
    const last = this.#entries.pop()
    if (last === undefined || last === entry) return
    last.position = position
    this.#moveUp(last, position)
    this.#moveDown(last, last.position)
  }

  #moveUp(entry: Entry, from: number): void {
    let position = from
    while (position > 0) {
      const parentPosition = (position - 1) >> 1
      const parent = this.#entries[parentPosition]
      if (parent === undefined || isBefore(parent, entry)) break
      this.#put(parent, position)
      position = parentPosition
    }
    this.#put(entry, position)
  }

  #moveDown(entry: Entry, from: number): void {
    const { length } = this.#entries
    let position = from
    for (let left = 2 * position + 1; left < length; left = 2 * position + 1) {
      let child = this.#entries[left]
      const right = this.#entries[left + 1]
      if (right !== undefined && child !== undefined && isBefore(right, child)) child = right
      if (child === undefined || isBefore(entry, child)) break
      const childPosition = child.position
      this.#put(child, position)
      position = childPosition
    }
    this.#put(entry, position)
  }

  #put(entry: Entry, position: number): void {
    this.#entries[position] = entry
    entry.position = position
  }
}

function isBefore(first: HeapEntry, second: HeapEntry): boolean {
  return first.time < second.time || (first.time === second.time && first.order < second.order)
}
