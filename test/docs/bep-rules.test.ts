/** bep.md and its companions as a standard: requirements have numbers, links lead somewhere, and tables say what the code knows. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'tape'
import { writeNonce } from '../../src/connections/websocket-handshake.js'
import { writeNodeLine } from '../../src/entrances/tracker-node-line.js'
import { BUILT_IN } from '../../src/extensions.js'
import { Id } from '../../src/id.js'
import { KRPC_ERROR } from '../../src/krpc/errors.js'
import { DEFAULT_LIMITS } from '../../src/limits.js'
import { decode, dictionary } from '../../src/wire/bencode.js'
import type { Shape } from '../../src/wire/check.js'
import { encodeFrame } from '../../src/wire/frame.js'
import { encodeLate, saysLate } from '../../src/wire/late-candidates.js'
import { encodeServerInfo } from '../../src/wire/server-info.js'
import { encodeHttpSignal } from '../../src/wire/signal.js'
import { parseTurnGrant } from '../../src/wire/turn-grant.js'
import { createMethods } from '../helpers/parse.js'
import { coreFacts, facts } from './bep-facts.js'
import { CORE, companions, DESCRIPTIONS, documents, namesIn, tableIn, tableOf, text } from './bep-text.js'

const MAX_FORWARD_LINKS = 5
/** What can be read in one sitting. */
const MAX_WORDS = 6000
const GRANT = { urls: ['turn:192.0.2.1:3478'], username: 'name', credential: 'secret', ttl: 3600 }

