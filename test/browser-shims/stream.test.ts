/** What simple-peer gets in place of a stream in browsers. */

import { PassThrough } from 'node:stream'
import test from 'tape'
import { Duplex } from '../../src/browser/stream.js'

const settle = () => new Promise(resolve => setImmediate(resolve))

test('messages come as bytes, also those that were text', t => {
  const stream = new Duplex()
  const heard: unknown[] = []
  stream.on('data', bytes => heard.push(bytes))
  stream.push('grüße')
  stream.push(new Uint8Array([1, 2]))
  t.deepEqual(heard, [Buffer.from('grüße'), new Uint8Array([1, 2])])
  t.end()
})

test('what comes before anybody listens waits, in its order', async t => {
  const stream = new Duplex()
  stream.push('one')
  stream.push('two')
  stream.push('three')
  const heard: string[] = []
  stream.once('data', bytes => heard.push(String(bytes)))
  await settle()
  t.deepEqual(heard, ['one'], 'who listens once hears one')
  stream.on('data', bytes => heard.push(String(bytes)))
  stream.push('four')
  await settle()
  t.deepEqual(heard, ['one', 'two', 'three', 'four'])
})

test('what nobody listens to does not grow without end', t => {
  const stream = new Duplex()
  const failures: Error[] = []
  stream.destroy = error => failures.push(error)
  for (let i = 0; i < 16; i++) stream.push(new Uint8Array(2 ** 16))
  t.equal(failures.length, 0, 'a mebibyte waits')
  stream.push('x')
  t.equal(failures.length, 1, 'and no more')
  t.end()
})

/** A stream that sends a chunk when `release` is called. */
function createSlow(): { stream: Duplex; sent: unknown[]; release: () => void } {
  const stream = new Duplex()
  const sent: unknown[] = []
  const callbacks: (() => void)[] = []
  stream._write = (chunk, _, callback) => {
    sent.push(chunk)
    callbacks.push(callback)
  }
  return { stream, sent, release: () => callbacks.shift()?.() }
}

test('what is written goes out in its order, each when there is room, and then the end', t => {
  const { stream, sent, release } = createSlow()
  const events: string[] = []
  for (const event of ['drain', 'finish']) stream.on(event, () => events.push(event))
  t.notOk(stream.write('one'), 'there is no more room now')
  stream.write('two')
  stream.end()
  t.deepEqual(sent, ['one'])
  release()
  t.deepEqual([sent, events], [['one', 'two'], []])
  release()
  t.deepEqual(events, ['drain', 'finish'])
  t.end()
})

test('where there is room, more may be written at once', t => {
  const stream = new Duplex()
  let sent = 0
  stream._write = (_chunk, _encoding, callback) => {
    sent++
    callback()
  }
  t.ok(stream.write('one'))
  t.ok(stream.write('two'))
  t.equal(sent, 2)
  t.end()
})

test('a stream can be piped to another one', async t => {
  const stream = new Duplex()
  const destination = new PassThrough()
  stream.pipe(destination)
  stream.push('one')
  stream.push('two')
  stream.push(null)
  const chunks = []
  for await (const chunk of destination) chunks.push(String(chunk))
  t.equal(chunks.join(''), 'onetwo')
})
