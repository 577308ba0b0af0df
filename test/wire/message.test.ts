/** Messages as they come from strangers: what each must be, and what its method's fields must be. */

import fc from 'fast-check'
import test from 'tape'
import { Id } from '../../src/id.js'
import { encode } from '../../src/wire/bencode.js'
import { MAX_MESSAGE_BYTES } from '../../src/wire/message.js'
import { createMessageParser, createMethods, type Inbound } from '../helpers/parse.js'
import { BAD_ERRORS, BAD_MESSAGES, BAD_REPLIES, FAKE_SDP } from '../robustness/corpus.js'

type Dictionary = Record<string, unknown>
type Kind =
  | 'id'
  | 'bytes'
  | 'text'
  | 'integer'
  | 'value'
  | 'signal'
  | 'signals'
  | 'byteStrings'
  | 'dictionaries'
  | 'answer'
  | 'answers'

interface MessageShape {
  required: Record<string, Kind>
  optional: Record<string, Kind>
}

/** What bep.md says of each message: the fields, and what they are. */
const QUERIES: Record<string, MessageShape> = {
  ping: { required: { id: 'id' }, optional: {} },
  find_node: {
    required: { id: 'id', target: 'id' },
    optional: { signals: 'signals', recursive: 'integer' }
  },
  get_peers: {
    required: { id: 'id', info_hash: 'id' },
    optional: { signals: 'signals', recursive: 'integer' }
  },
  announce_peer: {
    required: { id: 'id', info_hash: 'id', token: 'bytes', port: 'integer' },
    optional: { implied_port: 'integer' }
  },
  get: {
    required: { id: 'id', target: 'id' },
    optional: { signals: 'signals', recursive: 'integer', seq: 'integer' }
  },
  put: {
    required: { id: 'id', token: 'bytes', v: 'value' },
    optional: { k: 'bytes', sig: 'bytes', seq: 'integer', salt: 'bytes', cas: 'integer' }
  },
  peer_connection: { required: { id: 'id', signal: 'signal' }, optional: { target: 'id' } },
  release: { required: { id: 'id' }, optional: {} },
  neighbours: { required: { id: 'id', neighbours: 'bytes' }, optional: {} },
  dial: { required: { id: 'id', protocol: 'text', signal: 'signal' }, optional: {} },
  candidates: {
    required: { id: 'id', ufrag: 'text', candidates: 'byteStrings' },
    optional: { target: 'id', from: 'id' }
  },
  watch_peers: { required: { id: 'id', info_hash: 'id', token: 'bytes' }, optional: { stop: 'integer' } },
  tell_peers: { required: { id: 'id', info_hash: 'id', values: 'byteStrings' }, optional: {} },
  put_topic: {
    required: {
      id: 'id',
      info_hash: 'id',
      token: 'bytes',
      k: 'bytes',
      sig: 'bytes',
      seq: 'integer',
      until: 'integer',
      v: 'bytes'
    },
    optional: {}
  },
  get_topic: { required: { id: 'id', info_hash: 'id' }, optional: { after: 'bytes' } }
}

const LEADS: Record<string, Kind> = {
  token: 'bytes',
  nodes: 'bytes',
  signals: 'answers',
  routes: 'bytes',
  next: 'bytes'
}

/** The fields of its replies, beside the id. */
const REPLIES: Record<string, Record<string, Kind>> = {
  ping: {},
  find_node: LEADS,
  get_peers: { ...LEADS, values: 'byteStrings', paths: 'byteStrings' },
  announce_peer: {},
  get: { ...LEADS, v: 'value', k: 'bytes', sig: 'bytes', seq: 'integer' },
  put: {},
  peer_connection: { signal: 'answer' },
  release: {},
  neighbours: {},
  dial: { signal: 'answer' },
  candidates: {},
  watch_peers: { values: 'byteStrings' },
  tell_peers: {},
  put_topic: {},
  get_topic: { stored: 'dictionaries', more: 'integer' }
}

const replyShapeOf = (method: string): MessageShape => ({
  required: { id: 'id' },
  optional: REPLIES[method] ?? {}
})

