/** What simple-peer gets in place of a stream in browsers. */

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
