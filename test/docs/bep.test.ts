/** The messages in bep.md and its companions are real: each is what its caption says, byte for byte what this package would write. */

import { createHash } from 'node:crypto'
import test from 'tape'
import type { Connector } from '../../src/connections/connector.js'
import { Counters } from '../../src/counters.js'
import { Id } from '../../src/id.js'
import type { KRPCError } from '../../src/krpc/errors.js'
import type { Ledger } from '../../src/krpc/ledger.js'
import { resolveOptions } from '../../src/options.js'
import { nodePlatform } from '../../src/platform-node.js'
import { Proofs } from '../../src/proofs.js'
import { ApplicationSignals } from '../../src/reaching/application-signals.js'
import { decode, dictionary, encode } from '../../src/wire/bencode.js'
import { decodeNodes, decodePeer } from '../../src/wire/compact.js'
import type { Frame } from '../../src/wire/frame.js'
import { parseLate } from '../../src/wire/late-candidates.js'
import { parseServerInfo } from '../../src/wire/server-info.js'
import { parseHttpSignal, type Signal, type SignalReply } from '../../src/wire/signal.js'
import { parseTurnGrant } from '../../src/wire/turn-grant.js'
import { signedBytes } from '../../src/wire/value-limits.js'
import { failureOf } from '../helpers/calls.js'
import { LINK } from '../helpers/fake-peer.js'
import { createMessageParser, createMethods, type Inbound } from '../helpers/parse.js'
import { DESCRIPTIONS, type Example, examples, jsonOf, namesIn, text } from './bep-text.js'

const ID_LENGTH = 20
const parse = createMessageParser(ID_LENGTH)

