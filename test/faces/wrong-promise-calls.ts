/** Calls of the promises, of `keyPair` and of records with a wrong argument. */

import DHT from '../../src/index.js'
import type { Call } from './wrong-calls.js'
import { NOT_BARE_VALUES, NOT_SALTS, NOT_VALUES } from './wrong-value-calls.js'
import {
  ID,
  NOT_IDS,
  NOT_OBJECTS,
  NOT_PORTS,
  NOT_SIGNALS,
  nothing,
  UNKNOWN_OPTIONS,
  without
} from './wrong-values.js'

const pair = await DHT.keyPair(Buffer.alloc(32, 1))
const NOT_SEEDS = [
  ...[5, true, 5n, '', 'ab'.repeat(31), 'xy'.repeat(32), {}, [], nothing, Symbol('s')],
  ...[Buffer.alloc(31), Buffer.alloc(64), new Float64Array(4), new ArrayBuffer(32), Array(32).fill(7)]
]
const NOT_OWNERS = [
  ...[undefined, null, ...NOT_SEEDS, { publicKey: pair.publicKey }, { sign: pair.sign }],
  ...[
    { ...pair, publicKey: ID },
    { ...pair, sign: 'text' },
    { publicKey: {}, privateKey: {} }
  ]
]
const NOT_INTERVALS = [...without(NOT_PORTS, 65536), 0, 999, 2 ** 31]
const NOT_OPTIONS = [...NOT_OBJECTS, ...UNKNOWN_OPTIONS]
const NOT_FLAGS = [0, 1, 'no', {}, nothing]

export const PROMISE_CALLS: [name: string, values: unknown[], call: Call][] = [
  ['keyPair(seed)', NOT_SEEDS, (_, seed) => DHT.keyPair(seed)],
  ['ready(options)', NOT_OPTIONS, ({ a }, options) => a.promises.ready(options)],
  ['ready({signal})', NOT_SIGNALS, ({ a }, signal) => a.promises.ready({ signal })],
  ['promises.get(key)', NOT_IDS, ({ a }, key) => a.promises.get(key)],
  ['promises.get(…, options)', NOT_OPTIONS, ({ a }, options) => a.promises.get(ID, options)],
  ['promises.get(…, {signal})', NOT_SIGNALS, ({ a }, signal) => a.promises.get(ID, { signal })],
  ['promises.get(…, {cache})', NOT_FLAGS, ({ a }, cache) => a.promises.get(ID, { cache })],
  ['promises.put(value)', NOT_BARE_VALUES, ({ a }, value) => a.promises.put(value)],
  ['promises.put({v})', NOT_VALUES, ({ a }, v) => a.promises.put({ v })],
  ['promises.put(…, options)', NOT_OPTIONS, ({ a }, options) => a.promises.put('x', options)],
  ['promises.put(…, {signal})', NOT_SIGNALS, ({ a }, signal) => a.promises.put('x', { signal })],
  ['promises.announce(infoHash)', NOT_IDS, ({ a }, id) => a.promises.announce(id, 1)],
  ['promises.announce(…, port)', NOT_PORTS, ({ a }, port) => a.promises.announce(ID, port)],
  ['promises.announce(…, options)', NOT_OPTIONS, ({ a }, options) => a.promises.announce(ID, 1, options)],
  ['promises.announce(…, {signal})', NOT_SIGNALS, ({ a }, signal) => a.promises.announce(ID, 1, { signal })],
  ['promises.lookup(infoHash)', NOT_IDS, ({ a }, id) => a.promises.lookup(id)],
  ['promises.lookup(…, options)', NOT_OPTIONS, ({ a }, options) => a.promises.lookup(ID, options)],
  ['promises.lookup(…, {signal})', NOT_SIGNALS, ({ a }, signal) => a.promises.lookup(ID, { signal })],
  ['promises.lookup(…, {own})', NOT_FLAGS, ({ a }, own) => a.promises.lookup(ID, { own })],
  ['record(key)', NOT_OWNERS, ({ a }, key) => a.promises.record(key)],
  ['record(…, options)', NOT_OPTIONS, ({ a }, options) => a.promises.record(pair, options)],
  ['record(…, {salt})', NOT_SALTS, ({ a }, salt) => a.promises.record(pair, { salt })],
  ['record.get(options)', NOT_OPTIONS, ({ a }, options) => a.promises.record(pair).get(options)],
  ['record.get({signal})', NOT_SIGNALS, ({ a }, signal) => a.promises.record(pair).get({ signal })],
  ['record.set(value)', NOT_VALUES, ({ a }, value) => a.promises.record(pair).set(value)],
  ['record.set of a public key', ['x'], ({ a }, value) => a.promises.record(pair.publicKey).set(value)],
  ['record.set(…, options)', NOT_OPTIONS, ({ a }, options) => a.promises.record(pair).set('x', options)],
  ['record.set(…, {signal})', NOT_SIGNALS, ({ a }, signal) => a.promises.record(pair).set('x', { signal })],
  ['record.watch(options)', NOT_OPTIONS, ({ a }, options) => a.promises.record(pair).watch(options)],
  ['record.watch({signal})', NOT_SIGNALS, ({ a }, signal) => a.promises.record(pair).watch({ signal })],
  [
    'record.watch({interval})',
    NOT_INTERVALS,
    ({ a }, interval) => a.promises.record(pair).watch({ interval })
  ]
]
