/** Calls with a wrong argument, of every public method. */

import type WebTorrentDHT from '../../src/index.js'
import type { KRPCMessage, Peer } from '../../src/upstream.js'
import {
  ID,
  NOT_BENCODED,
  NOT_FUNCTIONS,
  NOT_IDS,
  NOT_NUMBERS,
  NOT_OBJECTS,
  NOT_PEERS,
  NOT_PORTS,
  NOT_PROTOCOLS,
  NOT_QUERIES,
  NOT_SIGNALS,
  NOT_TAGS,
  nothing,
  UNKNOWN_OPTIONS,
  without
} from './wrong-values.js'

export type Callback = (error: unknown) => void
/** Makes a call with a wrong value. One that takes the third parameter gives it as the callback. */
export type Call = (nodes: Nodes, value: never, callback: Callback) => unknown

export interface Nodes {
  a: WebTorrentDHT
  b: WebTorrentDHT
  /** Where `b` listens. */
  place: Peer
  /** A query that has come to `a`, and from where. */
  query: KRPCMessage
  remote: Peer
}

/** Every public method, with wrong values of each argument. One line more is one argument more. */
export const CALLS: [name: string, values: unknown[], call: Call][] = [
  ['lookup(infoHash)', NOT_IDS, ({ a }, id, callback) => a.lookup(id, callback)],
  [
    'lookup(…, callback)',
    [...NOT_FUNCTIONS, ...UNKNOWN_OPTIONS],
    ({ a }, callback) => a.lookup(ID, callback)
  ],
  ['announce(infoHash)', NOT_IDS, ({ a }, id, callback) => a.announce(id, 1, callback)],
  ['announce(infoHash, callback)', NOT_IDS, ({ a }, id, callback) => a.announce(id, callback)],
  [
    'announce(…, port, callback)',
    without(NOT_PORTS, nothing),
    ({ a }, port, done) => a.announce(ID, port, done)
  ],
  ['announce(…, port)', without(NOT_PORTS, nothing), ({ a }, port) => a.announce(ID, port)],
  ['announce(…, callback)', NOT_FUNCTIONS, ({ a }, callback) => a.announce(ID, 1, callback)],
  [
    'addNode(node)',
    [undefined, null, ...NOT_OBJECTS, {}, { host: '', port: 1 }],
    ({ a }, node) => a.addNode(node)
  ],
  ['addNode({port})', [...NOT_PORTS, 0], ({ a }, port) => a.addNode({ host: '127.0.0.1', port })],
  ['addNode({id})', without(NOT_IDS, undefined, null), ({ a, place }, id) => a.addNode({ ...place, id })],
  ['removeNode(id)', NOT_IDS, ({ a }, id) => a.removeNode(id)],
  ['connect(target)', NOT_IDS, ({ a }, target) => a.connect(target)],
  ['connect({id})', NOT_IDS, ({ a }, id) => a.connect({ id })],
  ['connect(…, options)', NOT_OBJECTS, ({ a, b }, options) => a.connect(b.nodeId, options)],
  ['connect(…, unknown options)', UNKNOWN_OPTIONS, ({ a, b }, options) => a.connect(b.nodeId, options)],
  ['connect(…, {tag})', without(NOT_TAGS, undefined, null), ({ a, b }, tag) => a.connect(b.nodeId, { tag })],
  ['connect(…, {signal})', NOT_SIGNALS, ({ a, b }, signal) => a.connect(b.nodeId, { signal })],
  ['connect(…, {onProgress})', NOT_FUNCTIONS, ({ a, b }, onProgress) => a.connect(b.nodeId, { onProgress })],
  ['dial(target)', NOT_IDS, ({ a }, target) => a.dial(target, 'chat')],
  ['dial(…, protocol)', NOT_PROTOCOLS, ({ a, b }, protocol) => a.dial(b.nodeId, protocol)],
  ['dial(…, options)', NOT_OBJECTS, ({ a, b }, options) => a.dial(b.nodeId, 'chat', options)],
  [
    'dial(…, unknown options)',
    [...UNKNOWN_OPTIONS, { tag: 'x' }],
    ({ a, b }, options) => a.dial(b.nodeId, 'chat', options)
  ],
  ['dial(…, {signal})', NOT_SIGNALS, ({ a, b }, signal) => a.dial(b.nodeId, 'chat', { signal })],
  [
    'dial(…, {onProgress})',
    NOT_FUNCTIONS,
    ({ a, b }, onProgress) => a.dial(b.nodeId, 'chat', { onProgress })
  ],
  ['dial(…, {peer})', [5, true, 'text', {}, []], ({ a, b }, peer) => a.dial(b.nodeId, 'chat', { peer })],
  ['handle(protocol)', NOT_PROTOCOLS, ({ a }, protocol) => a.handle(protocol, nothing)],
  ['handle(…, handler)', [undefined, null, ...NOT_FUNCTIONS], ({ a }, handler) => a.handle('other', handler)],
  ['handle of a protocol that has a handler', ['chat'], ({ a }, protocol) => a.handle(protocol, nothing)],
  [
    'listen(place)',
    [{ prt: 1 }, { port: 1, adress: 'x' }, { port: 1.5 }, { port: 1, address: 5 }],
    ({ a }, place) => a.listen(place)
  ],
  ['leave(options)', [5, 'text', [], { typo: 1 }], ({ a }, options) => a.leave(options)],
  ['leave({timeout})', without(NOT_NUMBERS, nothing), ({ a }, timeout) => a.leave({ timeout })],
  ['destroy(callback)', NOT_FUNCTIONS, ({ a }, callback) => a.destroy(callback)],
  ['socket.get_id_mapping(id)', NOT_IDS, ({ a }, id) => a.socket.get_id_mapping(id)],
  ['socket.add_tag(id)', NOT_IDS, ({ a }, id) => a.socket.add_tag(id, 'mine')],
  ['socket.add_tag(…, tag)', NOT_TAGS, ({ a, b }, tag) => a.socket.add_tag(b.nodeId, tag)],
  ['socket.del_tag(id)', NOT_IDS, ({ a }, id) => a.socket.del_tag(id, 'mine')],
  ['socket.del_tag(…, tag)', NOT_TAGS, ({ a, b }, tag) => a.socket.del_tag(b.nodeId, tag)],
  ['socket.close(callback)', NOT_FUNCTIONS, ({ a }, callback) => a.socket.close(callback)],
  ['socket.send(message)', [undefined, null, 5, {}], ({ a }, m) => a.socket.send(m, 0, 1, 1, '127.0.0.1')],
  [
    'socket.send(…, offset)',
    [...NOT_NUMBERS, -1, 21, 1.5],
    ({ a }, n) => a.socket.send(ID, n, 1, 1, '127.0.0.1')
  ],
  [
    'socket.send(…, length)',
    [...NOT_NUMBERS, -1, 21, 1.5],
    ({ a }, n) => a.socket.send(ID, 0, n, 1, '127.0.0.1')
  ],
  [
    'socket.send(…, port)',
    [{}, [], 1.5, -1, 65536],
    ({ a }, port) => a.socket.send(ID, 0, 20, port, '127.0.0.1')
  ],
  ['socket.send(…, host)', [undefined, null, 5, {}], ({ a }, host) => a.socket.send(ID, 0, 20, 1, host)],
  [
    'socket.send(…, callback)',
    NOT_FUNCTIONS,
    ({ a }, done) => a.socket.send(ID, 0, 20, 1, '127.0.0.1', done)
  ],
  ['_rpc.query(node)', NOT_PEERS, ({ a }, node) => a._rpc.query(node, { q: 'mine' })],
  ['_rpc.query(…, query)', NOT_QUERIES, ({ a, place }, query) => a._rpc.query(place, query)],
  [
    '_rpc.query(…, callback)',
    NOT_FUNCTIONS,
    ({ a, place }, done) => a._rpc.query(place, { q: 'mine' }, done)
  ],
  [
    '_rpc.query(…, {a})',
    NOT_BENCODED,
    ({ a, place }, x, done) => a._rpc.query(place, { q: 'mine', a: x }, done)
  ],
  [
    '_rpc.queryAll(nodes)',
    [undefined, null, 5, {}, 'text', [5], [{}]],
    ({ a }, nodes) => a._rpc.queryAll(nodes, { q: 'mine' }, null, nothing)
  ],
  [
    '_rpc.queryAll(…, query)',
    NOT_QUERIES,
    ({ a, place }, query) => a._rpc.queryAll([place], query, null, nothing)
  ],
  [
    '_rpc.queryAll(…, visit)',
    NOT_FUNCTIONS,
    ({ a, place }, visit) => a._rpc.queryAll([place], { q: 'mine' }, visit, nothing)
  ],
  [
    '_rpc.queryAll(…, callback)',
    NOT_FUNCTIONS,
    ({ a, place }, done) => a._rpc.queryAll([place], { q: 'mine' }, null, done)
  ],
  [
    '_rpc.queryAll(…, {a})',
    NOT_BENCODED,
    ({ a, place }, x, done) => a._rpc.queryAll([place, place], { q: 'mine', a: x }, null, done)
  ],
  ['_rpc.closest(target)', NOT_IDS, ({ a }, target) => a._rpc.closest(target, { q: 'mine' }, null, nothing)],
  [
    '_rpc.closest(…, query)',
    [...NOT_QUERIES, { q: 'mine', a: 'text' }],
    ({ a }, query) => a._rpc.closest(ID, query, null, nothing)
  ],
  [
    '_rpc.closest(…, {a})',
    NOT_BENCODED,
    ({ a }, x, done) => a._rpc.closest(ID, { q: 'mine', a: x }, null, done)
  ],
  [
    '_rpc.closest(…, visit)',
    NOT_FUNCTIONS,
    ({ a }, visit) => a._rpc.closest(ID, { q: 'mine' }, visit, nothing)
  ],
  [
    '_rpc.closest(…, callback)',
    NOT_FUNCTIONS,
    ({ a }, done) => a._rpc.closest(ID, { q: 'mine' }, null, done)
  ],
  ['_rpc.populate(target)', NOT_IDS, ({ a }, target) => a._rpc.populate(target, { q: 'mine' })],
  ['_rpc.populate(…, query)', NOT_QUERIES, ({ a }, query) => a._rpc.populate(ID, query)],
  ['_rpc.populate(…, callback)', NOT_FUNCTIONS, ({ a }, done) => a._rpc.populate(ID, { q: 'mine' }, done)],
  ['_rpc.response(peer)', NOT_PEERS, ({ a, query }, peer) => a._rpc.response(peer, query, {})],
  [
    '_rpc.response(…, query)',
    [undefined, null, ...NOT_OBJECTS],
    ({ a, remote }, query) => a._rpc.response(remote, query, {})
  ],
  [
    '_rpc.response(…, response)',
    [undefined, null, ...NOT_OBJECTS, ...NOT_BENCODED],
    ({ a, query, remote }, r) => a._rpc.response(remote, query, r)
  ],
  [
    '_rpc.response(…, nodes)',
    [5, true, 'text', {}, [5], [{}]],
    ({ a, query, remote }, nodes) => a._rpc.response(remote, query, {}, nodes)
  ],
  [
    '_rpc.response(…, callback)',
    NOT_FUNCTIONS,
    ({ a, query, remote }, done) => a._rpc.response(remote, query, {}, [], done)
  ],
  [
    '_rpc.error(…, error)',
    [undefined, null, [201, 1.5], [nothing]],
    ({ a, query, remote }, error) => a._rpc.error(remote, query, error)
  ],
  ['_rpc.destroy(callback)', NOT_FUNCTIONS, ({ a }, callback) => a._rpc.destroy(callback)],
  ['_rpc.socket.query(peer)', NOT_PEERS, ({ a }, peer) => a._rpc.socket.query(peer, { q: 'mine' })],
  ['_rpc.socket.query(…, query)', NOT_QUERIES, ({ a, place }, query) => a._rpc.socket.query(place, query)],
  [
    '_rpc.socket.query(…, callback)',
    NOT_FUNCTIONS,
    ({ a, place }, done) => a._rpc.socket.query(place, { q: 'mine' }, done)
  ],
  [
    '_rpc.socket.response(…, response)',
    [undefined, null, ...NOT_OBJECTS, ...NOT_BENCODED],
    ({ a, query, remote }, r) => a._rpc.socket.response(remote, query, r)
  ],
  ['_rpc.socket.send(peer)', NOT_PEERS, ({ a, query }, peer) => a._rpc.socket.send(peer, query)],
  [
    '_rpc.socket.send(…, message)',
    [undefined, null, ...NOT_OBJECTS, ...NOT_BENCODED],
    ({ a, place }, m) => a._rpc.socket.send(place, m)
  ],
  [
    '_rpc.socket.send(…, callback)',
    NOT_FUNCTIONS,
    ({ a, query, remote }, done) => a._rpc.socket.send(remote, query, done)
  ],
  ['_rpc.socket.destroy(callback)', NOT_FUNCTIONS, ({ a }, callback) => a._rpc.socket.destroy(callback)]
]
