/** Mutations of messages: on the tree, so that the damage is in one place and all else is as it should be, and on bytes. */

import fc from 'fast-check'
import { editDescription } from './descriptions.js'
import { type Container, copyOf, type Entry, type Place, placesIn, type Tree, toTree } from './tree.js'

/** Numbers that an edit is made from, so that it can be repeated, written down and shrunk. */
export type Edit = [what: number, where: number, by: number]

/** Without fast-check's preference for the extremes: the numbers choose from tables, which hold extremes enough. */
export const byte = fc.noBias(fc.nat(255))
export const edit: fc.Arbitrary<Edit> = fc.tuple(byte, byte, byte)

/** What edits of the tree may put in. */
export interface Material {
  /** Ids, tokens and hashes that mean something to the node. */
  known: readonly Buffer[]
  /** Another message, to take parts from. */
  other: Tree
}

const LITERALS = [
  ...['0', '1', '-1', '2', '65535', '65536', '2147483647', '2147483648', '-2147483648', '4294967296'],
  ...['9007199254740991', '9007199254740992', '-9007199254740991', '99999999999999999', '9'.repeat(400)],
  ...[
    '-0',
    '00',
    '007',
    '1.5',
    '1e3',
    '1e999',
    '',
    '-',
    '+1',
    ' 1',
    '0x10',
    'null',
    'true',
    'NaN',
    'Infinity'
  ]
]
const LENGTHS = [
  0, 1, 2, 5, 6, 7, 15, 16, 17, 19, 20, 21, 25, 26, 27, 32, 40, 52, 63, 64, 65, 78, 100, 255, 510
]
const LARGE_LENGTHS = [
  999, 1000, 1001, 1664, 1690, 2048, 2049, 4096, 8192, 8193, 16384, 40_000, 65_000, 66_000
]
const COUNTS = [2, 3, 8, 15, 16, 17, 32, 33, 63, 64, 65, 300]
const DEPTHS = [1, 2, 3, 4, 5, 6, 7, 50, 2000]
const DECLARED = [
  '-1',
  '-3',
  '+5',
  '05',
  '1.0',
  '1e1',
  '',
  ' 5',
  '999999',
  '1000000',
  '99999999999999999999',
  '0x5'
]
const BOM = '\ufeff'
const KEYS = [
  ...[
    '__proto__',
    `${BOM}__proto__`,
    'x__proto__',
    'constructor',
    'prototype',
    'toString',
    'valueOf',
    'length'
  ],
  ...[
    'hasOwnProperty',
    'then',
    '',
    '\0',
    'id',
    'a',
    'r',
    'e',
    'q',
    't',
    'y',
    'target',
    'info_hash',
    'signal'
  ],
  ...['signals', 'token', 'nodes', 'values', 'v', 'k', 'sig', 'seq', 'salt', 'cas', 'port', 'implied_port'],
  ...[
    'sdp',
    'type',
    'extensions',
    'http_server',
    'host',
    'ro',
    'want',
    'p',
    'i',
    'd',
    'f',
    'routes',
    'paths',
    'next',
    'recursive',
    'nodes6',
    'id6',
    'e'.repeat(300)
  ]
]
const TEXTS = [
  'offer',
  'answer',
  'introduce',
  'v=0',
  '{',
  'q',
  'r',
  'e',
  'ping',
  'peer_connection',
  '%s%n',
  '::1'
]
const ODD_OBJECTS: Record<string, unknown>[] = [
  {},
  { id: 1 },
  { length: 3 },
  { toString: 'x', valueOf: 'x' },
  { type: 'Buffer', data: [1] }
]

function at<T>(list: readonly T[], index: number): T {
  return list[index % list.length] as T
}

/** An edit of the value at a place, of which there always is one. */
type TreeEdit = (place: Place, by: number, material: Material) => void

const valueAt = ({ container, index }: Place): Tree => (container.entries[index] as Entry).value

