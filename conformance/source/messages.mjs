/** Messages that are well formed, and what they say. B sends them to A. */

import { answerBy, bytes, encode, ids, join, offerBy, toJson, written } from './notation.mjs'

const ID = ids('B')
const T = 'aa'
const TARGET = ids('D')
const TOKEN = 't'.repeat(20)
const NODES = join(ids('C'), bytes('f00000010001'), ids('D'), bytes('c0000207c350'))
const PEER = join(bytes('c00002071ae1'), ids('E'))
const CANDIDATE = 'a=candidate:2 1 UDP 1686052863 192.0.2.1 40000 typ srflx raddr 0.0.0.0 rport 0'
const KEY = bytes('03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8')
const SIGNATURE = Buffer.alloc(64, 's')
const TOPIC_VALUE = { k: KEY, seq: 1_700_000_000_000, sig: SIGNATURE, until: 1_700_003_600_000, v: '"x"' }

/** @param read the arguments as they are read, where others than those that were written */
function query(method, args, what = '', read = args, more = {}) {
  return {
    name: `query ${method}${what && `: ${what}`}`,
    ...written(encode({ t: T, y: 'q', q: method, a: { id: ID, ...args }, ...more })),
    parsed: { kind: 'query', t: T, method, fields: toJson({ id: ID, ...read }) }
  }
}

function reply(method, values, what = '', read = values, more = {}) {
  return {
    name: `reply to ${method}${what && `: ${what}`}`,
    ...written(encode({ t: T, y: 'r', r: { id: ID, ...values }, ...more })),
    parsed: { kind: 'reply', t: T, method, fields: toJson({ id: ID, ...read }) }
  }
}

function error(code, text, t = T, what = '') {
  return {
    name: `error ${code}${what}`,
    ...written(encode({ t, y: 'e', e: [code, text] })),
    parsed: { kind: 'error', t: toJson(t), code, text }
  }
}

function frame(name, path, position, carried, t = 'ffff', more = {}) {
  const content = typeof carried === 'number' ? { failure: carried } : { message: carried.toString('hex') }
  return {
    name: `frame: ${name}`,
    ...written(
      encode({
        ...(typeof carried === 'number' ? { e: carried } : { d: carried }),
        i: position,
        p: ids(path),
        t,
        y: 'f',
        ...more
      })
    ),
    parsed: { kind: 'frame', t, path: [...path].map(letter => ids(letter)), position, ...content }
  }
}

const queryInFrame = encode({ t: T, y: 'q', q: 'find_node', a: { id: ids('C'), target: TARGET } })
const replyInFrame = encode({ t: T, y: 'r', r: { id: ids('C'), nodes: NODES, routes: bytes('80') } })
const without = (value, key) => Object.fromEntries(Object.entries(value).filter(([name]) => name !== key))

const queries = [
  query('ping', {}),
  query('ping', { fingerprint: 'sha-256 ab:cd' }, 'whose connection is it?'),
  query('ping', { more: [1, { a: 'b' }] }, 'a key that is not known is ignored', {}),
  query('ping', {}, 'a key beside `a` that is not known is ignored', {}, { v: 'XX01' }),
  query('find_node', { target: TARGET }),
  query('find_node', { target: TARGET, recursive: 1 }, 'to be passed on'),
  query('find_node', { target: TARGET, signals: [offerBy('B'), offerBy('B')] }, 'with two offers'),
  query(
    'find_node',
    { target: TARGET, signals: [without(offerBy('B'), 'extensions')] },
    'no extensions are none',
    {
      target: TARGET,
      signals: [offerBy('B', { extensions: [] })]
    }
  ),
  query('get_peers', { info_hash: TARGET }),
  query(
    'get_peers',
    { info_hash: TARGET, recursive: 1, signals: [offerBy('B')] },
    'with all that it may have'
  ),
  query('announce_peer', { info_hash: TARGET, port: 6881, token: TOKEN }),
  query(
    'announce_peer',
    { implied_port: 1, info_hash: TARGET, token: TOKEN },
    'the port is that of the address'
  ),
  query(
    'announce_peer',
    { implied_port: 1, info_hash: TARGET, port: 0, token: TOKEN },
    'port 0 beside an implied one'
  ),
  query('get', { target: TARGET }),
  query('get', { seq: 4, target: TARGET }, 'newer than version 4'),
  query('put', { token: TOKEN, v: 'Hello World!' }, 'an immutable value'),
  query('put', { token: TOKEN, v: '' }, 'an empty value'),
  query('put', { token: TOKEN, v: { a: [1, 'x'], b: -5 } }, 'a dictionary'),
  query('put', { k: KEY, seq: 4, sig: SIGNATURE, token: TOKEN, v: 'x' }, 'a mutable value'),
  query(
    'put',
    { cas: 3, k: KEY, salt: 'foobar', seq: 4, sig: SIGNATURE, token: TOKEN, v: 'x' },
    'with salt and cas'
  ),
  query('put', { k: KEY, seq: 9007199254740991, sig: SIGNATURE, token: TOKEN, v: 'x' }, 'the largest seq'),
  query('peer_connection', { signal: offerBy('B') }, 'an offer for the receiver'),
  query('peer_connection', { signal: offerBy('E') }, 'an offer that was passed on'),
  query('peer_connection', { signal: offerBy('B'), target: ids('C') }, 'an offer to be passed on'),
  query(
    'peer_connection',
    { signal: offerBy('B', { extensions: ['introduce', 'release', 'route', 'trickle', 'x'] }) },
    'a name of an application'
  ),
  query('candidates', { candidates: [CANDIDATE], ufrag: 'abcd' }),
  query('candidates', { candidates: [CANDIDATE], target: ids('C'), ufrag: 'abcd' }, 'to be passed on'),
  query('candidates', { candidates: [CANDIDATE], from: ids('E'), ufrag: 'abcd' }, 'passed on'),
  query('candidates', { candidates: [], ufrag: '' }, 'none'),
  query('release', {}),
  query('neighbours', { neighbours: ids('CD') }),
  query('neighbours', { neighbours: '' }, 'none'),
  query('dial', { protocol: 'chat', signal: offerBy('B') }),
  query(
    'dial',
    { protocol: '', replaces: 'abcd', signal: offerBy('B', { extensions: [] }) },
    'a second attempt'
  ),
  query('watch_peers', { info_hash: TARGET, token: TOKEN }),
  query('watch_peers', { info_hash: TARGET, stop: 1, token: TOKEN }, 'no longer'),
  query('tell_peers', { info_hash: TARGET, values: [PEER] }),
  query('put_topic', { info_hash: TARGET, token: TOKEN, ...TOPIC_VALUE }),
  query('put_topic', { info_hash: TARGET, token: TOKEN, ...TOPIC_VALUE, v: '' }, 'withdrawn'),
  query('get_topic', { info_hash: TARGET }),
  query('get_topic', { info_hash: TARGET, after: TOPIC_VALUE.k }, 'the next ones')
]

