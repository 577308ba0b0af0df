/**
 * What bencode and JSON have in common, as a tree that can hold what neither allows: keys twice, lengths that lie,
 * integers that are none. A mutation changes the tree, and a writer makes a message of it.
 */

/** A byte string, or text in JSON. `length` is written in place of the real length. */
export interface Bytes {
  is: 'bytes'
  bytes: Buffer
  length?: string
}

/** What stands between `i` and `e`, or a JSON literal. */
export interface Literal {
  is: 'literal'
  text: string
}

export interface Container {
  is: 'list' | 'dictionary'
  entries: Entry[]
}

/** An entry of a list has a key too, an empty one, which is written only once the list is made a dictionary. */
export interface Entry {
  key: Buffer
  value: Tree
}

export type Tree = Bytes | Literal | Container

const NO_KEY = Buffer.alloc(0)

/** Reads a value as `bencode` would encode it; keys that are `undefined` are left out. */
export function toTree(value: unknown): Tree {
  if (value instanceof Uint8Array) return { is: 'bytes', bytes: Buffer.from(value) }
  if (typeof value === 'string') return { is: 'bytes', bytes: Buffer.from(value) }
  if (Array.isArray(value)) return { is: 'list', entries: value.map(item => toEntry('', item)) }
  if (typeof value !== 'object' || value === null) return { is: 'literal', text: String(value) }
  const fields = Object.entries(value).filter(([, field]) => field !== undefined)
  fields.sort(([a], [b]) => (a < b ? -1 : 1))
  return { is: 'dictionary', entries: fields.map(([key, field]) => toEntry(key, field)) }
}

function toEntry(key: string, value: unknown): Entry {
  return { key: key === '' ? NO_KEY : Buffer.from(key), value: toTree(value) }
}

export function copyOf(tree: Tree): Tree {
  if (tree.is === 'bytes' || tree.is === 'literal') return { ...tree }
  return { is: tree.is, entries: tree.entries.map(({ key, value }) => ({ key, value: copyOf(value) })) }
}

/** A place in a tree that holds a value. */
export interface Place {
  container: Container
  index: number
}

/** All places of a tree, each before those inside it. */
export function placesIn(container: Container, places: Place[] = []): Place[] {
  for (const [index, { value }] of container.entries.entries()) {
    places.push({ container, index })
    if (value.is === 'list' || value.is === 'dictionary') placesIn(value, places)
  }
  return places
}

export function toBencode(trees: Tree[]): Buffer {
  const parts: Buffer[] = []
  for (const tree of trees) writeBencode(tree, parts)
  return Buffer.concat(parts)
}

function writeBencode(tree: Tree, parts: Buffer[]): void {
  if (tree.is === 'bytes') return writeBytes(tree, parts)
  if (tree.is === 'literal') return void parts.push(Buffer.from(`i${tree.text}e`))
  parts.push(Buffer.from(tree.is === 'list' ? 'l' : 'd'))
  for (const { key, value } of tree.entries) {
    if (tree.is === 'dictionary') writeBytes({ bytes: key }, parts)
    writeBencode(value, parts)
  }
  parts.push(Buffer.from('e'))
}

function writeBytes({ bytes, length }: Omit<Bytes, 'is'>, parts: Buffer[]): void {
  parts.push(Buffer.from(`${length ?? bytes.length}:`), bytes)
}

export function toJson(trees: Tree[]): Buffer {
  return Buffer.from(trees.map(tree => writeJson(tree)).join(''))
}

function writeJson(tree: Tree): string {
  if (tree.is === 'bytes') return tree.length ? `"${tree.bytes}` : JSON.stringify(tree.bytes.toString())
  if (tree.is === 'literal') return tree.text
  if (tree.is === 'list') return `[${tree.entries.map(({ value }) => writeJson(value)).join(',')}]`
  const fields = tree.entries.map(({ key, value }) => `${JSON.stringify(key.toString())}:${writeJson(value)}`)
  return `{${fields.join(',')}}`
}