/** What a reply has to whatever query. */
const REPLY: MessageShape = { required: { id: 'id' }, optional: Object.assign({}, ...Object.values(REPLIES)) }

/** A good value for each field. */
function goodValues(idLength: number): Dictionary {
  const id = Buffer.alloc(idLength, 1)
  return {
    id,
    target: id,
    info_hash: id,
    token: Buffer.alloc(20, 2),
    port: 6881,
    implied_port: 0,
    seq: 3,
    cas: 2,
    protocol: 'chat',
    ufrag: 'abcd',
    candidates: ['a=candidate:2 1 UDP 1 192.0.2.7 4000 typ host'],
    from: id,
    stop: 1,
    until: 4,
    after: Buffer.alloc(32, 3),
    more: 1,
    stored: [{ k: Buffer.alloc(32, 3), sig: Buffer.alloc(64, 4), seq: 3, until: 4, v: Buffer.from('value') }],
    v: Buffer.from('value'),
    k: Buffer.alloc(32, 3),
    sig: Buffer.alloc(64, 4),
    salt: Buffer.from('salt'),
    nodes: Buffer.alloc(2 * (idLength + 6), 5),
    values: [Buffer.alloc(6, 6), Buffer.alloc(idLength + 6, 7)],
    routes: Buffer.from([0xc0]),
    next: Buffer.alloc(2 * idLength, 9),
    recursive: 1,
    paths: [Buffer.alloc(2 * idLength, 8), 0],
    neighbours: Buffer.alloc(2 * idLength, 10)
  }
}

/** `signal` and `signals` mean offers in queries, answers in replies. */
function goodFields(shape: MessageShape, idLength: number, isReply: boolean): Dictionary {
  const id = Buffer.alloc(idLength, 1)
  const signal = { id, type: isReply ? 'answer' : 'offer', sdp: FAKE_SDP, extensions: ['introduce'] }
  const all: Dictionary = {
    ...goodValues(idLength),
    signal,
    signals: isReply ? [signal, 0, { id }] : [signal, signal]
  }
  const names = [...Object.keys(shape.required), ...Object.keys(shape.optional)]
  return Object.fromEntries(names.map(name => [name, all[name]]))
}

/** Values of every type; those of the field's own type are left to the tests of sizes. */
const WRONG: Record<'bytes' | 'integer' | 'list' | 'dictionary', unknown[]> = {
  bytes: ['', 'x', Buffer.alloc(3000)],
  integer: [0, 1, -1, 99_999_999, Number.MAX_SAFE_INTEGER],
  list: [[], [0], ['x'], [[]], [{}]],
  dictionary: [{}, { length: 1 }, { toString: 'x' }, { id: 'x' }]
}

/** `value`: of any type. */
function typeOf(kind: Exclude<Kind, 'value'>): keyof typeof WRONG {
  if (kind === 'id' || kind === 'bytes' || kind === 'text') return 'bytes'
  if (kind === 'integer') return 'integer'
  return kind === 'signal' || kind === 'answer' ? 'dictionary' : 'list'
}

const TRANSACTION = Buffer.from('aa')

function queryBytes(method: string, a: Dictionary): Buffer {
  return encode({ t: TRANSACTION, y: 'q', q: method, a })
}

function replyBytes(r: Dictionary): Buffer {
  return encode({ t: TRANSACTION, y: 'r', r })
}

function without(fields: Dictionary, name: string): Dictionary {
  return Object.fromEntries(Object.entries(fields).filter(([key]) => key !== name))
}

/** What was read, with the ids of signals as they are written. */
function withBytes(value: unknown): unknown {
  if (value instanceof Id) return value.bytes
  if (Array.isArray(value)) return value.map(withBytes)
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, withBytes(field)]))
}

/** What a malformed query must become: a reason, on one line, with what it can be answered by. */
function isRefused(message: Inbound, code = 203): boolean {
  return (
    message.kind === 'malformed' &&
    message.code === code &&
    message.transaction?.equals(TRANSACTION) === true &&
    /^[^\n]+$/.test(message.reason)
  )
}

