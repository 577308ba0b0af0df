/** Calls of `put` and `get` with a wrong argument. */

import type { Call } from './wrong-calls.js'
import {
  ID,
  NOT_FUNCTIONS,
  NOT_IDS,
  NOT_NUMBERS,
  NOT_OBJECTS,
  nothing,
  UNKNOWN_OPTIONS,
  without
} from './wrong-values.js'

export const NOT_BARE_VALUES = [
  undefined,
  null,
  5,
  5n,
  true,
  [],
  {},
  nothing,
  Symbol('s'),
  '\ud800',
  new Float64Array(2)
]
const NOT_IN_VALUES = [
  ...[undefined, null, true, 5n, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53],
  ...[
    nothing,
    Symbol('s'),
    new Date(0),
    new Map(),
    new Set(),
    '\ud800',
    new ArrayBuffer(2),
    new Float64Array(2)
  ],
  ...[Buffer.alloc(1000), 'é'.repeat(500), { '\ud800': 1 }, Array(2)]
]
export const NOT_VALUES = NOT_IN_VALUES.flatMap(v => [v, [v], { v }, [{ v: [v] }]])
const NOT_PUBLIC_KEYS = ['k'.repeat(32), 5, true, {}, [], nothing, Buffer.alloc(31), Buffer.alloc(33)]
const NOT_SEQUENCES = [...NOT_NUMBERS, -1, 1.5, 2 ** 53, Number.POSITIVE_INFINITY]
export const NOT_SALTS = [
  5,
  true,
  {},
  [],
  nothing,
  '\ud800',
  'é'.repeat(33),
  Buffer.alloc(65),
  new ArrayBuffer(4)
]
const NOT_SIGNATURES = [undefined, null, 5, 's'.repeat(64), {}, [], Buffer.alloc(63), new ArrayBuffer(65)]

const signed = { v: 'x', k: Buffer.alloc(32), seq: 1, sign: nothing as never }

export const VALUE_CALLS: [name: string, values: unknown[], call: Call][] = [
  ['put(value)', NOT_BARE_VALUES, ({ a }, value) => a.put(value)],
  ['put({v})', NOT_VALUES, ({ a }, v) => a.put({ v })],
  ['put({v, k, …})', NOT_VALUES, ({ a }, v) => a.put({ ...signed, v })],
  ['put({k})', NOT_PUBLIC_KEYS, ({ a }, k) => a.put({ ...signed, k })],
  ['put({seq})', [undefined, null, ...NOT_SEQUENCES], ({ a }, seq) => a.put({ ...signed, seq })],
  ['put({cas})', NOT_SEQUENCES, ({ a }, cas) => a.put({ ...signed, cas })],
  ['put({salt})', NOT_SALTS, ({ a }, salt) => a.put({ ...signed, salt })],
  ['put({sign})', NOT_FUNCTIONS, ({ a }, sign) => a.put({ ...signed, sign })],
  ['put({sig})', NOT_SIGNATURES, ({ a }, sig) => a.put({ v: 'x', k: signed.k, seq: 1, sig })],
  [
    'put(…, callback)',
    [...NOT_FUNCTIONS, { name: 'x' }, ...UNKNOWN_OPTIONS],
    ({ a }, callback) => a.put('x', callback)
  ],
  ['get(key)', NOT_IDS, ({ a }, key) => a.get(key, nothing)],
  ['get(…, options)', without(NOT_OBJECTS, nothing), ({ a }, options) => a.get(ID, options, nothing)],
  ['get(…, unknown options)', UNKNOWN_OPTIONS, ({ a }, options) => a.get(ID, options, nothing)],
  ['get(…, {salt})', NOT_SALTS, ({ a }, salt) => a.get(ID, { salt }, nothing)],
  ['get(…, {k})', [...NOT_PUBLIC_KEYS, signed.k], ({ a }, k) => a.get(ID, { k }, nothing)],
  ['get(…, {verify})', NOT_FUNCTIONS, ({ a }, verify) => a.get(ID, { verify }, nothing)],
  ['get(…, {cache})', [0, 1, 'no', {}, nothing], ({ a }, cache) => a.get(ID, { cache }, nothing)],
  ['get(…, callback)', NOT_FUNCTIONS, ({ a }, callback) => a.get(ID, {}, callback)]
]
