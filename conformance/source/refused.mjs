/** Messages that are not well formed, and what becomes of them. B sends them to A. */

import { encode, ids, join, offerBy, written } from './notation.mjs'

const ID = ids('B')
const T = 'aa'
const TARGET = ids('D')
const TOKEN = 't'.repeat(20)
const KEY = Buffer.alloc(32, 'k')
const SIGNATURE = Buffer.alloc(64, 's')
const TOPIC_VALUE = { k: KEY, seq: 1_700_000_000_000, sig: SIGNATURE, until: 1_700_003_600_000, v: '"x"' }
const id = `2:id20:${ID}`
const end = `1:q4:ping1:t2:${T}1:y1:qe`

/** Vectors of one requirement of bep.md. */
const of = (must, vectors) => vectors.map(({ name, ...vector }) => ({ name, must, ...vector }))
const dropped = (name, message) => ({ name, ...written(message), verdict: 'dropped' })
const refused = (name, message, error = 203) => ({ name, ...written(message), verdict: { error, t: T } })
const query = (method, name, args, error) =>
  refused(`${method}: ${name}`, encode({ t: T, y: 'q', q: method, a: { id: ID, ...args } }), error)

/** Each value has one spelling. */
const spellings = [
  ...of('M23', [
    dropped('unsorted keys', `d1:q4:ping1:ad${id}e1:t2:${T}1:y1:qe`),
    dropped(
      'unsorted keys of the arguments',
      `d1:ad6:target20:${TARGET}${id}e1:q9:find_node1:t2:${T}1:y1:qe`
    ),
    dropped('keys sorted by their length', `d1:ad1:x0:${id}2:aa0:e${end}`),
    dropped('the same key twice', `d1:ad${id}e${end.slice(0, -1)}1:y1:qe`),
    dropped('the same argument twice', `d1:ad${id}${id}e${end}`)
  ]),
  ...of('M24', [
    dropped('minus zero', `d1:ad${id}1:xi-0ee${end}`),
    dropped('an integer with a zero in front', `d1:ad${id}1:xi03ee${end}`),
    dropped('an integer with a plus', `d1:ad${id}1:xi+3ee${end}`),
    dropped('a fraction', `d1:ad${id}1:xi1.5ee${end}`),
    dropped('an integer without digits', `d1:ad${id}1:xiee${end}`),
    dropped('an integer above 2^53 - 1', `d1:ad${id}1:xi9007199254740992ee${end}`),
    dropped('an integer below -(2^53 - 1)', `d1:ad${id}1:xi-9007199254740992ee${end}`)
  ]),
  ...of('M25', [
    dropped('a length with a zero in front', `d1:ad2:id020:${ID}e${end}`),
    dropped('the length of a key with a zero in front', `d01:ad${id}e${end}`),
    dropped('a negative length', `d1:ad${id}1:xl-3:ee${end}`),
    dropped('a length of seven digits', [
      [`d1:ad${id}1:x1000000:`, 1],
      ['x', 60_000],
      [`e${end}`, 1]
    ])
  ]),
  ...of('M26', [dropped('33 lists in each other', `d1:ad${id}1:x${'l'.repeat(31)}${'e'.repeat(31)}e${end}`)]),
  ...of('M27', [dropped('a byte after the end', `d1:ad${id}e${end}x`)]),
  ...of('M28', [
    dropped('nothing', ''),
    dropped('text', 'hello'),
    dropped('an integer alone', 'i5e'),
    dropped('a list alone', 'le'),
    dropped('a dictionary without its end', `d1:ad${id}e${end}`.slice(0, -1)),
    dropped('a string longer than the message', 'd1:t99:aae'),
    dropped('a key without a value', 'd1:te'),
    dropped('a key that is an integer', `di1e0:1:ad${id}e${end}`),
    dropped('a key that ends in `__proto__`', `d1:ad9:__proto__de${id}e${end}`)
  ]),
  ...of('M4', [
    dropped('65,537 bytes', [
      [`d1:ad${id}1:x65472:`, 1],
      ['x', 65_472],
      [`e${end}`, 1]
    ])
  ])
]

