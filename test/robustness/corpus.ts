/**
 * Bad input, each with the reason why it hurts. A message that ever hurt us joins it. What the earlier implementation
 * died of is marked "(seed)".
 */

import bencode from 'bencode'

/** What a bad message is made with. */
export interface Sender {
  /** The sender's own id, with which the message would be good. */
  id: Buffer
  transaction: Buffer
}

export interface BadMessage {
  /** Why it hurts. */
  name: string
  /** The error that it gets; `null`: none, it is dropped; `'any'`: whatever comes, but nothing breaks. */
  code: 203 | 204 | null | 'any'
  make: (sender: Sender) => Uint8Array | string
}

export interface BadBody {
  name: string
  body: string | Buffer
}

/** Looks like a description to all checks before WebRTC's own. */
export const FAKE_SDP = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n'

type Dictionary = Record<string, unknown>

const encode = (value: unknown): Buffer => Buffer.from(bencode.encode(value))
const BOM = '\ufeff'

/** A bencoded string, whatever it holds. */
function raw(value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([Buffer.from(`${bytes.length}:`), bytes])
}

/** Pieces one after the other; in a string each character is a byte. The fuzzer writes what it finds like that. */
export function joined(...pieces: (string | Uint8Array)[]): Buffer {
  return Buffer.concat(
    pieces.map(piece => (typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece))
  )
}

/** A query written by hand: `args` is the bencoded inside of `a`, after `id`. */
function handmade(method: string, { id, transaction }: Sender, args: (string | Uint8Array)[]): Buffer {
  const parts = ['d1:ad2:id', raw(id), ...args, 'e1:q', raw(method), '1:t', raw(transaction), '1:y1:qe']
  return Buffer.concat(parts.map(part => Buffer.from(part)))
}

function query(
  name: string,
  code: BadMessage['code'],
  method: string,
  args: (id: Buffer) => Dictionary
): BadMessage {
  const make = ({ id, transaction }: Sender) =>
    encode({ t: transaction, y: 'q', q: method, a: { id, ...args(id) } })
  return { name: `${method}: ${name}`, code, make }
}

function offerOf(id: unknown): Dictionary {
  return { id, type: 'offer', sdp: FAKE_SDP, extensions: [] }
}