/** The text without examples and without what is written as code. */
const prose = text.replace(/^```.*?^```$/gms, '').replace(/`[^`\n]*`/g, '')
/** List items, rows of tables and paragraphs. */
const blocks = prose.split(/\n(?=\n|- |\||\d\. )/)
const methods = [...createMethods(20).values()]
const sources = sourcesIn(fileURLToPath(new URL('../../../src', import.meta.url)))
const sorted = (names: Iterable<string>) => [...new Set(names)].sort()

test('bep.md: each MUST has a number, and each number one MUST', t => {
  for (const block of blocks) {
    const count = block.match(/\bMUST\b/g)?.length ?? 0
    const numbers = block.match(/<a id="m\d+"><\/a>\*\*M\d+\*\*/g)?.length ?? 0
    if (count !== numbers) t.fail(`${count} MUST and ${numbers} numbers in: ${block.trim()}`)
  }
  t.ok((prose.match(/\bMUST\b/g)?.length ?? 0) > 100)
  t.notOk(/\b(SHALL|REQUIRED)\b/.test(prose), 'there is one word for it')
  t.end()
})

test('bep.md: no number is used twice, and each is that of its anchor', t => {
  const numbers = [...text.matchAll(/<a id="m(\d+)"><\/a>\*\*M(\d+)\*\*/g)]
  t.deepEqual(
    numbers.filter(([, anchor, number]) => anchor !== number).map(([all]) => all),
    []
  )
  t.equal(new Set(numbers.map(([, number]) => number)).size, numbers.length)
  t.equal(text.match(/<a id=/g)?.length, numbers.length, 'nothing else has an anchor of its own')
  t.end()
})

test('bep.md: links lead somewhere, few of them forward, and say the number that they lead to', t => {
  t.deepEqual(
    facts.flatMap(({ dead }) => dead),
    []
  )
  const forward = facts.flatMap(({ forward }) => forward)
  t.ok(forward.length <= MAX_FORWARD_LINKS, forward.join(' '))
  t.end()
})

test('bep.md: terms are defined before they are used', t => {
  for (const { document, usedEarly } of facts) t.deepEqual(usedEarly, [], document)
  t.ok(coreFacts.terms.length > 30)
  t.end()
})

test('bep.md has what can be read in one sitting', t => {
  t.ok(coreFacts.words <= MAX_WORDS, `${coreFacts.words} words`)
  t.end()
})

test('bep.md lists its companions, and their numbers', t => {
  const folder = fileURLToPath(new URL('../../../docs/beps', import.meta.url))
  t.deepEqual(sorted(companions.keys()), sorted(readdirSync(folder).map(name => `docs/beps/${name}`)))
  const listed = tableOf('Companion', 'What', 'Requirements').map(([, , numbers = '']) => numbersIn(numbers))
  const theirs = facts.filter(({ document }) => document !== CORE).map(({ musts }) => musts)
  t.deepEqual(
    listed,
    theirs.map(musts => [...musts].sort((a, b) => a - b))
  )
  t.end()
})

test('bep.md: the table of error codes is that of the code', t => {
  const codes = tableOf('Code', 'Sent', 'What the asker does').map(([code]) => Number(code))
  t.deepEqual(codes, [...codes].sort())
  t.deepEqual(sorted(codes.map(String)), sorted(Object.values(KRPC_ERROR).map(String)))
  t.end()
})

test('bep.md: the table of HTTP statuses is that of the server', t => {
  const described = tableOf('Status', 'When', 'The client').map(([status = '']) => status)
  const sent = sources
    .filter(({ name }) => name.startsWith('entrances'))
    .flatMap(({ source }) =>
      Array.from(
        source.matchAll(/\b(?:HttpError\(|send\(request, response, |status: )(\d{3})\b/g),
        ([, status = '']) => status
      )
    )
  t.deepEqual(sorted(described), sorted(sent))
  t.end()
})

test('bep.md: the limits are the defaults', t => {
  const rows = tableOf('What', 'Per second', 'Over it').map(([, rate = '']) =>
    rate.replaceAll(',', '').split('; ')
  )
  const { messages, bytes, queries, offers, introductions, stores, dials, frames } = DEFAULT_LIMITS
  t.deepEqual(
    rows.map(rates => rates.map(Number)),
    [
      [messages, bytes],
      [queries],
      [offers],
      [introductions],
      [introductions],
      [stores],
      [dials],
      [frames, 1.5 * frames]
    ]
  )
  t.end()
})

test('bep.md: the messages of each method are those that the parser knows', t => {
  const rows = tableOf('Method', 'Query', 'Reply')
  t.deepEqual(sorted(rows.flatMap(([name]) => namesIn(name))), sorted(methods.map(({ name }) => name)))
  for (const [cell, query, reply] of rows) {
    const [name] = namesIn(cell)
    const method = methods.find(method => method.name === name)
    if (!method) continue
    t.deepEqual(fieldsIn(query), fieldsOf(method.query), `query ${name}`)
    t.deepEqual(fieldsIn(reply), fieldsOf(method.reply), `reply to ${name}`)
  }
  t.end()
})

test('bep.md: the table of keys has each key of a message, and no other', t => {
  const known = methods.flatMap(({ query, reply }) =>
    [...query.fields, ...reply.fields].map(({ name }) => name)
  )
  const others = [...companions.values()].filter(text => text.includes('\n| Key | Value |\n'))
  const keys = [
    ...keysOfSection('4.5 Keys'),
    ...others.flatMap(text => tableIn(text, 'Key', 'Value').flatMap(([cell]) => namesIn(cell)))
  ]
  t.equal(keys.length, new Set(keys).size, 'each once')
  t.deepEqual(sorted(keys), sorted(known))
  t.end()
})

test('bep.md: the table of frames has the keys of frames', t => {
  const [transaction, path] = [
    Buffer.from('aa'),
    ['A', 'B', 'C'].map(letter => Id.of(Buffer.alloc(20, letter)))
  ]
  const frame = { transaction, path, position: 1, payload: Buffer.from('x'), failure: null }
  const frames = [frame, { ...frame, payload: null, failure: 404 }].map(frame => decode(encodeFrame(frame)))
  t.deepEqual(
    sorted(keysOfSection('4.6 Frames')),
    sorted(frames.flatMap(frame => Object.keys(dictionary(frame) ?? {})))
  )
  t.end()
})

test('bep.md: the extensions are those that are built in', t => {
  const names = tableOf('Extension', 'Says that the node').flatMap(([cell]) => namesIn(cell))
  t.deepEqual(sorted(names), sorted(BUILT_IN))
  t.end()
})

test('bep.md: the JSON keys are those that are written', t => {
  const rows = new Map(tableOf('JSON', 'Keys').map(([name = '', keys]) => [name, sorted(namesIn(keys))]))
  const id = Id.of(Buffer.alloc(20, 'A'))
  const keysOf = (json: string) => sorted(Object.keys(JSON.parse(json)))
  const signal = { id, type: 'offer' as const, sdp: DESCRIPTIONS.offer, extensions: [] }
  const info = JSON.parse(encodeServerInfo({ host: '192.0.2.1', port: 16881 }).toString())
  const line = writeNodeLine('', { id: id.hex, extensions: [], refused: 'full' })
  t.deepEqual(
    rows,
    new Map([
      ['signals', keysOf(encodeHttpSignal(signal))],
      ['beside them', ['late', 'turn']],
      ['`turn`', sorted(Object.keys(GRANT))],
      ['candidates', keysOf(encodeLate({ ufrag: '', candidates: [], late: true }))],
      ['server info', sorted([...Object.keys(info), ...Object.keys(info.http_server)])],
      ['handshake of a WebSocket', keysOf(writeNonce(Buffer.alloc(32)))],
      ['`x-wdht-node`', keysOf(line.slice(line.indexOf('{')))]
    ])
  )
  t.ok(saysLate('{"late":true}'))
  t.ok(parseTurnGrant(JSON.stringify({ turn: GRANT })))
  for (const key of Object.keys(GRANT)) {
    t.notOk(parseTurnGrant(JSON.stringify({ turn: { ...GRANT, [key]: undefined } })), `\`${key}\` is read`)
  }
  t.end()
})