const envelopes = [
  dropped('no `t`', encode({ y: 'q', q: 'ping', a: { id: ID } })),
  dropped('`t` is an integer', encode({ t: 5, y: 'q', q: 'ping', a: { id: ID } })),
  dropped('`t` is empty', encode({ t: '', y: 'q', q: 'ping', a: { id: ID } })),
  dropped('`t` has 17 bytes', encode({ t: 'a'.repeat(17), y: 'q', q: 'ping', a: { id: ID } })),
  dropped('no `y`', encode({ t: T, q: 'ping', a: { id: ID } })),
  dropped('`y` is an integer', encode({ t: T, y: 1, q: 'ping', a: { id: ID } })),
  dropped('`y` is another letter', encode({ t: T, y: 'x', q: 'ping', a: { id: ID } })),
  dropped('`r` is a list', encode({ t: T, y: 'r', r: [1] })),
  dropped('a reply that nobody waits for', encode({ t: T, y: 'r', r: { id: ID } })),
  dropped('an error that nobody waits for', encode({ t: T, y: 'e', e: [201, ''] })),
  dropped('server info that is not the first message', '{"http_server":{"host":"192.0.2.1","port":16881}}'),
  dropped("another node's id", encode({ t: T, y: 'q', q: 'ping', a: { id: ids('C') } })),
  refused('no `q`', encode({ t: T, y: 'q', a: { id: ID } })),
  refused('`q` is a list', encode({ t: T, y: 'q', q: ['ping'], a: { id: ID } })),
  refused('no `a`', encode({ t: T, y: 'q', q: 'ping' })),
  refused('`a` is a string', encode({ t: T, y: 'q', q: 'ping', a: 'x' })),
  refused('`a` is a list', encode({ t: T, y: 'q', q: 'ping', a: [ID] })),
  query('no_such_method', 'not known', {}, 204)
]

const mutable = { token: TOKEN, v: 'x', k: KEY, sig: SIGNATURE, seq: 1 }
const withoutOne = key => Object.fromEntries(Object.entries(mutable).filter(([name]) => name !== key))

