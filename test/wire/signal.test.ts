import { deepStrictEqual } from 'node:assert'
import fc from 'fast-check'
import test from 'tape'
import { Id } from '../../src/id.js'
import { type Bencoded, decode, encode } from '../../src/wire/bencode.js'
import {
  encodeHttpSignal,
  encodeSignal,
  MAX_SDP_BYTES,
  parseHttpSignal,
  parseSignal,
  parseSignalReply,
  type Signal
} from '../../src/wire/signal.js'
import { BAD_BODIES, FAKE_SDP } from '../robustness/corpus.js'

const id = (length: number) => fc.uint8Array({ minLength: length, maxLength: length }).map(Id.of)

function signals(idLength: number, type: 'offer' | 'answer'): fc.Arbitrary<Signal> {
  const sdp = fc.string({ maxLength: 300 }).map(text => FAKE_SDP + text)
  const extensions = fc.array(fc.string({ maxLength: 64 }), { maxLength: 16 })
  return fc
    .tuple(id(idLength), sdp, extensions)
    .map(([id, sdp, extensions]) => ({ id, type, sdp, extensions }))
}

const recoded = (value: unknown): Bencoded => decode(encode(value)) ?? []

for (const idLength of [20, 32]) {
  test(`signals with ids of ${idLength} bytes arrive as they were sent, in KRPC and over HTTP`, t => {
    fc.assert(
      fc.property(signals(idLength, 'offer'), signals(idLength, 'answer'), (offer, answer) => {
        deepStrictEqual(parseSignal(recoded(encodeSignal(offer)), 'offer', idLength), offer)
        deepStrictEqual(parseSignalReply(recoded(encodeSignal(answer)), idLength), answer)
        deepStrictEqual(parseSignalReply(recoded(encodeSignal({ id: answer.id })), idLength), {
          id: answer.id
        })
        deepStrictEqual(parseHttpSignal(encodeHttpSignal(offer), 'offer', idLength), offer)
        deepStrictEqual(parseHttpSignal(encodeHttpSignal(answer), 'answer', idLength), answer)
        deepStrictEqual(parseHttpSignal(encodeHttpSignal({ id: answer.id }), 'answer', idLength), {
          id: answer.id
        })
      })
    )
    t.pass('100 pairs')
    t.end()
  })

  test(`an id that has not ${idLength} bytes makes no signal`, t => {
    for (const length of [0, 1, idLength - 1, idLength + 1, 2 * idLength]) {
      const id = Id.of(Buffer.alloc(length, 1))
      const signal: Signal = { id, type: 'offer', sdp: FAKE_SDP, extensions: [] }
      t.equal(parseSignal(recoded(encodeSignal(signal)), 'offer', idLength), undefined, `KRPC: ${length}`)
      t.equal(parseHttpSignal(encodeHttpSignal(signal), 'offer', idLength), undefined, `HTTP: ${length}`)
      t.equal(parseSignalReply(recoded({ id: id.bytes }), idLength), undefined, `alone: ${length}`)
    }
    t.end()
  })
}

test('an offer is no answer, and an answer no offer', t => {
  const [offer] = fc.sample(signals(20, 'offer'), 1)
  const [answer] = fc.sample(signals(20, 'answer'), 1)
  if (!offer || !answer) return t.fail('no samples')
  t.equal(parseSignal(recoded(encodeSignal(offer)), 'answer', 20), undefined)
  t.equal(parseSignal(recoded(encodeSignal(answer)), 'offer', 20), undefined)
  t.equal(parseSignalReply(recoded(encodeSignal(offer)), 20), undefined)
  t.equal(parseHttpSignal(encodeHttpSignal(offer), 'answer', 20), undefined)
  t.equal(parseHttpSignal(encodeHttpSignal(answer), 'offer', 20), undefined)
  t.end()
})

test('over HTTP the id may be missing or null, as the predecessor leaves it out', t => {
  const description = { type: 'offer', sdp: FAKE_SDP }
  t.deepEqual(parseHttpSignal(JSON.stringify(description), 'offer', 20), {
    ...description,
    id: null,
    extensions: []
  })
  t.deepEqual(parseHttpSignal(JSON.stringify({ ...description, id: null }), 'offer', 20)?.id, null)
  t.equal(parseHttpSignal('{}', 'answer', 20), undefined, 'but an answer without sdp must have one')
  t.end()
})

test('each of the bad bodies is refused', t => {
  for (const { name, body } of BAD_BODIES)
    t.equal(parseHttpSignal(body.toString(), 'offer', 20), undefined, name)
  t.end()
})

test('no body makes it throw', t => {
  const almost = fc
    .record({ type: fc.jsonValue(), sdp: fc.jsonValue(), id: fc.jsonValue(), extensions: fc.jsonValue() })
    .map(value => JSON.stringify(value))
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json(), almost), body => {
      for (const type of ['offer', 'answer'] as const) {
        const signal = parseHttpSignal(body, type as 'answer', 20)
        if (signal?.sdp !== undefined && signal.type !== type) throw new Error('another type')
      }
    }),
    { numRuns: 5000 }
  )
  t.pass('5,000 bodies')
  t.end()
})

test('sizes and counts have limits', t => {
  const base = { id: Buffer.alloc(20), type: 'offer', sdp: FAKE_SDP, extensions: [] as string[] }
  const isAccepted = (fields: object) =>
    parseSignal(recoded({ ...base, ...fields }), 'offer', 20) !== undefined
  const candidate = 'a=candidate:1 1 UDP 1 10.0.0.1 1 typ host\r\n'
  t.ok(isAccepted({ sdp: FAKE_SDP.padEnd(MAX_SDP_BYTES, 'x') }), 'the longest sdp')
  t.notOk(isAccepted({ sdp: FAKE_SDP.padEnd(MAX_SDP_BYTES + 1, 'x') }), 'a byte more')
  t.ok(isAccepted({ sdp: FAKE_SDP + candidate.repeat(32) }), '32 candidates')
  t.notOk(isAccepted({ sdp: FAKE_SDP + candidate.repeat(33) }), '33 candidates')
  t.ok(
    isAccepted({ extensions: Array.from({ length: 16 }, () => 'x'.repeat(64)) }),
    '16 extensions of 64 bytes'
  )
  t.notOk(isAccepted({ extensions: Array.from({ length: 17 }, () => 'x') }), '17 extensions')
  t.notOk(isAccepted({ extensions: ['x'.repeat(65)] }), 'an extension of 65 bytes')
  t.end()
})

test('text that is no UTF-8 is refused: passed on, it would be three times as long', t => {
  const sdp = Buffer.concat([Buffer.from(FAKE_SDP), Buffer.alloc(100, 0xff)])
  const signal = { id: Buffer.alloc(20), type: 'offer', sdp, extensions: [] }
  t.equal(parseSignal(recoded(signal), 'offer', 20), undefined)
  t.ok(parseSignal(recoded({ ...signal, sdp: `${FAKE_SDP}\u00fc` }), 'offer', 20), 'UTF-8 is not')
  t.end()
})