test('each method of the protocol is described here', t => {
  const names = [...createMethods(20).keys()].sort()
  t.deepEqual(Object.keys(QUERIES).sort(), names)
  t.deepEqual(Object.keys(REPLIES).sort(), names)
  t.end()
})

for (const idLength of [20, 32]) {
  const parse = createMessageParser(idLength)

  for (const [method, shape] of Object.entries(QUERIES)) {
    test(`${method} is read whole, and refused when a field is missing or wrong (ids of ${idLength} bytes)`, t => {
      const fields = goodFields(shape, idLength, false)
      const good = parse(queryBytes(method, fields))
      t.equal(good.kind, 'query', 'a good one is a query')
      if (good.kind !== 'query') return t.end()
      t.equal(good.method, method)
      t.deepEqual(withBytes(good.args), fields, 'with all fields as they were sent')
      for (const name of Object.keys(shape.required)) {
        t.ok(isRefused(parse(queryBytes(method, without(fields, name)))), `without ${name}`)
      }
      const bare = Object.fromEntries(Object.entries(fields).filter(([name]) => name in shape.required))
      t.equal(parse(queryBytes(method, bare)).kind, 'query', 'without what is optional it is one too')
      for (const [name, kind] of Object.entries({ ...shape.required, ...shape.optional })) {
        for (const [type, values] of Object.entries(WRONG)) {
          if (kind === 'value' || type === typeOf(kind)) continue
          const refused = values.every(value =>
            isRefused(parse(queryBytes(method, { ...fields, [name]: value })))
          )
          t.ok(refused, `${name} that is ${type}`)
        }
      }
      t.end()
    })
  }

  for (const method of Object.keys(REPLIES)) {
    const shape = replyShapeOf(method)
    test(`replies to ${method} are read whole, and dropped when a field is wrong (ids of ${idLength} bytes)`, t => {
      const fields = goodFields(shape, idLength, true)
      const good = parse(replyBytes(fields), method)
      t.equal(good.kind, 'reply')
      if (good.kind !== 'reply') return t.end()
      t.equal(good.id.length, idLength)
      t.deepEqual(withBytes(good.values), fields, 'with all fields as they were sent')
      t.equal(
        parse(replyBytes({ id: fields.id }), method).kind,
        'reply',
        'without what is optional it is one too'
      )
      t.equal(parse(replyBytes(without(fields, 'id')), method).kind, 'malformed', 'without an id it is none')
      for (const [name, kind] of Object.entries({ ...shape.required, ...shape.optional })) {
        for (const [type, values] of Object.entries(WRONG)) {
          if (kind === 'value' || type === typeOf(kind)) continue
          const messages = values.map(value => parse(replyBytes({ ...fields, [name]: value }), method))
          const isDropped = messages.every(({ kind }) => kind === 'malformed')
          t.ok(isDropped, `${name} that is ${type}`)
          t.ok(
            messages.every(message => !('transaction' in message)),
            'gets no error: replies are not answered'
          )
        }
      }
      t.end()
    })

    test(`replies to ${method} lose the fields of other methods (ids of ${idLength} bytes)`, t => {
      const others = Object.keys(REPLY.optional).filter(name => !(name in shape.optional))
      const wrong = Object.fromEntries(others.map(name => [name, -1]))
      const fields = goodFields(shape, idLength, true)
      const message = parse(replyBytes({ ...fields, ...wrong }), method)
      t.deepEqual(message.kind === 'reply' && withBytes(message.values), fields)
      t.end()
    })
  }

  test(`ids, targets and info hashes have ${idLength} bytes, neither fewer nor more`, t => {
    for (const length of [0, 1, idLength - 1, idLength + 1, 20 + 32 - idLength, 2 * idLength]) {
      const wrong = Buffer.alloc(length, 1)
      for (const [method, shape] of Object.entries(QUERIES)) {
        const fields = goodFields(shape, idLength, false)
        for (const [name, kind] of Object.entries({ ...shape.required, ...shape.optional })) {
          if (kind !== 'id') continue
          if (!isRefused(parse(queryBytes(method, { ...fields, [name]: wrong }))))
            t.fail(`${method}: ${name} of ${length} bytes`)
        }
      }
      t.equal(parse(replyBytes({ id: wrong })).kind, 'malformed', `${length} bytes`)
    }
    t.end()
  })

  test(`each of the bad messages is what the corpus says (ids of ${idLength} bytes)`, t => {
    const sender = { id: Buffer.alloc(idLength, 1), transaction: TRANSACTION }
    for (const { name, code, make } of BAD_MESSAGES) {
      const message = parse(Buffer.from(make(sender)))
      const isWellFormed = message.kind !== 'malformed' // the rest is for who knows tokens and transactions
      if (code === 203 && !isWellFormed) t.ok(isRefused(message, 203), name)
      if (code === 204) t.ok(isRefused(message, 204), name)
      if (code === null) t.notOk(message.kind === 'malformed' && message.transaction, name)
    }
    for (const { name, make } of BAD_REPLIES)
      t.equal(parse(Buffer.from(make(sender))).kind, 'malformed', name)
    for (const { name, make } of BAD_ERRORS) t.doesNotThrow(() => parse(Buffer.from(make(sender))), name)
    t.end()
  })

  test(`any bytes become a typed value or a reason (ids of ${idLength} bytes)`, t => {
    const good = [
      ...Object.entries(QUERIES).map(([method, shape]) =>
        queryBytes(method, goodFields(shape, idLength, false))
      ),
      replyBytes(goodFields(REPLY, idLength, true)),
      encode({ t: TRANSACTION, y: 'e', e: [201, 'no'] })
    ]
    const edits = fc.array(fc.tuple(fc.nat(), fc.nat(255), fc.constantFrom(0, 1, 2)), {
      minLength: 1,
      maxLength: 4
    })
    const mutated = fc.tuple(fc.constantFrom(...good), edits).map(([bytes, list]) =>
      list.reduce((edited, [at, byte, removed]) => {
        const position = at % (edited.length + 1)
        return Buffer.concat([
          edited.subarray(0, position),
          Buffer.from([byte]),
          edited.subarray(position + removed)
        ])
      }, bytes)
    )
    const kinds = new Set<string>()
    fc.assert(
      fc.property(
        fc.oneof({ weight: 1, arbitrary: fc.uint8Array() }, { weight: 9, arbitrary: mutated }),
        bytes => {
          const message = parse(bytes)
          kinds.add(message.kind)
          check(message, idLength)
        }
      ),
      { numRuns: 10_000 }
    )
    t.deepEqual([...kinds].sort(), ['error', 'malformed', 'query', 'reply'], 'of every kind')
    t.end()
  })

  test(`any value in any field becomes a typed value or a reason (ids of ${idLength} bytes)`, t => {
    const value = fc.letrec<{ value: unknown }>(tie => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.maxSafeInteger(),
        fc.uint8Array({ maxLength: 70 }),
        fc.constantFrom(idLength, 0, 6, 32, 64).map(length => Buffer.alloc(length, 1)),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom('id', 'type', 'sdp', 'extensions', 'toString'), tie('value'))
      )
    })).value
    const methods = Object.entries(QUERIES)
    const edit = fc.tuple(fc.nat(), fc.nat(), value, fc.boolean())
    fc.assert(
      fc.property(edit, ([m, f, wrong, isReply]) => {
        const [method, shape] = methods[m % methods.length] ?? ['ping', REPLY]
        const used = isReply ? REPLY : shape
        const fields = goodFields(used, idLength, isReply)
        const names = Object.keys(fields)
        const edited = { ...fields, [names[f % names.length] ?? 'id']: wrong }
        check(parse(isReply ? replyBytes(edited) : queryBytes(method, edited)), idLength)
      }),
      { numRuns: 5000 }
    )
    t.pass('5,000 messages')
    t.end()
  })
}