const fields = [
  refused('ping: no id', encode({ t: T, y: 'q', q: 'ping', a: {} })),
  refused('ping: an id of 19 bytes', encode({ t: T, y: 'q', q: 'ping', a: { id: 'B'.repeat(19) } })),
  refused('ping: an id that is an integer', encode({ t: T, y: 'q', q: 'ping', a: { id: 5 } })),
  query('ping', '`fingerprint` has 257 bytes', { fingerprint: 'a'.repeat(257) }),
  query('find_node', 'no target', {}),
  query('find_node', 'a target of 21 bytes', { target: 'D'.repeat(21) }),
  query('find_node', '`recursive` is 2', { target: TARGET, recursive: 2 }),
  query('find_node', '`signals` is a dictionary', { target: TARGET, signals: {} }),
  query('find_node', '17 offers', { target: TARGET, signals: Array(17).fill(offerBy('B')) }),
  query('find_node', 'one of two offers is an answer', {
    target: TARGET,
    signals: [offerBy('B'), offerBy('B', { type: 'answer' })]
  }),
  query('get_peers', 'no info hash', {}),
  query('announce_peer', 'no token', { info_hash: TARGET, port: 1 }),
  query('announce_peer', 'an empty token', { info_hash: TARGET, port: 1, token: '' }),
  query('announce_peer', 'a token of 65 bytes', { info_hash: TARGET, port: 1, token: 't'.repeat(65) }),
  query('announce_peer', 'no port', { info_hash: TARGET, token: TOKEN }),
  query('announce_peer', 'port 0 that is not implied', { info_hash: TARGET, port: 0, token: TOKEN }),
  query('announce_peer', 'port 65536', { info_hash: TARGET, port: 65_536, token: TOKEN }),
  query('announce_peer', '`implied_port` is 2', { info_hash: TARGET, implied_port: 2, token: TOKEN }),
  query('get', '`seq` is negative', { target: TARGET, seq: -1 }),
  query('put', 'no value', { token: TOKEN }),
  query('put', 'no token', { v: 'x' }),
  query('put', 'a value of 2,049 bytes when bencoded', { token: TOKEN, v: 'x'.repeat(2044) }),
  query('put', 'a salt of 2,049 bytes', { ...mutable, salt: 'x'.repeat(2049) }),
  query('put', 'a key without signature', withoutOne('sig')),
  query('put', 'a signature without key', withoutOne('k')),
  query('put', 'a signature without `seq`', withoutOne('seq')),
  query('put', 'a key of 31 bytes', { ...mutable, k: KEY.subarray(1) }),
  query('put', 'a signature of 63 bytes', { ...mutable, sig: SIGNATURE.subarray(1) }),
  query('put', '`cas` is text', { ...mutable, cas: '0' }),
  query('peer_connection', 'no signal', {}),
  query('peer_connection', 'the signal is an id alone', { signal: { id: ID } }),
  query('peer_connection', 'the signal is an answer', { signal: offerBy('B', { type: 'answer' }) }),
  query('peer_connection', 'the signal has an id in hex', { signal: offerBy('B', { id: '42'.repeat(20) }) }),
  query('peer_connection', 'the description does not begin with `v=0`', {
    signal: offerBy('B', { sdp: 's=fake offer\r\n' })
  }),
  query('peer_connection', 'a description of 8,193 bytes', {
    signal: offerBy('B', { sdp: 'v=0'.padEnd(8193, 'x') })
  }),
  query('peer_connection', '33 candidates', {
    signal: offerBy('B', { sdp: `v=0\r\n${'a=candidate:1 1 UDP 1 192.0.2.1 4000 typ host\r\n'.repeat(33)}` })
  }),
  query('peer_connection', '17 extensions', { signal: offerBy('B', { extensions: Array(17).fill('x') }) }),
  query('peer_connection', 'an extension of 65 bytes', {
    signal: offerBy('B', { extensions: ['x'.repeat(65)] })
  }),
  query('peer_connection', 'a target of 19 bytes', { signal: offerBy('B'), target: 'C'.repeat(19) }),
  query('candidates', 'nine', { candidates: Array(9).fill('a=candidate:'), ufrag: 'abcd' }),
  query('candidates', 'a line of 257 bytes', { candidates: ['x'.repeat(257)], ufrag: 'abcd' }),
  query('candidates', 'no `ufrag`', { candidates: [] }),
  query('neighbours', 'no whole ids', { neighbours: 'C'.repeat(39) }),
  query('neighbours', '129 ids', { neighbours: ids('C').repeat(129) }),
  query('dial', 'no protocol', { signal: offerBy('B') }),
  query('dial', 'a protocol of 65 bytes', { protocol: 'x'.repeat(65), signal: offerBy('B') }),
  query('dial', '`replaces` has 257 bytes', {
    protocol: 'chat',
    replaces: 'x'.repeat(257),
    signal: offerBy('B')
  }),
  query('watch_peers', '`stop` is 2', { info_hash: TARGET, stop: 2, token: TOKEN }),
  query('tell_peers', 'a value of 5 bytes', { info_hash: TARGET, values: ['x'.repeat(5)] }),
  query('put_topic', '513 bytes', { info_hash: TARGET, token: TOKEN, ...TOPIC_VALUE, v: 'x'.repeat(513) }),
  query('get_topic', '`after` of 31 bytes', { info_hash: TARGET, after: 'x'.repeat(31) })
]

/** A frame by B, from C, for A. */
const frame = (name, changes, letters = 'CBA') => {
  const d = encode({ t: T, y: 'q', q: 'ping', a: { id: ids(letters[0]) } })
  const whole = { d, i: letters.length - 1, p: ids(letters), t: 'ffff', y: 'f', ...changes }
  return dropped(`frame: ${name}`, encode(whole))
}

