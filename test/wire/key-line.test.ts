/** The line of a description that proves an id. */

import { deepStrictEqual, strictEqual } from 'node:assert'
import fc from 'fast-check'
import test from 'tape'
import { fingerprintOf, readKeyLine, writeKeyLine } from '../../src/wire/key-line.js'

const bytes = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map(array => Buffer.from(array))
const keyLine = fc.record({ publicKey: bytes(32), signature: bytes(64) }, { noNullPrototype: true })
const eol = fc.constantFrom('\r\n', '\n')
const word = fc.stringMatching(/^[a-z0-9-]{1,12}$/).filter(text => !/fingerprint|x-wdht/.test(text))
const hexOf = (given: Buffer) => [...given].map(byte => byte.toString(16).padStart(2, '0')).join(':')

/** A description: some lines, media or none, the fingerprint before or after `m=`, ends of lines of either kind. */
const description = fc
  .record({
    lines: fc.array(word, { maxLength: 5 }),
    media: fc.array(word, { maxLength: 2 }),
    fingerprint: bytes(32),
    isUpperCase: fc.boolean(),
    isInMedia: fc.boolean(),
    hasEnd: fc.boolean(),
    eol
  })
  .map(({ lines, media, fingerprint, isUpperCase, isInMedia, hasEnd, eol }) => {
    const hex = hexOf(fingerprint)
    const line = `a=fingerprint:sha-256 ${isUpperCase ? hex.toUpperCase() : hex}`
    const own = lines.map(name => `a=${name}:m=x`)
    const parts = media.flatMap(name => [`m=${name} 9`, 'a=sendrecv', ...(isInMedia ? [line] : [])])
    const isMissing = !isInMedia || media.length === 0
    const text = ['v=0', 's=-', ...own, ...(isMissing ? [line] : []), ...parts].join(eol)
    return { fingerprint, sdp: hasEnd ? text + eol : text }
  })

test('a line that was written is read, before the first `m=`, and leaves the rest as it is', t => {
  fc.assert(
    fc.property(description, keyLine, ({ sdp, fingerprint }, line) => {
      const proven = writeKeyLine(sdp, line)
      deepStrictEqual(readKeyLine(proven), line)
      deepStrictEqual(fingerprintOf(proven), fingerprint)
      const added = /a=x-wdht-key:.{128}\r\n/.exec(proven)?.[0] ?? ''
      strictEqual(added.length, 143)
      strictEqual(proven.replace(added, '').trimEnd(), sdp.trimEnd())
      const end = sdp.search(/^m=/m)
      if (end >= 0) strictEqual(proven.search(/^a=x-wdht-key/m), end)
    })
  )
  t.pass('100 descriptions')
  t.end()
})

test('lines that were there before, in session or media, give way to the own one', t => {
  fc.assert(
    fc.property(description, keyLine, keyLine, ({ sdp }, other, line) => {
      const copied = `${writeKeyLine(sdp, other)}\r\n${writeKeyLine(sdp, other)}\r\na=x-wdht-key:copied`
      deepStrictEqual(readKeyLine(writeKeyLine(copied, line)), line)
    })
  )
  t.pass('100 descriptions')
  t.end()
})

test('two lines, one that is not whole, one behind `m=` and one of another spelling are none', t => {
  const line = { publicKey: Buffer.alloc(32, 1), signature: Buffer.alloc(64, 2) }
  const sdp = 'v=0\r\ns=-\r\nm=application 9\r\n'
  const proven = writeKeyLine(sdp, line)
  const text = /a=x-wdht-key:.*\r\n/.exec(proven)?.[0] ?? ''
  const wrong = {
    'no line': sdp,
    'two lines': proven.replace(text, text + text),
    'a second one of another case': proven + text.toUpperCase(),
    'a second one that is no attribute': proven.replace('s=-', 's=x-wdht-key'),
    'behind m=': sdp + text,
    short: proven.replace(text, `${text.slice(0, -3)}\r\n`),
    long: proven.replace(text, `${text.slice(0, -2)}AAAA\r\n`),
    'other signs': proven.replace(text, text.replace(/AQEB/, 'AQ-B')),
    'behind a space': proven.replace('a=x-wdht', ' a=x-wdht')
  }
  t.ok(readKeyLine(proven))
  for (const [what, description] of Object.entries(wrong)) t.equal(readKeyLine(description), undefined, what)
  t.end()
})

test('only one SHA-256 fingerprint counts, as often as it is there', t => {
  const [one, two] = [1, 2].map(byte => `a=fingerprint:sha-256 ${hexOf(Buffer.alloc(32, byte))}`)
  const of = (...lines: (string | undefined)[]) => fingerprintOf(['v=0', ...lines, ''].join('\r\n'))
  t.deepEqual(of(one), Buffer.alloc(32, 1))
  t.deepEqual(of(one, 'm=a', one), Buffer.alloc(32, 1))
  t.deepEqual(of(), Buffer.alloc(32), 'none: zeros')
  const hex = hexOf(Buffer.alloc(48, 1))
  const others = [
    `a=fingerprint:sha-384 ${hex}`,
    `a=fingerprint:sha-256 ${hex}`,
    `${two} `,
    ` ${two}`,
    `a= ${two?.slice(2)}`,
    two?.replace('sha-256 ', 'sha-256  '),
    two?.replace('fingerprint', 'FingerPrint '),
    `s=-\u2028${two}`
  ]
  for (const other of [two, ...others]) t.equal(of(one, other), undefined, JSON.stringify(other))
  for (const other of others.slice(0, -1)) t.equal(of(other), undefined)
  t.end()
})
