/** Frames of the extension `route`: what is one, and that nothing else is taken for one. */

import fc from 'fast-check'
import test from 'tape'
import { Id } from '../../src/id.js'
import { encode } from '../../src/wire/bencode.js'
import {
  encodeFrame,
  type Frame,
  FrameView,
  looksLikeFrame,
  MAX_HOPS,
  MAX_PAYLOAD_BYTES
} from '../../src/wire/frame.js'
import { createMessageParser, toFrame } from '../helpers/parse.js'

const ID_LENGTH = 20
const PAYLOAD = encode({ t: 'aa', y: 'q', q: 'ping', a: { id: idOf(1) } })

function idOf(number: number, length = ID_LENGTH): Buffer {
  return Buffer.alloc(length, number)
}

function idsOf(count: number, length = ID_LENGTH): Buffer[] {
  return Array.from({ length: count }, (_, i) => idOf(i + 1, length))
}

function pathOf(count: number, length = ID_LENGTH): Id[] {
  return idsOf(count, length).map(Id.of)
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
  return { y: 'f', t: 'abcd', p: Buffer.concat(idsOf(4)), i: 2, d: PAYLOAD, ...changes }
}

function read(bytes: Buffer, length = ID_LENGTH): Frame | undefined {
  const view = FrameView.read(bytes, length)
  return view && toFrame(view)
}

/** Whether it is refused as a message that cannot be answered. */
function isRefused(fields: Record<string, unknown>, length = ID_LENGTH): boolean {
  const kept = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
  const bytes = encode(kept)
  const message = createMessageParser(length)(bytes)
  return (
    read(bytes, length) === undefined && message.kind === 'malformed' && message.transaction === undefined
  )
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
  'a path that ends within an id': { p: Buffer.concat(idsOf(4)).subarray(0, -1) },
  'a path with a byte too many': { p: Buffer.concat([...idsOf(4), Buffer.alloc(1)]) },
  'too many hops': { p: Buffer.concat(idsOf(MAX_HOPS + 2)) },
  'a node that is on the path twice': { p: Buffer.concat([...idsOf(3), idOf(1)]) },
  'a node that follows itself': { p: Buffer.concat([idOf(1), idOf(2), idOf(2), idOf(3)]) },
  'a message for a neighbour': { p: Buffer.concat(idsOf(2)), i: 1 },
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

test('what a frame does not know is left out when it is passed on', t => {
  const frame = read(encode(fieldsOf({ x: 'more', 'd ': 'x' })))
  t.deepEqual(frame, frameOf())
  t.deepEqual(frame && encodeFrame(frame), encodeFrame(frameOf()))
  t.end()
})

test('mutated frames are frames or malformed; they never throw, and what is a frame is one when it is written again', t => {
  const good = [frameOf(), frameOf(REPORT), frameOf({ path: pathOf(9), position: 8 })].map(encodeFrame)
  let frames = 0
  const cut = fc.record({ at: fc.nat(), drop: fc.nat(4), put: fc.uint8Array({ maxLength: 4 }) })
  const property = fc.property(fc.nat(2), fc.array(cut, { minLength: 1, maxLength: 3 }), (which, cuts) => {
    let bytes = good[which] as Buffer
    for (const { at, drop, put } of cuts) {
      const start = at % (bytes.length + 1)
      bytes = Buffer.concat([bytes.subarray(0, start), put, bytes.subarray(start + drop)])
    }
    const frame = read(bytes)
    if (!frame) return
    frames++
    const { path, position, payload, failure } = frame
    const ids = new Set(path.map(({ hex }) => hex))
    if (ids.size !== path.length || path.length > MAX_HOPS + 1) throw new Error('a loop, or too long')
    if (position < 1 || position >= path.length) throw new Error('not on its path')
    if ((payload === null) === (failure === null)) throw new Error('both or neither')
    const again = read(encodeFrame(frame))
    if (again === undefined) throw new Error('it cannot be passed on')
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
    Buffer.alloc(0)
  ]
  for (const other of others) t.notOk(looksLikeFrame(other), other.subarray(0, 8).toString())
  t.end()
})