const frames = [
  frame('no message', { d: undefined }),
  frame('a message of 0 bytes', { d: '' }),
  frame('a message of 10,241 bytes', { d: 'x'.repeat(10_241) }),
  frame('a message and a failure', { e: 404 }),
  frame('failure 399', { d: undefined, e: 399 }),
  frame('failure 600', { d: undefined, e: 600 }),
  frame('no position', { i: undefined }),
  frame('position 0', { i: 0 }),
  frame('a position behind the path', { i: 3 }),
  frame('no path', { p: undefined }),
  frame('a path that is no whole ids', { p: ids('CBA').slice(1) }),
  frame('a message over two ids', {}, 'BA'),
  frame('ten ids', {}, 'CDEFGHIJBA'),
  frame('an id twice', {}, 'CDCBA'),
  frame('`t` is empty', { t: '' }),
  frame('`t` has 17 bytes', { t: 'f'.repeat(17) }),
  frame('`y` is another letter', { y: 'g' }),
  frame('a key before `d`, so that it does not begin as frames do', { a: 'x' }),
  dropped('frame: unsorted keys', join('d1:d1:x', `1:p60:${ids('CBA')}`, '1:ii2e1:t4:ffff1:y1:fe'))
]

/** Replies to a query of A's. Each is dropped, and the query waits on. `aa` stands for the transaction id of that query. */
const reply = (method, name, values) => ({
  name: `reply to ${method}: ${name}`,
  method,
  ...written(encode({ t: T, y: 'r', r: { id: ID, ...values } })),
  verdict: 'dropped'
})

export const refusedReplies = [
  reply('ping', 'no id', { id: undefined }),
  reply('ping', "another node's id", { id: ids('C') }),
  reply('ping', '`own` is 2', { own: 2 }),
  reply('find_node', '`nodes` are not whole', { nodes: 'x'.repeat(27) }),
  reply('find_node', '65 nodes', { nodes: 'x'.repeat(65 * 26) }),
  reply('find_node', '`routes` has 9 bytes', { nodes: '', routes: 'x'.repeat(9) }),
  reply('find_node', '`routes` is empty', { nodes: '', routes: '' }),
  reply('find_node', '`next` is not whole', { next: 'C'.repeat(19) }),
  reply('find_node', '17 signals', { nodes: '', signals: Array(17).fill(0) }),
  reply('find_node', 'a signal is an offer', { nodes: '', signals: [offerBy('C')] }),
  reply('find_node', 'a signal is the integer 1', { nodes: '', signals: [1] }),
  reply('get_peers', 'a token of 65 bytes', { token: 't'.repeat(65) }),
  reply('get_peers', '65 values', { values: Array(65).fill('x'.repeat(26)) }),
  reply('get_peers', 'a value of 27 bytes', { values: ['x'.repeat(27)] }),
  reply('get_peers', 'a path of 8 ids', { values: ['x'.repeat(26)], paths: [ids('CDEFGHIJ')] }),
  reply('get', 'a key of 33 bytes', { v: 'x', k: 'k'.repeat(33) }),
  reply('peer_connection', 'the signal has no id', { signal: { type: 'answer', sdp: 'v=0', extensions: [] } })
]

/** Others are of M32, if they are queries, or M33. */
const REQUIREMENTS = {
  M30: ['a reply that nobody waits for', 'an error that nobody waits for'],
  M31: ["another node's id"],
  M44: ['announce_peer: no port', 'announce_peer: port 0 that is not implied'],
  M45: ['put: a key without signature', 'put: a signature without key', 'put: a signature without `seq`'],
  M46: ['find_node: one of two offers is an answer'],
  M47: ['frame: no message', 'frame: a message and a failure'],
  M48: ['frame: a message over two ids', 'frame: ten ids', 'frame: an id twice'],
  M51: ['server info that is not the first message']
}

function withRequirement({ name, ...vector }) {
  const [special] = Object.entries(REQUIREMENTS).find(([, names]) => names.includes(name)) ?? []
  return { name, must: special ?? (vector.verdict === 'dropped' ? 'M33' : 'M32'), ...vector }
}

export const refusedMessages = [...spellings, ...[...envelopes, ...fields, ...frames].map(withRequirement)]