test('a message has 64 KiB at most', t => {
  const parse = createMessageParser(20)
  const sized = (length: number) => {
    const message = {
      t: TRANSACTION,
      y: 'q',
      q: 'ping',
      a: { id: Buffer.alloc(20) },
      x: Buffer.alloc(length)
    }
    return encode(message)
  }
  const overhead = sized(60_000).length - 60_000
  t.equal(parse(sized(MAX_MESSAGE_BYTES - overhead)).kind, 'query', 'that many bytes')
  t.equal(parse(sized(MAX_MESSAGE_BYTES - overhead + 1)).kind, 'malformed', 'a byte more')
  t.end()
})

test('counts and sizes of fields have limits', t => {
  const parse = createMessageParser(20)
  const id = Buffer.alloc(20, 1)
  const offer = { id, type: 'offer', sdp: FAKE_SDP, extensions: [] }
  const put = { id, token: 'x', v: 'x' }
  const accepted: [string, Buffer, Buffer][] = [
    [
      'signals',
      queryBytes('find_node', { id, target: id, signals: Array(16).fill(offer) }),
      queryBytes('find_node', { id, target: id, signals: Array(17).fill(offer) })
    ],
    [
      'nodes',
      replyBytes({ id, nodes: Buffer.alloc(64 * 26) }),
      replyBytes({ id, nodes: Buffer.alloc(65 * 26) })
    ],
    [
      'parts of a node',
      replyBytes({ id, nodes: Buffer.alloc(52) }),
      replyBytes({ id, nodes: Buffer.alloc(51) })
    ],
    [
      'values',
      replyBytes({ id, values: Array(64).fill(Buffer.alloc(6)) }),
      replyBytes({ id, values: Array(65).fill(Buffer.alloc(6)) })
    ],
    [
      'bytes of a value',
      queryBytes('put', { ...put, v: Buffer.alloc(2048 - '2043:'.length) }),
      queryBytes('put', { ...put, v: Buffer.alloc(2049 - '2044:'.length) })
    ],
    [
      'a list as a value',
      queryBytes('put', { ...put, v: [Buffer.alloc(2048 - 'l2041:e'.length)] }),
      queryBytes('put', { ...put, v: [Buffer.alloc(2049 - 'l2042:e'.length)] })
    ],
    [
      'bytes of a salt',
      queryBytes('put', { ...put, salt: Buffer.alloc(2048) }),
      queryBytes('put', { ...put, salt: Buffer.alloc(2049) })
    ],
    [
      'bytes of a token',
      queryBytes('put', { ...put, token: Buffer.alloc(64) }),
      queryBytes('put', { ...put, token: Buffer.alloc(65) })
    ],
    [
      'port',
      queryBytes('announce_peer', { id, info_hash: id, token: 'x', port: 65535 }),
      queryBytes('announce_peer', { id, info_hash: id, token: 'x', port: 65536 })
    ],
    [
      'bytes of a protocol',
      queryBytes('dial', { id, protocol: 'x'.repeat(64), signal: offer }),
      queryBytes('dial', { id, protocol: 'x'.repeat(65), signal: offer })
    ],
    ['paths', replyBytes({ id, paths: Array(64).fill('') }), replyBytes({ id, paths: Array(65).fill('') })],
    [
      'relays on a path',
      replyBytes({ id, paths: [Buffer.alloc(7 * 20)] }),
      replyBytes({ id, paths: [Buffer.alloc(8 * 20)] })
    ],
    [
      'parts of a relay',
      replyBytes({ id, paths: [Buffer.alloc(40)] }),
      replyBytes({ id, paths: [Buffer.alloc(39)] })
    ],
    [
      'nodes that a query was passed on to',
      replyBytes({ id, next: Buffer.alloc(64 * 20) }),
      replyBytes({ id, next: Buffer.alloc(65 * 20) })
    ],
    ['parts of one', replyBytes({ id, next: Buffer.alloc(20) }), replyBytes({ id, next: Buffer.alloc(19) })],
    [
      'recursive',
      queryBytes('find_node', { id, target: id, recursive: 1 }),
      queryBytes('find_node', { id, target: id, recursive: 2 })
    ],
    ['the number in place of a path', replyBytes({ id, paths: [0] }), replyBytes({ id, paths: [1] })],
    [
      'bytes of a transaction',
      encode({ t: Buffer.alloc(16), y: 'q', q: 'ping', a: { id } }),
      encode({ t: Buffer.alloc(17), y: 'q', q: 'ping', a: { id } })
    ]
  ]
  for (const [name, most, more] of accepted) {
    t.notEqual(parse(most).kind, 'malformed', `${name}: the most`)
    t.equal(parse(more).kind, 'malformed', `${name}: one more`)
  }
  t.end()
})

