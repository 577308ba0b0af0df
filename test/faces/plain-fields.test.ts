/** What the users of the classes see of messages with signals: the fields as they are written. */

import test from 'tape'
import { toPlainFields } from '../../src/faces/plain-fields.js'
import { Id } from '../../src/id.js'
import type { KRPCMessage } from '../../src/upstream.js'
import { createNode, destroyAll, within } from '../helpers/nodes.js'
import { decodeRaw, RawClient, type RawMessage } from '../helpers/raw-client.js'
import { FAKE_SDP } from '../robustness/corpus.js'

test('ids of signals are bytes, and whatever else is a signal stays as it is', t => {
  const id = Id.of(Buffer.alloc(20, 1))
  const offer = { type: 'offer', sdp: FAKE_SDP, extensions: ['x'] }
  const written = { ...offer, id: id.bytes }
  t.deepEqual(toPlainFields({ x: 1, signal: { ...offer, id } }), { x: 1, signal: written })
  t.deepEqual(toPlainFields({ signals: [{ ...offer, id }, 0, { id }] }), {
    signals: [written, 0, { id: id.bytes }]
  })
  for (const own of [
    { signals: 5 },
    { signal: 'x' },
    { signals: [[1]], signal: { id: 5 } },
    { x: 1 },
    [1],
    5
  ])
    t.deepEqual(toPlainFields(own), own)
  t.equal(toPlainFields(undefined), undefined)
  t.end()
})

test('a query with offers is handed up with their ids as bytes, and as it can be read again', async t => {
  const node = await createNode()
  const client = await RawClient.connect(node, { extensions: [] })
  t.teardown(() => Promise.all([client.close(), destroyAll(node)]))
  const heard: KRPCMessage[] = []
  node._rpc.on('query', message => heard.push(message))
  const read: RawMessage[] = []
  node.socket.on('message', bytes => read.push(decodeRaw(bytes)))
  const offer = { id: client.id, type: 'offer', sdp: FAKE_SDP, extensions: [] }
  await within('reply', client.query('find_node', { target: client.id, signals: [offer] }))
  const [signal] = (heard[0]?.a?.signals ?? []) as Record<string, unknown>[]
  t.deepEqual(signal?.id, client.id)
  const [again] = (read[0]?.a?.signals ?? []) as Record<string, unknown>[]
  t.deepEqual(again?.id, client.id)
  t.equal(String(again?.sdp), FAKE_SDP)
})