const replies = [
  reply('ping', {}),
  reply('ping', { own: 1 }, 'it is mine'),
  reply('ping', { full: 1, own: 0 }, 'it is not, and I am full'),
  reply('find_node', { nodes: NODES, routes: bytes('80') }, 'frames are passed on to C, not to D'),
  reply('find_node', { next: ids('C'), nodes: NODES, routes: bytes('80') }, 'it was passed on to C'),
  reply('find_node', { nodes: '' }, 'nobody'),
  reply('find_node', { nodes: NODES, signals: [answerBy('C'), 0] }, 'C has answered, D has not'),
  reply('find_node', { nodes: NODES, signals: [{ id: ids('C') }, answerBy('D')] }, 'C is connected already'),
  reply('get_peers', { nodes: NODES, token: TOKEN }, 'no peers, but nodes'),
  reply('get_peers', { paths: [ids('CD')], token: TOKEN, values: [PEER] }, 'E is behind C and D'),
  reply(
    'get_peers',
    { paths: ['', 0], token: TOKEN, values: [PEER, PEER] },
    'a neighbour, and one that frames do not reach'
  ),
  reply('get_peers', { token: TOKEN, values: [bytes('c00002071ae1')] }, 'a peer without id'),
  reply('announce_peer', {}),
  reply('get', { nodes: NODES, routes: bytes('00'), token: TOKEN, v: 'Hello World!' }, 'an immutable value'),
  reply('get', { k: KEY, seq: 4, sig: SIGNATURE, token: TOKEN, v: 'x' }, 'a mutable value'),
  reply('get', { seq: 4, token: TOKEN }, 'nothing newer than version 4'),
  reply('put', {}),
  reply('peer_connection', { signal: answerBy('C') }, 'the answer of C'),
  reply('peer_connection', { signal: { id: ids('C') } }, 'C is connected already'),
  reply('peer_connection', {}, 'it was not passed on'),
  reply('candidates', {}),
  reply('release', {}),
  reply('neighbours', {}),
  reply('dial', { signal: answerBy('B', { extensions: [] }) }),
  reply('watch_peers', { values: [PEER] }),
  reply('tell_peers', {}),
  reply('put_topic', {}),
  reply('get_topic', { stored: [] }),
  reply('get_topic', { more: 1, stored: [TOPIC_VALUE] }, 'there are more'),
  reply('ping', { more: 'x' }, 'a key that is not known is ignored', {}),
  reply('ping', {}, 'a key beside `r` that is not known is ignored', {}, { ip: bytes('c00002010001') })
]

const errors = [201, 203, 204, 205, 206, 207, 301, 302, 401, 403, 404, 406, 409, 429, 501, 503].map(code =>
  error(code, 'a text for people')
)

const frames = [
  frame('a query by C, which A passes on to D', 'CBAD', 2, queryInFrame),
  frame('a query by C, for A', 'CBA', 2, queryInFrame),
  frame('a reply by C, for A', 'CBA', 2, replyInFrame),
  frame('a report by B that a frame for C was not passed on', 'BA', 1, 404),
  frame('a report by C, over B', 'CBA', 2, 429),
  frame('nine nodes', 'CEFGHIJBA', 8, queryInFrame),
  frame('keys that are not known', 'CBA', 2, queryInFrame, 'ffff', { x: [1], z: 'x' })
]

export const messages = [
  ...queries,
  ...replies,
  ...errors,
  error(201, '', Buffer.alloc(16, 1), ': a transaction id of 16 bytes'),
  ...frames
]