test('fields that nobody knows do not make a message bad: extensions may add some', t => {
  const parse = createMessageParser(20)
  const id = Buffer.alloc(20, 1)
  t.equal(parse(queryBytes('ping', { id, ro: 1, v: 'x', want: ['n4'] })).kind, 'query')
  t.equal(parse(replyBytes({ id, p: 1, ip: 'x' })).kind, 'reply')
  t.equal(parse(encode({ t: TRANSACTION, y: 'q', q: 'ping', a: { id }, ro: 1, v: 'LT' })).kind, 'query')
  t.end()
})

test('a mutable put needs a key, a signature and a sequence number', t => {
  const parse = createMessageParser(20)
  const all: Dictionary = { k: Buffer.alloc(32), sig: Buffer.alloc(64), seq: 1 }
  const put = { id: Buffer.alloc(20, 1), token: 'x', v: 'x' }
  t.equal(parse(queryBytes('put', { ...put, ...all })).kind, 'query', 'all three')
  for (const name of Object.keys(all))
    t.ok(isRefused(parse(queryBytes('put', { ...put, ...without(all, name) }))), `without ${name}`)
  t.end()
})

test('an announcement says a port or that it is implied: else it would get no answer at all', t => {
  const parse = createMessageParser(20)
  const id = Buffer.alloc(20, 1)
  const announce = (fields: Dictionary) =>
    parse(queryBytes('announce_peer', { id, info_hash: id, token: 'x', ...fields }))
  t.equal(announce({ port: 1 }).kind, 'query', 'a port')
  t.equal(announce({ implied_port: 1 }).kind, 'query', 'implied')
  t.equal(
    announce({ port: 0, implied_port: 1 }).kind,
    'query',
    'port 0 and implied, as bittorrent-dht sends it'
  )
  t.ok(isRefused(announce({})), 'neither')
  t.ok(isRefused(announce({ port: 0 })), 'port 0')
  t.ok(isRefused(announce({ implied_port: 0 })), 'not implied')
  t.end()
})