/** Puts another value in the place of one. */
const put =
  (make: (by: number, material: Material, old: Tree) => Tree): TreeEdit =>
  (place, by, material) => {
    const entry = place.container.entries[place.index] as Entry
    entry.value = make(by, material, entry.value)
  }

/** Changes bytes; what is no byte string gets one. */
const putBytes = (change: (bytes: Buffer, by: number) => Buffer): TreeEdit =>
  put((by, _, old) => ({
    is: 'bytes',
    bytes: change(old.is === 'bytes' ? old.bytes : Buffer.alloc(20, 7), by)
  }))

const rename = (change: (key: Buffer, by: number) => Buffer): TreeEdit => {
  return ({ container, index }, by) => {
    const entry = container.entries[index] as Entry
    entry.key = change(entry.key, by)
  }
}

const TREE_EDITS: TreeEdit[] = [
  ({ container, index }) => container.entries.splice(index, 1),
  put(by => ({ is: 'literal', text: at(LITERALS, by) })),
  put(by => ({ is: 'bytes', bytes: Buffer.alloc(at(LENGTHS, by), by) })),
  putBytes((bytes, by) => bytes.subarray(0, Math.max(0, bytes.length - 1 - (by % 8)))),
  putBytes((bytes, by) => Buffer.concat([bytes, bytes.subarray(0, 1 + (by % 26))])),
  putBytes(flipBit),
  putBytes((bytes, by) => editDescription(bytes, by)),
  put((by, { known }) => ({ is: 'bytes', bytes: at(known, by) })),
  put((_, { other }) => copyOf(other)),
  put((by, { other }) => copyOf(partOf(other, by))),
  put((by, _, old) => ({ is: by % 2 === 0 ? 'list' : 'dictionary', entries: repeat(old, at(COUNTS, by)) })),
  put((by, _, old) => wrap(old, at(DEPTHS, by), by)),
  put(by => toTree(at([[], [0], [''], [[]], ...ODD_OBJECTS], by))),
  put((by, _, old) => ({ is: 'bytes', bytes: bytesOf(old), length: at(DECLARED, by) })),
  put((by, _, old) => ({
    is: 'bytes',
    bytes: bytesOf(old),
    length: String(bytesOf(old).length + (by % 7) - 3)
  })),
  put(by => ({ is: 'bytes', bytes: Buffer.from(at(TEXTS, by)) })),
  putBytes((bytes, by) =>
    Buffer.concat([bytes, at([Buffer.from(BOM), Buffer.from([0xff, 0xfe, 0x80])], by)])
  ),
  rename((_, by) => Buffer.from(at(KEYS, by))),
  rename((key, by) => Buffer.concat([Buffer.from(at([BOM, ' ', '\0', 'X'], by)), key])),
  ({ container, index }, by) => container.entries.splice(by % 3, 0, copyEntry(container, index)),
  ({ container, index }, by, { other }) =>
    container.entries.splice(index, 0, { ...copyEntry(container, index), value: copyOf(partOf(other, by)) }),
  ({ container }, by, { other }) =>
    container.entries.push({ key: Buffer.from(at(KEYS, by)), value: copyOf(partOf(other, by)) }),
  ({ container, index }) =>
    container.entries.push({ key: withBom(container, index), value: { is: 'literal', text: '5' } }),
  ({ container }) => container.entries.reverse(),
  ({ container }) => {
    container.is = container.is === 'list' ? 'dictionary' : 'list'
  },
  ({ container, index }, by) => swap(container, index, by % container.entries.length),
  (place, by) => {
    const value = valueAt(place)
    if (value.is === 'list') value.entries = repeat(value.entries[0]?.value ?? toTree(0), at(COUNTS, by))
  },
  put((by, _, old) =>
    by % 16 === 0 ? { is: 'bytes', bytes: Buffer.alloc(at(LARGE_LENGTHS, by >> 4), 'x') } : old
  )
]

