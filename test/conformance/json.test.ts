/** The JSON of conformance/vectors.json: what HTTP carries, and the first message on a connection. */

import test from 'tape'
import { parseLate } from '../../src/wire/late-candidates.js'
import { isServerInfo, parseServerInfo } from '../../src/wire/server-info.js'
import { type HttpReply, parseHttpSignal } from '../../src/wire/signal.js'
import { vectors } from './vectors.js'

test('vectors: requests are read, or get status 400', t => {
  for (const { name, body, parsed } of vectors.requests) {
    t.deepEqual(toVector(parseHttpSignal(body, 'offer', 20)), parsed, name)
  }
  t.end()
})

test('vectors: responses are read, or nothing comes of them', t => {
  for (const { name, body, parsed } of vectors.responses) {
    t.deepEqual(toVector(parseHttpSignal(body, 'answer', 20)), parsed, name)
  }
  t.end()
})

test('vectors: candidates that follow are read, or ignored', t => {
  for (const { name, body, parsed } of vectors.laterCandidates) {
    t.deepEqual(parseLate(body) ?? null, parsed, name)
  }
  t.end()
})

test('vectors: server info is read, or ignored', t => {
  for (const { name, body, parsed } of vectors.serverInfo) {
    const bytes = Buffer.from(body)
    t.ok(isServerInfo(bytes), `${name}: it looks like it`)
    t.deepEqual(parseServerInfo(bytes) ?? null, parsed, name)
  }
  t.end()
})

function toVector(read: HttpReply | undefined): unknown {
  if (!read) return null
  const id = read.id?.hex ?? null
  if (read.sdp === undefined) return { kind: 'id alone', id }
  return { kind: read.type, id, sdp: read.sdp, extensions: read.extensions }
}