/** Throws if a message is not what its kind promises. */
function check(message: Inbound, idLength: number): void {
  const fail = (what: string) => {
    throw new Error(`${message.kind}: ${what}`)
  }
  if (message.kind === 'frame') return
  if (message.transaction && (message.transaction.length < 1 || message.transaction.length > 16))
    fail('transaction')
  if (message.kind === 'malformed') {
    if (message.reason === '' || (message.code !== 203 && message.code !== 204)) fail('reason')
  } else if (message.kind === 'error') {
    if (typeof message.code !== 'number' || typeof message.text !== 'string') fail('error')
  } else {
    const shape = message.kind === 'query' ? QUERIES[message.method] : REPLY
    if (!shape) return fail('method')
    if (!Buffer.isBuffer(message.id) || message.id.length !== idLength) fail('id')
    const fields = message.kind === 'query' ? message.args : message.values
    for (const [name, value] of Object.entries(fields)) {
      const kind = { ...shape.required, ...shape.optional }[name]
      if (kind === 'value') continue
      if (kind === 'text' ? typeof value !== 'string' : !kind || !isTyped(value, typeOf(kind))) fail(name)
      if (kind === 'id' && (value as Buffer).length !== idLength) fail(name)
    }
  }
}

function isTyped(value: unknown, type: keyof typeof WRONG): boolean {
  if (type === 'bytes') return Buffer.isBuffer(value)
  if (type === 'integer') return Number.isSafeInteger(value)
  if (type === 'list') return Array.isArray(value)
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !Buffer.isBuffer(value)
}
