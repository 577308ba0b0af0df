/**
 * Values by id, of which the nearest to a target are found without looking at the others: a binary trie over the bits of ids. A
 * branch is only where ids differ, so ids with many bits in common make it no deeper; its depth is at most the bits of an id.
 */

import { commonBits, type Id, isNearer } from './id.js'

/** Ids that are together before they are told apart. */
const MAX_IN_LEAF = 16
/** Below the half of it, so that one id that comes and goes does not split and merge a leaf each time. */
const MERGED = MAX_IN_LEAF / 2

/** The ids, their prefixes and their values, in lists side by side: a search then reads no id that it does not need. */
class Leaf<Value> {
  readonly ids: Id[] = []
  readonly prefixes: number[] = []
  readonly values: Value[] = []

  indexOf(id: Id): number {
    return this.ids.findIndex((other, i) => this.prefixes[i] === id.prefix && other.equals(id))
  }

  add(id: Id, value: Value): this {
    this.ids.push(id)
    this.prefixes.push(id.prefix)
    this.values.push(value)
    return this
  }

  remove(index: number): void {
    for (const list of [this.ids, this.prefixes, this.values]) list.splice(index, 1)
  }

  /** Adds what is in another leaf, as far as `accepts` says so. */
  addFrom({ ids, values }: Leaf<Value>, accepts: (id: Id) => boolean = () => true): this {
    for (const [i, value] of values.entries()) {
      const id = ids[i]
      if (id && accepts(id)) this.add(id, value)
    }
    return this
  }

  /** The indexes, that of the nearest to a target first. By insertion, which is the quickest for so few. */
  sorted(target: Id): number[] {
    const sorted: number[] = []
    for (let i = 0; i < this.ids.length; i++) {
      let place = i
      for (let before = sorted[place - 1]; before !== undefined; before = sorted[place - 1]) {
        if (!this.#isNearer(target, i, before)) break
        sorted[place] = before
        place--
      }
      sorted[place] = i
    }
    return sorted
  }

  #isNearer(target: Id, first: number, second: number): boolean {
    const { ids, prefixes } = this
    const distance = ((prefixes[first] ?? 0) ^ target.prefix) >>> 0
    const other = ((prefixes[second] ?? 0) ^ target.prefix) >>> 0
    if (distance !== other) return distance < other
    const [a, b] = [ids[first], ids[second]]
    return a !== undefined && b !== undefined && isNearer(target, a, b)
  }
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
  #root: Tree<Value> = new Leaf()

  set(id: Id, value: Value): void {
    const leaf = this.#leafOf(id)
    const index = leaf.indexOf(id)
    if (index >= 0) {
      leaf.values[index] = value
      return
    }
    const [other] = leaf.ids
    const bit = other ? commonBits(id, other) : Number.POSITIVE_INFINITY
    this.#root = insert(this.#root, bit, id, value)
  }

  /** @returns whether it was there */
  delete(id: Id): boolean {
    if (this.#leafOf(id).indexOf(id) < 0) return false
    this.#root = remove(this.#root, id)
    return true
  }

  /** The values nearest to a target, the nearest first. `accepts` is asked in this order, and no longer than needed. */
  nearest(target: Id, count: number, accepts?: (value: Value) => boolean): Value[] {
    const found: Value[] = []
    if (count > 0) findNearest(this.#root, { target, count, accepts, found })
    return found
  }

  /** Where an id is, if it is in the tree. */
  #leafOf(id: Id): Leaf<Value> {
    let tree = this.#root
    while (!(tree instanceof Leaf)) tree = hasBit(id, tree.bit) ? tree.one : tree.zero
    return tree
  }
}

interface Search<Value> {
  target: Id
  count: number
  accepts: ((value: Value) => boolean) | undefined
  found: Value[]
}

/** Whatever is on the target's side of a branch is nearer than all on the other side. */
function findNearest<Value>(tree: Tree<Value>, search: Search<Value>): void {
  const { target, count, accepts, found } = search
  if (!(tree instanceof Leaf)) {
    const isOne = hasBit(target, tree.bit)
    findNearest(isOne ? tree.one : tree.zero, search)
    if (found.length < count) findNearest(isOne ? tree.zero : tree.one, search)
    return
  }
  for (const index of tree.sorted(target)) {
    if (found.length === count) return
    const value = tree.values[index] as Value
    if (!accepts || accepts(value)) found.push(value)
  }
}

/** @param bit the first one in which the new id differs from those that are nearest to it */
function insert<Value>(tree: Tree<Value>, bit: number, id: Id, value: Value): Tree<Value> {
  if (tree instanceof Leaf) {
    tree.add(id, value)
    return tree.ids.length > MAX_IN_LEAF ? split(tree) : tree
  }
  if (tree.bit < bit) {
    if (hasBit(id, tree.bit)) tree.one = insert(tree.one, bit, id, value)
    else tree.zero = insert(tree.zero, bit, id, value)
    return tree
  }
  const leaf = new Leaf<Value>().add(id, value)
  return hasBit(id, bit) ? { bit, zero: tree, one: leaf } : { bit, zero: leaf, one: tree }
}

function split<Value>(leaf: Leaf<Value>): Branch<Value> {
  const [first, ...others] = leaf.ids
  const bit = first ? Math.min(...others.map(id => commonBits(first, id))) : 0
  return {
    bit,
    zero: new Leaf<Value>().addFrom(leaf, id => !hasBit(id, bit)),
    one: new Leaf<Value>().addFrom(leaf, id => hasBit(id, bit))
  }
}

function remove<Value>(tree: Tree<Value>, id: Id): Tree<Value> {
  if (tree instanceof Leaf) {
    tree.remove(tree.indexOf(id))
    return tree
  }
  if (hasBit(id, tree.bit)) tree.one = remove(tree.one, id)
  else tree.zero = remove(tree.zero, id)
  return merged(tree)
}

/** A branch as it is, or what is left of it. */
function merged<Value>(branch: Branch<Value>): Tree<Value> {
  const { zero, one } = branch
  if (zero instanceof Leaf && zero.ids.length === 0) return one
  if (one instanceof Leaf && one.ids.length === 0) return zero
  const isSmall = zero instanceof Leaf && one instanceof Leaf && zero.ids.length + one.ids.length <= MERGED
  return isSmall ? zero.addFrom(one) : branch
}

function hasBit(id: Id, bit: number): boolean {
  if (bit < 32) return (id.prefix & (0x80000000 >>> bit)) !== 0
  return (((id.bytes[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1) === 1
}
