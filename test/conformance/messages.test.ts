/** The messages of conformance/vectors.json are read, refused and dropped as they say. */

import test, { type Test } from 'tape'
import type { End } from '../../src/krpc/ledger.js'
import { decode, encode } from '../../src/wire/bencode.js'
import { text as bep } from '../docs/bep-text.js'
import { bytesOf as bytesOfLetter } from '../helpers/fake-neighbours.js'
import { createMessageParser, type Inbound } from '../helpers/parse.js'
import type { RouteNode } from '../helpers/route-node.js'
import { createNode } from './node.js'
import { bytesOf, type Parsed, readText, toHex, type Verdict, vectors } from './vectors.js'

const parse = createMessageParser(20)
const METHODS = [
  'announce_peer candidates dial find_node get get_peers get_topic neighbours peer_connection ping put',
  'put_topic release tell_peers watch_peers'
].join(' ')

test('the vectors are what their sources say', async t => {
  const sources = new URL('../../../conformance/source/index.mjs', import.meta.url)
  const { files }: { files: Record<string, string> } = await import(sources.href)
  for (const [name, text] of Object.entries(files)) {
    t.ok(readText(name) === text, `${name}: else run conformance/write-vectors.mjs`)
  }
})

test('there is a query and a reply of each method, and no name twice', t => {
  for (const kind of ['query', 'reply']) {
    const named = vectors.messages.flatMap(({ parsed }) =>
      parsed.kind === kind && 'method' in parsed ? parsed.method : []
    )
    t.equal([...new Set(named)].sort().join(' '), METHODS, kind)
  }
  for (const list of [vectors.messages, vectors.refusedMessages, vectors.refusedReplies]) {
    t.equal(new Set(list.map(({ name }) => name)).size, list.length)
  }
  t.end()
})

test('the requirements that vectors name are in bep.md', t => {
  const numbers = new Set(vectors.refusedMessages.map(({ must }) => must))
  for (const must of numbers) t.ok(bep.includes(`**${must}** `), must)
  t.end()
})

for (const vector of vectors.messages) {
  test(`vector: ${vector.name}`, t => {
    const bytes = bytesOf(vector)
    const { parsed } = vector
    t.deepEqual(
      parsedOf(parse(bytes, 'method' in parsed ? parsed.method : undefined), parsed),
      expectedOf(parsed)
    )
    t.deepEqual(encode(decode(bytes)), bytes, 'it is written alike')
    t.end()
  })
}

/** What was read, in the form of the vectors. @param like a reply does not say of which method it is */
function parsedOf(message: Inbound, like: Parsed): unknown {
  if (message.kind === 'malformed') return message
  if (message.kind === 'frame') {
    const { transaction, path, position, payload, failure } = message.frame
    return {
      kind: 'frame',
      t: toHex(transaction),
      path: toHex(path),
      position,
      message: toHex(payload),
      failure
    }
  }
  const t = toHex(message.transaction)
  if (message.kind === 'error') return { kind: 'error', t, code: message.code, text: message.text }
  if (message.kind === 'query')
    return { kind: 'query', t, method: message.method, fields: toHex(message.args) }
  return { kind: 'reply', t, method: 'method' in like && like.method, fields: toHex(message.values) }
}

function expectedOf(parsed: Parsed): unknown {
  const t = toHex(parsed.t)
  if (parsed.kind === 'error') return { ...parsed, t }
  if (parsed.kind !== 'frame') return { ...parsed, t, fields: toHex(parsed.fields) }
  const { path, message = null, failure = null } = parsed
  return { ...parsed, t, path: toHex(path), message, failure }
}

for (const vector of vectors.refusedMessages) {
  test(`vector, not well formed: ${vector.name}`, t => {
    const { neighbours, receive } = createA(t)
    const reasons = receive('B', bytesOf(vector))
    t.deepEqual(
      verdictsOf(neighbours.takeMessages('B')),
      vector.verdict === 'dropped' ? [] : [vector.verdict]
    )
    t.ok(reasons.length === 1 || (isUnknownMethod(vector.verdict) && reasons.length === 0), reasons.join())
    t.end()
  })
}

/** An unknown method is no fault: the message is well formed, and nothing is counted. */
function isUnknownMethod(verdict: Verdict): boolean {
  return verdict !== 'dropped' && verdict.error === 204
}

for (const vector of vectors.refusedReplies) {
  test(`vector, no reply: ${vector.name}`, t => {
    const node = createA(t)
    const ends: End[] = []
    const onEnd = (end: End) => ends.push(end)
    const transaction = Buffer.from('aa')
    const query = node.ledger.open({ method: vector.method, timeout: 1000, transaction, onEnd })
    query.send(node.neighbours.get('B'), {})
    node.neighbours.takeMessages('B')
    t.equal(node.receive('B', bytesOf(vector)).length, 1, 'it is counted')
    t.deepEqual(
      [node.neighbours.takeMessages('B'), ends],
      [[], []],
      'it is not answered, and the query waits'
    )
    node.receive('B', encode({ t: transaction, y: 'r', r: { id: bytesOfLetter('B') } }))
    t.equal(ends[0]?.kind, 'replied', 'for a good reply')
    t.end()
  })
}

/** What a neighbour got back. */
function verdictsOf(sent: Inbound[]): unknown[] {
  return sent.map(message =>
    message.kind === 'error' ? { error: message.code, t: message.transaction.toString() } : message
  )
}

function createA(t: Test): RouteNode {
  const both = ['introduce', 'route']
  const node = createNode(t, { B: both, C: both })
  node.receive('B', encode({ t: 'aa', y: 'q', q: 'ping', a: { id: bytesOfLetter('B') } }))
  node.neighbours.takeMessages('B')
  return node
}