const notQueries: BadMessage[] = [
  { name: 'an empty message', code: null, make: () => Buffer.alloc(0) },
  { name: 'an empty text message', code: null, make: () => '' },
  { name: 'a text message', code: null, make: () => 'hello' },
  { name: 'a query as text: decoders that expect bytes', code: 'any', make: sender => encodeText(sender) },
  { name: 'a negative length makes bencode 2 loop for ever (seed)', code: null, make: () => 'l-3:e' },
  {
    name: 'a negative length inside a message',
    code: null,
    make: ({ id, transaction }) => handmade('ping', { id, transaction }, ['1:x', 'l-3:e'])
  },
  { name: 'a length far beyond the message', code: null, make: () => '999999999999999:a' },
  { name: 'a length that is no number', code: null, make: () => 'd1:t+2:aae' },
  { name: 'a length with a decimal point', code: null, make: () => 'd1.0:t2:aae' },
  { name: 'a truncated dictionary', code: null, make: () => 'd1:t2:aa1:y1:q' },
  { name: 'a dictionary with a key alone', code: null, make: () => 'd1:te' },
  { name: 'a dictionary whose key is a list', code: null, make: () => 'dle1:ae' },
  { name: 'a list without an end', code: null, make: () => 'l'.repeat(60) },
  {
    name: 'lists 30,000 deep overflow the stack',
    code: null,
    make: () => 'l'.repeat(30_000) + 'e'.repeat(30_000)
  },
  {
    name: 'dictionaries 10,000 deep',
    code: null,
    make: () => `${'d1:a'.repeat(10_000)}0:${'e'.repeat(10_000)}`
  },
  { name: 'an integer of 60,000 digits', code: null, make: () => `i${'9'.repeat(60_000)}e` },
  { name: 'an integer without digits', code: null, make: () => 'i-e' },
  { name: 'a bare integer', code: null, make: () => 'i5e' },
  { name: 'a bare list', code: null, make: () => 'le' },
  { name: 'an empty dictionary', code: null, make: () => 'de' },
  {
    name: 'bytes after the end',
    code: null,
    make: sender => Buffer.concat([ping(sender), Buffer.from('x')])
  },
  { name: 'more than a message may have', code: null, make: () => Buffer.alloc(100_000, 'd') },
  { name: 'zeros', code: null, make: () => Buffer.alloc(1000) },
  {
    name: '`__proto__` becomes the prototype of what is decoded',
    code: null,
    make: sender => handmade('ping', sender, [raw('__proto__'), 'd5:admini1ee'])
  },
  {
    name: '`__proto__` behind a byte order mark, which a text decoder strips',
    code: null,
    make: sender => handmade('ping', sender, [raw(`${BOM}__proto__`), 'd5:admini1ee'])
  },
  { name: 'JSON that is no server info', code: null, make: () => '{"http_server":[1,{"a":2}]}' },
  {
    name: 'JSON after the first message',
    code: null,
    make: () => '{"http_server":{"host":"127.0.0.1","port":1}}'
  },
  {
    name: 'server info with port 99999',
    code: null,
    make: () => '{"http_server":{"host":"127.0.0.1","port":99999}}'
  },
  { name: 'broken JSON', code: null, make: () => '{"http_server":' },
  { name: 'deeply nested JSON', code: null, make: () => `{"a":${'['.repeat(60_000)}` },
  { name: 'no `t`', code: null, make: ({ id }) => encode({ y: 'q', q: 'ping', a: { id } }) },
  { name: '`t` is an integer', code: null, make: ({ id }) => encode({ t: 5, y: 'q', q: 'ping', a: { id } }) },
  { name: '`t` is empty', code: null, make: ({ id }) => encode({ t: '', y: 'q', q: 'ping', a: { id } }) },
  {
    name: '`t` of 60,000 bytes would come back',
    code: null,
    make: ({ id }) => encode({ t: Buffer.alloc(60_000), y: 'q', q: 'ping', a: { id } })
  },
  { name: 'no `y`', code: null, make: ({ transaction: t, id }) => encode({ t, q: 'ping', a: { id } }) },
  { name: '`y` is an integer', code: null, make: ({ transaction: t }) => encode({ t, y: 1 }) },
  { name: '`y` is another letter', code: null, make: ({ transaction: t }) => encode({ t, y: 'x' }) }
]

