/** Frames of the extension `route`: what is one, and that nothing else is taken for one. */

import fc from 'fast-check'
import test from 'tape'
import { decode, encode } from '../../src/wire/bencode.js'
import {
  encodeFrame,
  type Frame,
  looksLikeFrame,
  MAX_HOPS,
  MAX_PAYLOAD_BYTES,
  readFrame
} from '../../src/wire/frame.js'
import { createMessageParser } from '../../src/wire/messages.js'

const ID_LENGTH = 20
const PAYLOAD = encode({ t: 'aa', y: 'q', q: 'ping', a: { id: idOf(1) } })

function idOf(number: number, length = ID_LENGTH): Buffer {
  return Buffer.alloc(length, number)
}

function pathOf(count: number, length = ID_LENGTH): Buffer[] {
  return Array.from({ length: count }, (_, i) => idOf(i + 1, length))
}

function frameOf(changes: Partial<Frame> = {}): Frame {
  return {
    transaction: Buffer.from('abcd'),
    path: pathOf(4),
    position: 2,
    payload: PAYLOAD,
    failure: null,
    ...changes
  }
}

/** The fields as they are written. */
function fieldsOf(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return { y: 'f', t: 'abcd', p: Buffer.concat(pathOf(4)), i: 2, d: PAYLOAD, ...changes }
}

function read(bytes: Uint8Array, length = ID_LENGTH): Frame | undefined {
  const message = createMessageParser(length)(bytes)
  return message.kind === 'frame' ? message.frame.toFrame() : undefined
}

/** Whether it is refused as a message that cannot be answered. */
function isRefused(fields: Record<string, unknown>, length = ID_LENGTH): boolean {
  const kept = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
  const message = createMessageParser(length)(encode(kept as never))
  return message.kind === 'malformed' && message.transaction === undefined
}

const REPORT = { payload: null, failure: 404 }

test('a frame is read as it was written, with a message or as a report', t => {
  const frames = [
    frameOf(),
    frameOf({ position: 1 }),
    frameOf({ position: 3 }),
    frameOf({ transaction: Buffer.alloc(1) }),
    frameOf({ transaction: Buffer.alloc(16) }),
    frameOf({ payload: Buffer.alloc(MAX_PAYLOAD_BYTES, 'x') }),
    frameOf({ path: pathOf(3), position: 1 }),
    frameOf({ path: pathOf(MAX_HOPS + 1), position: MAX_HOPS }),
    frameOf(REPORT),
    frameOf({ ...REPORT, failure: 429 }),
    frameOf({ ...REPORT, failure: 400 }),
    frameOf({ ...REPORT, failure: 599 }),
    frameOf({ ...REPORT, path: pathOf(2), position: 1 })
  ]
  for (const frame of frames) t.deepEqual(read(encodeFrame(frame)), frame)
  t.end()
})

test('a frame fits into a message, whatever it holds', t => {
  const path = pathOf(MAX_HOPS + 1, 64)
  const frame = frameOf({ path, payload: Buffer.alloc(MAX_PAYLOAD_BYTES), transaction: Buffer.alloc(16) })
  t.deepEqual(read(encodeFrame(frame), 64), frame)
  t.end()
})

test('ids have the length of the network’s', t => {
  for (const length of [16, 32]) {
    const frame = frameOf({ path: pathOf(4, length) })
    t.deepEqual(read(encodeFrame(frame), length), frame, `${length} bytes`)
    t.equal(read(encodeFrame(frame)), undefined, `${length} bytes are not ${ID_LENGTH}`)
  }
  t.end()
})

const MALFORMED: Record<string, Record<string, unknown>> = {
  'no transaction': { t: undefined },
  'a transaction of no bytes': { t: '' },
  'a transaction that is too long': { t: Buffer.alloc(17) },
  'a transaction that is no byte string': { t: 5 },
  'no path': { p: undefined },
  'a path that is no byte string': { p: [idOf(1), idOf(2), idOf(3)] },
  'an empty path': { p: '' },
  'a path of one node': { p: idOf(1), i: 0 },
  'a path that ends within an id': { p: Buffer.concat(pathOf(4)).subarray(0, -1) },
  'a path with a byte too many': { p: Buffer.concat([...pathOf(4), Buffer.alloc(1)]) },
  'too many hops': { p: Buffer.concat(pathOf(MAX_HOPS + 2)) },
  'a node that is on the path twice': { p: Buffer.concat([...pathOf(3), idOf(1)]) },
  'a node that follows itself': { p: Buffer.concat([idOf(1), idOf(2), idOf(2), idOf(3)]) },
  'a message for a neighbour': { p: Buffer.concat(pathOf(2)), i: 1 },
  'no position': { i: undefined },
  'position 0, which is who sent it': { i: 0 },
  'a position behind the end': { i: 4 },
  'a negative position': { i: -1 },
  'a huge position': { i: Number.MAX_SAFE_INTEGER },
  'a position that is text': { i: '2' },
  'neither a message nor a report': { d: undefined },
  'both a message and a report': { e: 404 },
  'an empty message': { d: '' },
  'a message that is too long': { d: Buffer.alloc(MAX_PAYLOAD_BYTES + 1) },
  'a message that is no byte string': { d: { t: 'aa' } },
  'a code below the range': { d: undefined, e: 399 },
  'a code above the range': { d: undefined, e: 600 },
  'a code that is no integer': { d: undefined, e: '404' },
  'a report as KRPC writes errors': { d: undefined, e: [404, 'no route'] }
}