/** Applies edits to a copy of a tree. What comes out may be several values, or none. */
export function editTree(tree: Tree, edits: readonly Edit[], material: Material): Tree[] {
  const whole: Container = { is: 'list', entries: [{ key: Buffer.alloc(0), value: copyOf(tree) }] }
  for (const [what, where, by] of edits) {
    const places = placesIn(whole)
    if (places.length > 0) at(TREE_EDITS, what)(at(places, where), by, material)
  }
  return whole.entries.map(({ value }) => value)
}

type ByteEdit = (bytes: Buffer, position: number, by: number, other: Buffer) => Buffer

const BYTE_EDITS: ByteEdit[] = [
  (bytes, position) => bytes.subarray(0, position),
  (bytes, position) => bytes.subarray(position),
  (bytes, _, by) => Buffer.concat([bytes, Buffer.alloc(1 + (by % 4), by)]),
  (bytes, position, by) => flipBit(bytes, position * 8 + by),
  (bytes, position, by) =>
    Buffer.concat([bytes.subarray(0, position), bytes.subarray(position + 1 + (by % 8))]),
  (bytes, position, by) => insert(bytes, position, Buffer.from([by])),
  (bytes, position, by) =>
    insert(bytes, position, Buffer.from(at(['e', 'd', 'l', 'i0e', '0:', '-1:', 'le', 'de'], by))),
  (bytes, position, by, other) => Buffer.concat([bytes.subarray(0, position), other.subarray(by)]),
  (bytes, position, _, other) => insert(bytes, position, other),
  bytes => Buffer.concat([bytes, bytes]),
  (_, position, by) => Buffer.alloc(position, by)
]

/** Applies edits to bytes; `other` is another message, to take parts from. */
export function editBytes(bytes: Buffer, edits: readonly Edit[], other: Buffer): Buffer {
  return edits.reduce((before, [what, where, by]) => {
    const position = Math.floor((where / 256) * (before.length + 1))
    return at(BYTE_EDITS, what)(before, position, by, other)
  }, bytes)
}

function flipBit(bytes: Buffer, bit: number): Buffer {
  const flipped = Buffer.from(bytes)
  const position = (bit >> 3) % Math.max(1, bytes.length)
  if (bytes.length > 0) flipped[position] = (flipped[position] ?? 0) ^ (1 << (bit & 7))
  return flipped
}

function insert(bytes: Buffer, position: number, inserted: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, position), inserted, bytes.subarray(position)])
}

function bytesOf(tree: Tree): Buffer {
  return tree.is === 'bytes' ? tree.bytes : Buffer.from('spam')
}

function partOf(tree: Tree, by: number): Tree {
  if (tree.is === 'bytes' || tree.is === 'literal') return tree
  const places = placesIn(tree)
  return places.length > 0 ? valueAt(at(places, by)) : tree
}

function copyEntry({ entries }: Container, index: number): Entry {
  const { key, value } = entries[index] as Entry
  return { key, value: copyOf(value) }
}

function repeat(value: Tree, count: number): Entry[] {
  return Array.from({ length: count }, (_, i) => ({ key: Buffer.from(`${i}`), value: copyOf(value) }))
}

function wrap(tree: Tree, depth: number, by: number): Tree {
  let wrapped = tree
  for (let i = 0; i < depth; i++) {
    wrapped = {
      is: by % 3 === 0 ? 'dictionary' : 'list',
      entries: [{ key: Buffer.from('a'), value: wrapped }]
    }
  }
  return wrapped
}

function withBom({ entries }: Container, index: number): Buffer {
  return Buffer.concat([Buffer.from(BOM), (entries[index] as Entry).key])
}

function swap({ entries }: Container, i: number, j: number): void {
  const first = entries[i] as Entry
  const second = entries[j] as Entry
  const { value } = first
  first.value = second.value
  second.value = value
}