const queries: BadMessage[] = [
  { name: 'no `q`', code: 203, make: ({ id, transaction: t }) => encode({ t, y: 'q', a: { id } }) },
  {
    name: '`q` is a list',
    code: 203,
    make: ({ id, transaction: t }) => encode({ t, y: 'q', q: [1], a: { id } })
  },
  { name: 'no `a`', code: 203, make: ({ transaction: t }) => encode({ t, y: 'q', q: 'ping' }) },
  {
    name: '`a` is a string',
    code: 203,
    make: ({ transaction: t }) => encode({ t, y: 'q', q: 'ping', a: 'id' })
  },
  {
    name: '`a` is a list',
    code: 203,
    make: ({ transaction: t }) => encode({ t, y: 'q', q: 'ping', a: [1] })
  },
  query('a method that nobody has', 204, 'no_such_method', () => ({})),
  query('a method that every object has', 204, 'toString', () => ({})),
  query('a method that is a getter', 204, 'constructor', () => ({})),
  query('an empty method', 204, '', () => ({})),
  query('no id', 203, 'ping', () => ({ id: undefined })),
  query('the id is an integer', 203, 'ping', () => ({ id: 5 })),
  query('the id is hex', 203, 'ping', id => ({ id: id.toString('hex') })),
  query('the id is a byte short', 203, 'ping', id => ({ id: id.subarray(1) })),
  query('the id is a list', 203, 'ping', id => ({ id: [id] })),
  query("somebody else's id", null, 'ping', id => ({ id: Buffer.alloc(id.length, 0xee) })),
  query('no target', 203, 'find_node', () => ({})),
  query('the target is an integer (seed)', 203, 'find_node', () => ({ target: 7 })),
  query('the target is a list (seed)', 203, 'find_node', id => ({ target: [id] })),
  query('the target is a dictionary', 203, 'find_node', id => ({ target: { id } })),
  query('the target is too short (seed)', 203, 'find_node', () => ({ target: 'short' })),
  query('the target is too long', 203, 'find_node', id => ({ target: Buffer.concat([id, id]) })),
  query('the target is empty', 203, 'find_node', () => ({ target: '' })),
  {
    name: 'find_node: an integer target behind one that another decoder takes for it: keys with a byte order mark',
    code: 'any',
    make: sender => handmade('find_node', sender, ['6:targeti5e', raw(`${BOM}target`), raw(sender.id)])
  },
  {
    name: 'get_peers: an integer info_hash behind one that another decoder takes for it',
    code: 'any',
    make: sender => handmade('get_peers', sender, ['9:info_hashi5e', raw(`${BOM}info_hash`), raw(sender.id)])
  },
  query('no info_hash', 203, 'get_peers', () => ({})),
  query('the info_hash is an integer (seed)', 203, 'get_peers', () => ({ info_hash: 1 })),
  query('the info_hash is too short', 203, 'get_peers', id => ({ info_hash: id.subarray(1) })),
  query('signals are a string (seed)', 203, 'find_node', id => ({ target: id, signals: 'abc' })),
  query('signals are a dictionary', 203, 'find_node', id => ({ target: id, signals: { length: 1 } })),
  query('signals are an integer', 203, 'get_peers', id => ({ info_hash: id, signals: 3 })),
  query('a signal is an integer', 203, 'find_node', id => ({ target: id, signals: [0] })),
  query('a signal is a list', 203, 'find_node', id => ({ target: id, signals: [[1]] })),
  query('a signal without id (seed)', 203, 'find_node', id => ({
    target: id,
    signals: [{ type: 'offer', sdp: FAKE_SDP, extensions: [] }]
  })),
  query("a signal's id is an integer (seed)", 203, 'find_node', id => ({
    target: id,
    signals: [offerOf(5)]
  })),
  query("a signal's id is a list", 203, 'find_node', id => ({ target: id, signals: [offerOf([id])] })),
  query("a signal's id is a dictionary", 203, 'get', id => ({ target: id, signals: [offerOf({ id })] })),
  query('a signal is an answer', 203, 'find_node', id => ({
    target: id,
    signals: [{ ...offerOf(id), type: 'answer' }]
  })),
  query('17 signals', 203, 'find_node', id => ({
    target: id,
    signals: Array.from({ length: 17 }, () => offerOf(id))
  })),
  query('extensions are a string', 203, 'find_node', id => ({
    target: id,
    signals: [{ ...offerOf(id), extensions: 'introduce' }]
  })),
  query('an extension is an integer', 203, 'find_node', id => ({
    target: id,
    signals: [{ ...offerOf(id), extensions: [1] }]
  })),
  query('17 extensions', 203, 'find_node', id => ({
    target: id,
    signals: [{ ...offerOf(id), extensions: Array.from({ length: 17 }, (_, i) => `x${i}`) }]
  })),
  query('no signal', 203, 'peer_connection', () => ({})),
  query('the signal is empty', 203, 'peer_connection', () => ({ signal: {} })),
  query('the signal is a string', 203, 'peer_connection', () => ({ signal: 'offer' })),
  query('a signal without id (seed)', 203, 'peer_connection', () => ({
    signal: { type: 'offer', sdp: FAKE_SDP }
  })),
  query("the signal's id is an integer (seed)", 203, 'peer_connection', () => ({ signal: offerOf(1) })),
  query("the signal's sdp is an integer", 203, 'peer_connection', id => ({
    signal: { ...offerOf(id), sdp: 1 }
  })),
  query("the signal's sdp is not one", 203, 'peer_connection', id => ({
    signal: { ...offerOf(id), sdp: 'hi' }
  })),
  query("the signal's sdp has 60,000 bytes", 203, 'peer_connection', id => ({
    signal: { ...offerOf(id), sdp: FAKE_SDP.padEnd(60_000, 'x') }
  })),
  query("the signal's sdp is a port scan", 203, 'peer_connection', id => ({
    signal: { ...offerOf(id), sdp: FAKE_SDP + 'a=candidate:1 1 UDP 1 10.0.0.1 1 typ host\r\n'.repeat(33) }
  })),
  query('the target is an integer', 203, 'peer_connection', id => ({ signal: offerOf(id), target: 1 })),
  query('no protocol', 203, 'dial', id => ({ signal: offerOf(id) })),
  query('the protocol is a list', 203, 'dial', id => ({ protocol: ['chat'], signal: offerOf(id) })),
  query('the protocol has 60,000 bytes', 203, 'dial', id => ({
    protocol: 'x'.repeat(60_000),
    signal: offerOf(id)
  })),
  query('no signal', 203, 'dial', () => ({ protocol: 'chat' })),
  query("the signal's sdp is not one", 203, 'dial', id => ({
    protocol: 'chat',
    signal: { ...offerOf(id), sdp: 'hi' }
  })),
  query('no token', 203, 'announce_peer', id => ({ info_hash: id, port: 1 })),
  query('the token is an integer (seed)', 203, 'announce_peer', id => ({ info_hash: id, port: 1, token: 1 })),
  query('the token is empty', 203, 'announce_peer', id => ({ info_hash: id, port: 1, token: '' })),
  query('a wrong token', 203, 'announce_peer', id => ({ info_hash: id, port: 1, token: 'x'.repeat(20) })),
  query('port 99999', 203, 'announce_peer', id => ({ info_hash: id, port: 99_999, token: 'x' })),
  query('a negative port', 203, 'announce_peer', id => ({ info_hash: id, port: -1, token: 'x' })),
  query('the port is a string', 203, 'announce_peer', id => ({ info_hash: id, port: '80', token: 'x' })),
  query('no port at all', 203, 'announce_peer', id => ({ info_hash: id, token: 'x' })),
  query('port 0 that is not implied', 203, 'announce_peer', id => ({ info_hash: id, port: 0, token: 'x' })),
  query('implied_port is a list', 203, 'announce_peer', id => ({
    info_hash: id,
    implied_port: [],
    token: 'x'
  })),
  query('the target is an integer (seed)', 203, 'get', () => ({ target: 1 })),
  query('no target', 203, 'get', () => ({})),
  query('seq is a string', 203, 'get', id => ({ target: id, seq: 'new' })),
  query('no value', 203, 'put', () => ({ token: 'x' })),
  query('no token', 203, 'put', () => ({ v: 'x' })),
  query('a wrong token', 203, 'put', () => ({ v: 'x', token: 'y'.repeat(20) })),
  query('the value is a dictionary, and the token wrong', 203, 'put', () => ({
    v: { length: 3 },
    token: 'x'
  })),
  query('the value is a list of 60,000 bytes', 203, 'put', () => ({ v: [Buffer.alloc(60_000)], token: 'x' })),
  query('the value has 60,000 bytes', 203, 'put', () => ({ v: Buffer.alloc(60_000), token: 'x' })),
  query('a signature and no key (seed)', 203, 'put', () => ({
    v: 'x',
    token: 'x',
    sig: Buffer.alloc(64),
    seq: 1
  })),
  query('a key and no signature', 203, 'put', () => ({ v: 'x', token: 'x', k: Buffer.alloc(32), seq: 1 })),
  query('a key, a signature and no seq', 203, 'put', () => ({
    v: 'x',
    token: 'x',
    k: Buffer.alloc(32),
    sig: Buffer.alloc(64)
  })),
  query('the key is a byte short', 203, 'put', () => ({
    v: 'x',
    token: 'x',
    k: Buffer.alloc(31),
    sig: Buffer.alloc(64),
    seq: 1
  })),
  query('the salt is an integer', 203, 'put', () => ({
    v: 'x',
    token: 'x',
    k: Buffer.alloc(32),
    sig: Buffer.alloc(64),
    seq: 1,
    salt: 1
  })),
  query('the salt is huge', 203, 'put', () => ({ v: 'x', token: 'x', salt: Buffer.alloc(3000) })),
  query('cas is a string', 203, 'put', () => ({ v: 'x', token: 'x', cas: 'x' })),
  query('seq is negative', 203, 'put', () => ({ v: 'x', token: 'x', seq: -1 }))
]