for (const [what, changes] of Object.entries(MALFORMED)) {
  test(`no frame: ${what}`, t => {
    t.ok(isRefused(fieldsOf(changes)))
    t.end()
  })
}

const NONCANONICAL: Record<string, string> = {
  'a position with a zero in front': 'd1:d1:x1:ii02e1:p12:aaaabbbbcccc1:t1:t1:y1:fe',
  'keys that are not sorted': 'd1:d1:x1:p12:aaaabbbbcccc1:ii1e1:t1:t1:y1:fe',
  'a key that is there twice': 'd1:d1:x1:d1:x1:ii1e1:p12:aaaabbbbcccc1:t1:t1:y1:fe',
  'bytes after the end': 'd1:d1:x1:ii1e1:p12:aaaabbbbcccc1:t1:t1:y1:fex',
  'no end': 'd1:d1:x1:ii1e1:p12:aaaabbbbcccc1:t1:t1:y1:f',
  'a value that is not known here, and malformed': 'd1:d1:x1:ii1e1:p12:aaaabbbbcccc1:t1:t1:xi-0e1:y1:fe',
  'a value that is too deep': `d1:d1:x1:ii1e1:p12:aaaabbbbcccc1:t1:t1:x${'l'.repeat(6)}${'e'.repeat(6)}1:y1:fe`,
  'another type': 'd1:d1:x1:ii1e1:p12:aaaabbbbcccc1:t1:t1:y1:ge',
  'a longer type': 'd1:d1:x1:ii1e1:p12:aaaabbbbcccc1:t1:t1:y2:ffe',
  'no type': 'd1:d1:x1:ii1e1:p12:aaaabbbbcccc1:t1:te'
}

for (const [what, bytes] of Object.entries(NONCANONICAL)) {
  test(`no frame: ${what}`, t => {
    t.equal(readFrame(Buffer.from(bytes), 4), undefined)
    t.end()
  })
}

test('a frame is written as bencode writes its fields', t => {
  for (const frame of [frameOf(), frameOf(REPORT), frameOf({ path: pathOf(9, 64), position: 8 })]) {
    const { transaction: t_, path, position: i, payload, failure } = frame
    const fields = { d: payload, e: failure, i, p: Buffer.concat(path), t: t_, y: 'f' }
    t.deepEqual(encodeFrame(frame), encode(fields))
  }
  t.end()
})

test('a frame goes on in its own bytes, with another position and nothing else changed', t => {
  const unknown = { a: [1], 'd ': 'x', f: { g: 'h' }, x: 'more' }
  const bytes = encode(fieldsOf(unknown))
  const frame = readFrame(bytes, ID_LENGTH)
  t.deepEqual(frame?.toFrame(), frameOf(), 'what it does not know is not looked at')
  t.equal(frame?.advance(), bytes, 'the same memory')
  t.deepEqual(bytes, encode(fieldsOf({ ...unknown, i: 3 })))
  t.deepEqual(frame?.advance(), encode(fieldsOf({ ...unknown, i: 3 })), 'asked again, it is the same place')
  t.equal(frame?.position, 2, 'it tells where it was')
  t.equal(readFrame(bytes, ID_LENGTH)?.position, 3)
  t.end()
})

test('a frame goes no further than its path', t => {
  const frame = readFrame(encodeFrame(frameOf({ position: 3 })), ID_LENGTH)
  t.throws(() => frame?.advance(), RangeError)
  for (const index of [-1, 4, Number.NaN]) t.throws(() => frame?.idAt(index), RangeError, `${index}`)
  t.end()
})