test('every example of bep.md has a caption', t => {
  t.equal(examples.length, text.match(/^```bencode$/gm)?.length)
  t.ok(examples.length >= 9, `${examples.length} examples`)
  t.end()
})

for (const { kind, what, caption, bytes } of examples) {
  test(`bep.md: ${caption}`, t => {
    const message = parse(bytes)
    t.equal(message.kind, kind.toLowerCase())
    if (message.kind === 'query') t.equal(message.method, what, 'the method')
    if (message.kind === 'error') t.equal(message.code, Number(what), 'the code')
    t.deepEqual(encode(decode(bytes)), bytes, 'this package writes the same bytes')
    t.end()
  })
}

test('bep.md: each method has a query and a reply, whose fields are those of the method', t => {
  for (const { name } of createMethods(ID_LENGTH).values()) {
    t.ok(
      examples.some(({ kind, what }) => kind === 'Query' && what === name),
      `a query ${name}`
    )
    const replies = examples.filter(
      ({ kind, caption }) =>
        kind === 'Reply' && namesIn(caption.split(/[,:]? (?:from|by|with)\b|[:]/, 1)[0]).includes(name)
    )
    t.ok(replies.length > 0, `a reply to ${name}`)
    for (const { bytes, caption } of replies) {
      const message = parse(bytes, name)
      const written = dictionary(dictionary(decode(bytes))?.r) ?? {}
      t.deepEqual(
        message.kind === 'reply' && Object.keys(message.values).sort(),
        Object.keys(written),
        caption
      )
    }
  }
  t.end()
})

test('bep.md: the JSON is read as what it is', t => {
  const lines = text.match(/^\{"id".*\}$/gm) ?? []
  const [offer = '', answer = ''] = lines.map(jsonOf)
  t.equal(lines.length, 2)
  t.equal(parseHttpSignal(offer, 'offer', ID_LENGTH)?.sdp, DESCRIPTIONS.offer)
  t.equal(parseHttpSignal(answer, 'answer', ID_LENGTH)?.sdp, DESCRIPTIONS.answer)
  const [info = ''] = /\{"http_server".*?\}\}/.exec(text) ?? []
  t.deepEqual(parseServerInfo(Buffer.from(info)), { host: '192.0.2.1', port: 16881 })
  const [late = ''] = /\{"type":"candidates".*?\}/.exec(text) ?? []
  t.equal(parseLate(late)?.candidates.length, 1)
  const [, grant = ''] = /^```json\n("turn": .*?)\n```$/ms.exec(text) ?? []
  t.equal(parseTurnGrant(`{${grant}}`)?.ttl, 3600)
  t.end()
})

test('bep.md: the signed value is signed, and its target is its key', async t => {
  const query = parse(find('Query `put`').bytes)
  const asked = parse(find('Query `get`, from A to B, which').bytes)
  if (query.kind !== 'query' || asked.kind !== 'query') return t.fail('not these')
  const { k, sig, seq, salt, v } = query.args as {
    k: Buffer
    sig: Buffer
    seq: number
    salt: Buffer
    v: Buffer
  }
  t.ok(await nodePlatform.verify(sig, signedBytes({ salt, seq, v }), k))
  t.deepEqual(asked.args.target, createHash('sha1').update(k).update(salt).digest())
})

test('bep.md: the error is the one that its query gets', t => {
  const query = encode({ t: Buffer.from([0, 4]), y: 'q', q: 'find_node', a: { id: Buffer.alloc(ID_LENGTH) } })
  const refused = parse(query)
  const error = parse(find('Error 203').bytes)
  t.equal(refused.kind === 'malformed' && refused.reason, error.kind === 'error' && error.text)
  t.end()
})

test('bep.md: signals belong to nodes', t => {
  const { nodes, signals } = valuesOf(parse(find('Reply to a `find_node` query with').bytes))
  const ids = decodeNodes(nodes as Buffer, ID_LENGTH).map(({ id }) => id.hex)
  t.deepEqual(ids.map(letterOf), ['C', 'D', 'E'])
  const found = (signals as (SignalReply | 0)[]).map(
    signal => signal && [signal.id.hex, signal.sdp !== undefined]
  )
  t.deepEqual(found, [[ids[0], true], 0, [ids[2], false]], 'an answer, none, an id alone')
  t.end()
})

test('bep.md: a query goes along a path in a frame, and its reply back', t => {
  const frames = readFrames().slice(0, 3)
  const described = frames.map(({ path, position, payload, failure }) => {
    const letters = path.map(({ hex }) => letterOf(hex)).join('')
    return [letters, position, payload ? parse(payload).kind : failure]
  })
  t.deepEqual(described, [
    ['ABC', 1, 'query'],
    ['CBA', 2, 'reply'],
    ['BA', 1, 404]
  ])
  t.equal(new Set(frames.map(({ transaction }) => transaction.toString('hex'))).size, 1)
  const [query, reply] = frames.map(({ payload }) => (payload ? parse(payload) : null))
  if (query?.kind !== 'query' || reply?.kind !== 'reply') return t.fail('neither query nor reply')
  t.deepEqual(query.transaction, reply.transaction)
  t.deepEqual([query.id.toString()[0], reply.id.toString()[0]], ['A', 'C'])
  t.end()
})

test('bep.md: a recursive query is passed on as it came, and the reply says to whom', t => {
  const query = find('Query `get_peers` from A to B').bytes
  const { transaction, path, position, payload } = readFrames()[3] as Frame
  t.deepEqual(payload, query)
  const asked = parse(query)
  t.deepEqual(asked.kind === 'query' && [asked.transaction, asked.args.recursive], [transaction, 1])
  const { next, nodes } = valuesOf(parse(find('Reply to the `get_peers` query').bytes))
  t.deepEqual(next, path[position]?.bytes)
  t.deepEqual(decodeNodes(nodes as Buffer, ID_LENGTH)[0]?.id.bytes, next)
  t.end()
})

test('bep.md: `routes` has a bit for each node', t => {
  const { nodes, routes } = valuesOf(parse(find('Reply to a `find_node` query: frames').bytes))
  const letters = decodeNodes(nodes as Buffer, ID_LENGTH).map(({ id }) => letterOf(id.hex))
  const bits = (routes as Buffer)[0] as number
  t.deepEqual(
    letters.filter((_, i) => bits & (0x80 >> i)),
    ['C', 'E']
  )
  t.end()
})

test('bep.md: `paths` has the relays to each announcer', t => {
  const { values, paths } = valuesOf(parse(find('Reply to a `get_peers` query').bytes))
  const announcers = (values as Buffer[]).map(value => letterOf(decodePeer(value, ID_LENGTH)?.id?.hex ?? ''))
  const relays = (paths as (Buffer | 0)[]).map(path =>
    path === 0 ? 0 : path.toString().replace(/(.)\1{19}/g, '$1')
  )
  t.deepEqual(
    announcers.map((letter, i) => [letter, relays[i]]),
    [
      ['E', 'CD'],
      ['C', ''],
      ['F', 0]
    ]
  )
  t.end()
})

test('bep.md: a dial is answered by the node that was dialled, or refused as this package refuses it', async t => {
  const query = parse(find('Query `dial`').bytes)
  const reply = parse(find('Reply to the `dial`').bytes)
  const error = parse(find('Error 501').bytes)
  if (query.kind !== 'query' || reply.kind !== 'reply' || error.kind !== 'error') return t.fail('not these')
  const [offer, answer] = [query.args.signal as Signal, reply.values.signal as Signal]
  t.deepEqual(
    [query.id, offer.type, reply.id, answer.type],
    [offer.id.bytes, 'offer', answer.id.bytes, 'answer']
  )
  t.deepEqual([query.transaction, query.transaction], [reply.transaction, error.transaction])
  const options = resolveOptions()
  const proofs = new Proofs(options, new Counters())
  const signals = new ApplicationSignals(options, {} as Ledger, { proofs } as Connector, {
    wayTo: () => null
  })
  const { protocol } = query.args
  const { code, message } = (await failureOf(
    signals.answer(Id.of(query.id), protocol as string, offer, LINK)
  )) as KRPCError
  t.deepEqual([code, message], [error.code, error.text])
})

test('bep.md: a value has 26 bytes', t => {
  const [value] = valuesOf(parse(find('Reply to `get_peers`').bytes)).values as Buffer[]
  t.equal(value?.length, 26)
  t.deepEqual(value && decodePeer(value, ID_LENGTH), {
    host: '192.0.2.7',
    port: 6881,
    id: Id.of(Buffer.alloc(ID_LENGTH, 'E'))
  })
  t.end()
})

/** The letter that an id repeats. */
function letterOf(hex: string): string | undefined {
  return Buffer.from(hex, 'hex').toString()[0]
}

function readFrames(): Frame[] {
  return examples.flatMap(({ bytes }) => {
    const message = parse(bytes)
    return message.kind === 'frame' ? message.frame : []
  })
}

function find(beginning: string): Example {
  const example = examples.find(({ caption }) => caption.startsWith(beginning))
  if (!example) throw new Error(`bep.md has no example '${beginning}…'`)
  return example
}

function valuesOf(message: Inbound): Record<string, unknown> {
  return message.kind === 'reply' ? message.values : {}
}