/** Replies and errors that answer nothing. */
const unasked: BadMessage[] = [
  reply('a reply that nobody waits for', id => ({ id })),
  reply('a reply with a huge value', id => ({ id, v: Buffer.alloc(50_000) })),
  reply("a reply with somebody else's id", id => ({ id: Buffer.alloc(id.length, 1) })),
  { name: 'a reply without `r`', code: null, make: ({ transaction: t }) => encode({ t, y: 'r' }) },
  { name: 'an error without `e`', code: null, make: ({ transaction: t }) => encode({ t, y: 'e' }) },
  {
    name: 'an error whose `e` is a string',
    code: null,
    make: ({ transaction: t }) => encode({ t, y: 'e', e: 'x' })
  },
  {
    name: 'an error that cannot be made text',
    code: null,
    make: ({ transaction: t }) => encode({ t, y: 'e', e: [{ toString: 'x' }] })
  }
]

function reply(name: string, r: (id: Buffer) => Dictionary): BadMessage {
  return { name, code: null, make: ({ id, transaction: t }) => encode({ t, y: 'r', r: r(id) }) }
}

function ping({ id, transaction: t }: Sender): Buffer {
  return encode({ t, y: 'q', q: 'ping', a: { id } })
}

/** The bytes of an id are not text: what arrives is not what was meant. */
function encodeText(sender: Sender): string {
  return ping(sender).toString('latin1')
}