test('bep.md: the lines of descriptions are those in the code', t => {
  const described = tableOf('Line', 'Says').map(([cell = '']) => /x-wdht-\w+/.exec(cell)?.[0] ?? cell)
  const written = sources
    .filter(({ name }) => !name.startsWith('rooms')) // an application
    .flatMap(({ source }) => source.match(/(?<=['=])x-wdht-\w+/g) ?? [])
  t.deepEqual(sorted(described), sorted(written))
  t.end()
})

test('bep.md: the texts and sections that the sources name are there', t => {
  const named = sources.flatMap(({ name, source }) =>
    Array.from(
      source.matchAll(/(bep\.md(?=, ")|docs\/beps\/[\w-]+\.md)(?:, "([^"]*)")?/g),
      ([, document = '', heading]) => ({ name, document, heading })
    )
  )
  const isThere = ({ document, heading }: (typeof named)[number]) =>
    heading === undefined
      ? documents.has(document)
      : new RegExp(`^#+ (?:[\\d.]+ )?${heading}$`, 'm').test(documents.get(document) ?? '')
  t.deepEqual(
    named.filter(section => !isThere(section)),
    []
  )
  t.ok(named.length > 20)
  t.notOk(
    sources.some(({ source }) => /bep\.md,? section/.test(source)),
    'none by its number, which may change'
  )
  t.end()
})

/** The numbers in text like 'M65 to M67, M118'. */
function numbersIn(text: string): number[] {
  return text.split(', ').flatMap(part => {
    const [first = 0, last = first] = part.split(' to ').map(number => Number(number.replace('M', '')))
    return Array.from({ length: last - first + 1 }, (_, i) => first + i)
  })
}

function keysOfSection(heading: string): string[] {
  const [, section = ''] = (documents.get(CORE) ?? '').split(`### ${heading}\n`)
  const [table = ''] = section.split('\n### ', 1)
  return table.split('\n').flatMap(row => namesIn(row.split('|')[1]))
}

/** The fields of a message: required ones are bold. */
function fieldsIn(cell = ''): string[] {
  return cell
    .split(', ')
    .map(name => name.replaceAll('`', ''))
    .sort()
}

function fieldsOf({ fields }: Shape): string[] {
  return fields.map(({ name, isRequired }) => (isRequired ? `**${name}**` : name)).sort()
}

function sourcesIn(folder: string): { name: string; source: string }[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts'))
    .map(name => ({ name, source: readFileSync(join(folder, name), 'utf8') }))
}
