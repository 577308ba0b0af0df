/** What a terminal and a page show of strangers: nothing in it takes over the terminal, or turns the direction of writing. */

import { ok } from 'node:assert'
import { EventEmitter } from 'node:events'
import fc from 'fast-check'
import test from 'tape'
import { Display } from '../../demo/display.js'
import { ConnectedNodes, showCall, showHappenings } from '../../demo/happenings.js'
import { EventLog } from '../../demo/page/model/event-log.js'
import { logEvents } from '../../demo/page/model/node-events.js'
import { resultOf } from '../../demo/page/model/result.js'
import { readable, readableValue, visible } from '../../demo/page/text.js'
import { messageOf, quote, quoteValue } from '../../src/cli/text.js'
import type { Value, WebTorrentDHT } from '../../src/index.js'

const NASTY = [
  '\u001b[2J',
  '\u001b]0;title\u0007',
  '\u009b31m',
  '\r',
  '\n',
  '\b',
  '\u202e',
  '\u2066',
  '\u200b',
  '\u2028',
  '\0'
]
const words = fc
  .array(fc.oneof(fc.constantFrom(...NASTY), fc.string(), fc.string({ unit: 'binary' })), { maxLength: 8 })
  .map(parts => parts.join(''))
const bytes = fc.oneof(
  words.map(text => Buffer.from(text)),
  fc.uint8Array().map(array => Buffer.from(array))
)
const { value: values } = fc.letrec<{ value: Value<Buffer> }>(tie => ({
  value: fc.oneof(
    { maxDepth: 3 },
    bytes,
    fc.integer(),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(words, tie('value'), { maxKeys: 3 })
  )
}))

const ESCAPE = '\u001b'
const COLOUR = new RegExp(`${ESCAPE}\\[\\d{1,3}m`, 'g')
const ACTIVE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u
const isInert = (text: string) => !ACTIVE.test(text)
/** A page shows lines. */
const isInertInPage = (text: string) => isInert(text.replaceAll('\n', ''))

/** What a display writes. */
function printed(write: (display: Display) => void): string {
  const { stdout } = process
  const { write: real } = stdout
  let text = ''
  stdout.write = chunk => {
    text += chunk
    return true
  }
  try {
    write(new Display())
  } finally {
    stdout.write = real
  }
  return text
}

/** Lines in which nothing is active but their ends. */
function areLines(text: string, count: number): boolean {
  const lines = text.split('\n')
  return lines.length === count + 1 && lines.every(isInert)
}

function fakeNode() {
  const socket = new EventEmitter()
  const node = Object.assign(new EventEmitter(), { socket, handle: () => () => {}, destroyed: false })
  return node as unknown as WebTorrentDHT & EventEmitter
}

test('values and texts of strangers are inert, in the terminal and in the page', t => {
  fc.assert(
    fc.property(values, bytes, words, (value, some, text) => {
      ok(isInert(quoteValue(value)) && isInert(quote(some)) && isInert(messageOf(new Error(text))))
      ok(isInertInPage(readableValue(value)) && isInertInPage(readable(some)) && isInertInPage(visible(text)))
    }),
    { numRuns: 500 }
  )
  t.pass('500 values')
  t.end()
})

test('what happens at a node is one line in the terminal, whatever strangers say', t => {
  fc.assert(
    fc.property(words, bytes, (text, some) => {
      const node = fakeNode()
      const shown = printed(display => {
        showHappenings(node, display, new ConnectedNodes(node))
        node.emit('warning', new Error(text))
        showCall(display, 'a'.repeat(40), some)
      })
      ok(areLines(shown, 2), JSON.stringify(shown))
    })
  )
  t.pass('100 warnings and calls')
  t.end()
})

test('the terminal prints nothing active but colours and ends of lines, whatever it is given', t => {
  fc.assert(
    fc.property(words, text => {
      const shown = printed(display => display.print(text)).replace(COLOUR, '')
      ok(isInertInPage(shown), JSON.stringify(shown))
    })
  )
  t.pass('100 texts')
  t.end()
})

test('what happens at a node, and what has failed, is inert in the page', async t => {
  await fc.assert(
    fc.asyncProperty(words, async text => {
      const node = fakeNode()
      const log = new EventLog()
      logEvents(node, log)
      node.emit('warning', new Error(text))
      ok(log.entries.value.length === 1 && log.entries.value.every(entry => isInertInPage(entry.text)))
      const result = await resultOf(() => Promise.reject(new Error(text)))
      ok(isInertInPage(result.text))
    })
  )
  t.pass('100 warnings and errors')
})