export const BAD_MESSAGES: BadMessage[] = [...notQueries, ...queries, ...unasked]

/** What a queried node may answer: each is made for the transaction of a real query. */
export const BAD_REPLIES: BadMessage[] = [
  reply('the id is missing', () => ({})),
  reply('the id is an integer', () => ({ id: 1 })),
  reply('the id is a list', id => ({ id: [id] })),
  reply('the id is a byte short', id => ({ id: id.subarray(1) })),
  reply('nodes are not whole', id => ({ id, nodes: Buffer.alloc(27) })),
  reply('nodes are a list', id => ({ id, nodes: [1] })),
  reply('nodes are an integer', id => ({ id, nodes: 1 })),
  reply('65 nodes', id => ({ id, nodes: Buffer.alloc(65 * (id.length + 6)) })),
  reply('values are a string', id => ({ id, values: 'abc' })),
  reply('values are a dictionary', id => ({ id, values: { length: 5 } })),
  reply('a value is an integer (seed)', id => ({ id, values: [1] })),
  reply('a value is too short (seed)', id => ({ id, values: ['abc'] })),
  reply('signals are a string', id => ({ id, signals: 'abc' })),
  reply('a signal is a string', id => ({ id, signals: ['abc'] })),
  reply('a signal without id (seed)', id => ({ id, signals: [{ type: 'answer', sdp: FAKE_SDP }] })),
  reply("a signal's id is an integer (seed)", id => ({ id, signals: [{ id: 1 }] })),
  reply('a signal is an offer', id => ({ id, signals: [offerOf(id)] })),
  reply('the token is an integer (seed)', id => ({ id, token: 1 })),
  reply('the token is long', id => ({ id, token: Buffer.alloc(65) })),
  reply('the value is a huge list', id => ({ id, v: [[Buffer.alloc(3000)]] })),
  reply('the key is an integer', id => ({ id, v: 'x', k: 1, sig: 2, seq: 3 })),
  { name: '`r` is missing', code: null, make: ({ transaction: t }) => encode({ t, y: 'r' }) },
  { name: '`r` is a list', code: null, make: ({ transaction: t }) => encode({ t, y: 'r', r: [1] }) },
  { name: '`r` is a string', code: null, make: ({ transaction: t }) => encode({ t, y: 'r', r: 'x' }) }
]

/** Errors that a queried node may answer with: each may end its query, and nothing else. */
export const BAD_ERRORS: BadMessage[] = [
  error('`e` is missing', undefined),
  error('`e` is a string', 'x'),
  error('`e` is a dictionary', { length: 1 }),
  error('`e` is empty', []),
  error('the code is a string', ['x', 'y']),
  error('an entry cannot be made text: its `toString` is a string', [{ toString: 'x' }]),
  error('a nested entry cannot be made text', [203, [[{ toString: 'x', valueOf: 'y' }]]]),
  error('the text has 60,000 bytes', [201, Buffer.alloc(60_000, 'x')])
]