test('what is read of a frame are views of its bytes', t => {
  const bytes = encodeFrame(frameOf())
  const frame = readFrame(bytes, ID_LENGTH)
  t.equal(frame?.pathLength, 4)
  t.deepEqual(
    [0, 1, 2, 3].map(i => frame?.idAt(i).hex),
    pathOf(4).map(id => id.toString('hex'))
  )
  for (const view of [frame?.idAt(2).bytes, frame?.payload, frame?.transaction]) {
    t.equal(view?.buffer, bytes.buffer)
    t.equal(bytes.indexOf(view ?? ''), (view?.byteOffset ?? 0) - bytes.byteOffset)
  }
  t.end()
})

/** As it is said in bep.md, of what the decoder of all other messages finds. */
function isFrame(bytes: Uint8Array): boolean {
  const message = decode(bytes)
  if (typeof message !== 'object' || Array.isArray(message) || message instanceof Uint8Array) return false
  const { y, t, p, i, d, e } = message
  if (!(y instanceof Uint8Array && t instanceof Uint8Array && p instanceof Uint8Array)) return false
  if (typeof i !== 'number' || (d === undefined) === (e === undefined)) return false
  const ids = Array.from({ length: Math.ceil(p.length / ID_LENGTH) }, (_, n) =>
    Buffer.from(p.subarray(n * ID_LENGTH, (n + 1) * ID_LENGTH)).toString('hex')
  )
  const isMessage = d instanceof Uint8Array && d.length > 0 && d.length <= MAX_PAYLOAD_BYTES
  const isReport = typeof e === 'number' && e >= 400 && e <= 599
  const isPath = p.length % ID_LENGTH === 0 && new Set(ids).size === ids.length && ids.length <= MAX_HOPS + 1
  return (
    Buffer.from(y).toString() === 'f' &&
    (isMessage ? ids.length >= 3 : isReport && ids.length >= 2) &&
    isPath &&
    i >= 1 &&
    i < ids.length &&
    t.length >= 1 &&
    t.length <= 16
  )
}

test('mutated bytes are a frame if and only if the decoder of all messages finds one in them', t => {
  const good = [
    ...[frameOf(), frameOf(REPORT), frameOf({ path: pathOf(9), position: 8 })].map(encodeFrame),
    encode(fieldsOf({ a: [1], f: { g: 'h' }, x: 'more' })),
    encode(fieldsOf({ d: undefined, e: 404, z: 1 }))
  ]
  const parse = createMessageParser(ID_LENGTH)
  let frames = 0
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 4 }),
    fc
      .constantFrom('1:zi1e', '1:bi1e', '1:e', '1:i', 'i3e', '1:y1:f', '1:t1:x', '9')
      .map(text => Buffer.from(text))
  )
  const edit = fc.record({ at: fc.nat(), drop: fc.nat(8), put: piece })
  const property = fc.property(fc.nat(4), fc.array(edit, { minLength: 1, maxLength: 3 }), (which, edits) => {
    let bytes = good[which] as Buffer
    for (const { at, drop, put } of edits) {
      const start = at % (bytes.length + 1)
      bytes = Buffer.concat([bytes.subarray(0, start), put, bytes.subarray(start + drop)])
    }
    const frame = readFrame(bytes, ID_LENGTH)
    if ((frame !== undefined) !== isFrame(bytes)) throw new Error(`${frame ? 'a frame' : 'no frame'}`)
    if ((parse(bytes).kind === 'frame') !== (frame !== undefined))
      throw new Error('the parser says otherwise')
    if (!frame) return
    frames++
    if (!read(encodeFrame(frame.toFrame()))) throw new Error('what is written again is no frame')
  })
  fc.assert(property, { numRuns: 20_000, seed: 11 })
  t.ok(frames > 200, `${frames} of them were frames`)
  t.end()
})

test('frames are told from other messages by their first bytes', t => {
  for (const frame of [frameOf(), frameOf(REPORT), frameOf({ payload: Buffer.alloc(1) })])
    t.ok(looksLikeFrame(encodeFrame(frame)))
  const id = idOf(1)
  const others = [
    encode({ t: 'aa', y: 'q', q: 'ping', a: { id } }),
    encode({ t: 'aa', y: 'r', r: { id } }),
    encode({ t: 'aa', y: 'e', e: [404, 'no'] }),
    Buffer.from('{"http_server":{}}'),
    Buffer.from('d1:el'),
    Buffer.from('d1:'),
    Buffer.from('d2:dd'),
    Buffer.from('l1:d'),
    Buffer.alloc(0)
  ]
  for (const other of others) t.notOk(looksLikeFrame(other), other.subarray(0, 8).toString())
  t.end()
})
