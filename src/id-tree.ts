/**
 * Values by id, of which the nearest to a target are found without looking at the others: a binary trie over the bits of ids. A
 * branch is only where ids differ, so ids with many bits in common make it no deeper; its depth is at most the bits of an id.
 */

import { commonBits, type Id, isNearer } from './id.js'

/** Ids that are together before they are told apart. */
const MAX_IN_LEAF = 16
/** Below the half of it, so that one id that comes and goes does not split and merge a leaf each time. */
const MERGED = MAX_IN_LEAF / 2

interface Entry<Value> {
  readonly id: Id
  /** That of the id as a signed integer, which is quicker to get at. */
  readonly prefix: number
  value: Value
}

interface Leaf<Value> {
  readonly entries: Entry<Value>[]
}

/** All ids below it agree in the bits before `bit`. Neither side is empty. */
interface Branch<Value> {
  readonly bit: number
  zero: Tree<Value>
  one: Tree<Value>
}

type Tree<Value> = Leaf<Value> | Branch<Value>

/** All ids in one tree have the same length. */
export class IdTree<Value> {
  #root: Tree<Value> = { entries: [] }
  #size = 0

  get size(): number {
    return this.#size
  }

  get(id: Id): Value | undefined {
    return find(this.#leafOf(id), id)?.value
  }

  set(id: Id, value: Value): void {
    const leaf = this.#leafOf(id)
    const known = find(leaf, id)
    if (known) {
      known.value = value
      return
    }
    this.#size++
    const other = leaf.entries[0]
    const bit = other ? commonBits(id, other.id) : Number.POSITIVE_INFINITY
    this.#root = insert(this.#root, bit, { id, prefix: id.prefix | 0, value })
  }

  /** @returns whether it was there */
  delete(id: Id): boolean {
    if (!find(this.#leafOf(id), id)) return false
    this.#size--
    this.#root = remove(this.#root, id)
    return true
  }

  /** All values that are there now, in no particular order: the tree may be changed meanwhile. */
  values(): IterableIterator<Value> {
    const values: Value[] = []
    collect(this.#root, values)
    return values.values()
  }

  /** The values nearest to a target, the nearest first. `accepts` is asked in this order, and no longer than needed. */
  nearest(target: Id, count: number, accepts?: (value: Value, id: Id) => boolean): Value[] {
    const found: Value[] = []
    if (count > 0) findNearest(this.#root, { target, count, accepts, found })
    return found
  }

  /** Where an id is, if it is in the tree. */
  #leafOf(id: Id): Leaf<Value> {
    let tree = this.#root
    while ('bit' in tree) tree = hasBit(id, tree.bit) ? tree.one : tree.zero
    return tree
  }
}

interface Search<Value> {
  target: Id
  count: number
  accepts: ((value: Value, id: Id) => boolean) | undefined
  found: Value[]
}

/** Whatever is on the target's side of a branch is nearer than all on the other side. */
function findNearest<Value>(tree: Tree<Value>, search: Search<Value>): void {
  const { target, count, accepts, found } = search
  if ('bit' in tree) {
    const isOne = hasBit(target, tree.bit)
    findNearest(isOne ? tree.one : tree.zero, search)
    if (found.length < count) findNearest(isOne ? tree.zero : tree.one, search)
    return
  }
  for (const { id, value } of sorted(tree.entries, target)) {
    if (found.length === count) return
    if (!accepts || accepts(value, id)) found.push(value)
  }
}

/** By insertion, which is the quickest for so few. */
function sorted<Value>(entries: Entry<Value>[], target: Id): Entry<Value>[] {
  const result: Entry<Value>[] = []
  const prefix = target.prefix | 0
  for (const entry of entries) {
    const distance = (entry.prefix ^ prefix) >>> 0
    let place = result.length
    for (let before = result[place - 1]; before; before = result[place - 1]) {
      const other = (before.prefix ^ prefix) >>> 0
      if (other < distance || (other === distance && isNearer(target, before.id, entry.id))) break
      result[place] = before
      place--
    }
    result[place] = entry
  }
  return result
}

/** @param bit the first one in which the new id differs from those that are nearest to it */
function insert<Value>(tree: Tree<Value>, bit: number, entry: Entry<Value>): Tree<Value> {
  if ('bit' in tree && tree.bit < bit) {
    if (hasBit(entry.id, tree.bit)) tree.one = insert(tree.one, bit, entry)
    else tree.zero = insert(tree.zero, bit, entry)
    return tree
  }
  if ('bit' in tree) {
    const leaf = { entries: [entry] }
    return hasBit(entry.id, bit) ? { bit, zero: tree, one: leaf } : { bit, zero: leaf, one: tree }
  }
  tree.entries.push(entry)
  return tree.entries.length > MAX_IN_LEAF ? split(tree.entries) : tree
}

function split<Value>(entries: Entry<Value>[]): Branch<Value> {
  const [first, ...others] = entries
  const bit = first ? Math.min(...others.map(({ id }) => commonBits(first.id, id))) : 0
  return {
    bit,
    zero: { entries: entries.filter(({ id }) => !hasBit(id, bit)) },
    one: { entries: entries.filter(({ id }) => hasBit(id, bit)) }
  }
}

function remove<Value>(tree: Tree<Value>, id: Id): Tree<Value> {
  if (!('bit' in tree)) {
    tree.entries.splice(
      tree.entries.findIndex(entry => entry.id.equals(id)),
      1
    )
    return tree
  }
  if (hasBit(id, tree.bit)) tree.one = remove(tree.one, id)
  else tree.zero = remove(tree.zero, id)
  return merged(tree)
}

/** A branch as it is, or what is left of it. */
function merged<Value>(branch: Branch<Value>): Tree<Value> {
  const { zero, one } = branch
  const zeros = 'bit' in zero ? Number.POSITIVE_INFINITY : zero.entries.length
  const ones = 'bit' in one ? Number.POSITIVE_INFINITY : one.entries.length
  if (zeros === 0) return one
  if (ones === 0) return zero
  if ('bit' in zero || 'bit' in one || zeros + ones > MERGED) return branch
  return { entries: [...zero.entries, ...one.entries] }
}

function find<Value>({ entries }: Leaf<Value>, id: Id): Entry<Value> | undefined {
  return entries.find(entry => entry.id.equals(id))
}

function collect<Value>(tree: Tree<Value>, values: Value[]): void {
  if ('bit' in tree) {
    collect(tree.zero, values)
    collect(tree.one, values)
  } else {
    for (const { value } of tree.entries) values.push(value)
  }
}

function hasBit(id: Id, bit: number): boolean {
  if (bit < 32) return (id.prefix & (0x80000000 >>> bit)) !== 0
  return (((id.bytes[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1) === 1
}