function error(name: string, e: unknown): BadMessage {
  return { name, code: null, make: ({ transaction: t }) => encode({ t, y: 'e', e }) }
}

/** Bodies of HTTP requests that are no offers. */
export const BAD_BODIES: BadBody[] = [
  { name: 'nothing', body: '' },
  { name: 'broken JSON', body: '{"type":"offer"' },
  { name: 'null', body: 'null' },
  { name: 'a number', body: '1' },
  { name: 'a string', body: '"offer"' },
  { name: 'a list', body: '[]' },
  { name: 'an empty object', body: '{}' },
  { name: 'JSON 8,000 deep', body: '['.repeat(8000) },
  { name: 'bytes that are no text', body: Buffer.from([0xff, 0xfe, 0x00, 0x80]) },
  { name: 'bencode', body: encode({ type: 'offer', sdp: FAKE_SDP }) },
  { name: 'no sdp', body: json({ sdp: undefined }) },
  { name: 'sdp is a number', body: json({ sdp: 1 }) },
  { name: 'sdp is a list', body: json({ sdp: [FAKE_SDP] }) },
  { name: 'sdp is null', body: json({ sdp: null }) },
  { name: 'sdp is empty', body: json({ sdp: '' }) },
  { name: 'sdp is not one', body: json({ sdp: 'hello' }) },
  { name: 'sdp of more than 8 kB', body: json({ sdp: FAKE_SDP.padEnd(9000, 'x') }) },
  {
    name: 'sdp that is a port scan',
    body: json({ sdp: FAKE_SDP + 'a=candidate:1 1 UDP 1 10.0.0.1 1 typ host\r\n'.repeat(33) })
  },
  { name: 'an answer', body: json({ type: 'answer' }) },
  { name: 'type is a list', body: json({ type: ['offer'] }) },
  { name: 'no type', body: json({ type: undefined }) },
  { name: 'id is a number', body: json({ id: 5 }) },
  { name: 'id is a list', body: json({ id: ['a'.repeat(40)] }) },
  { name: 'id is not hex', body: json({ id: 'z'.repeat(40) }) },
  { name: 'id is too short', body: json({ id: 'a'.repeat(39) }) },
  { name: 'extensions are a string', body: json({ extensions: 'introduce' }) },
  { name: 'extensions are an object', body: json({ extensions: { length: 1 } }) },
  { name: 'an extension is a number', body: json({ extensions: [1] }) },
  { name: 'an extension of 1,000 characters', body: json({ extensions: ['x'.repeat(1000)] }) },
  { name: '17 extensions', body: json({ extensions: Array.from({ length: 17 }, () => 'x') }) },
  { name: '`__proto__` in JSON', body: '{"__proto__":{"type":"offer","sdp":"v=0"}}' }
]

function json(fields: Dictionary): string {
  return JSON.stringify({ type: 'offer', sdp: FAKE_SDP, extensions: [], ...fields })
}

/** Descriptions that pass all checks but WebRTC's own. */
export const BAD_DESCRIPTIONS: { name: string; sdp: string }[] = [
  { name: 'the first line alone', sdp: 'v=0' },
  { name: 'no media', sdp: FAKE_SDP },
  { name: 'rubbish after the first line', sdp: `v=0\r\n${'\u0000\ufffd%s%n=\r\n'.repeat(50)}` },
  { name: 'an audio call', sdp: `${FAKE_SDP}m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\n` },
  {
    name: 'no fingerprint',
    sdp: `${FAKE_SDP}m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\na=sctp-port:5000\r\n`
  },
  {
    name: 'a fingerprint that is none',
    sdp: `${FAKE_SDP}m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\na=fingerprint:sha-256 ZZ\r\na=setup:actpass\r\na=sctp-port:99999999999999\r\n`
  },
  {
    name: 'candidates that are none',
    sdp: `${FAKE_SDP}m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=candidate:\r\na=candidate:x y z\r\na=candidate:1 1 UDP 99999999999 999.0.0.1 99999 typ\r\n`
  }
]
