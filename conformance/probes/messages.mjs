/** Messages: what is well formed, and what becomes of what is not. */

import { readFileSync } from 'node:fs'
import { check, codeOf, encode, ping, same, X } from './wire.mjs'

const vectors = JSON.parse(readFileSync(new URL('../vectors.json', import.meta.url), 'utf8'))

/** The vectors of one requirement, sent as they are: B is 20 times the letter. */
async function refuses(must, { b }) {
  for (const { name, verdict, ...written } of vectors.refusedMessages.filter(
    vector => vector.must === must
  )) {
    const pieces = written.pieces ?? [[written.hex, 1]]
    const bytes = Buffer.concat(
      pieces.flatMap(([piece, times]) => Array(times).fill(Buffer.from(piece, 'hex')))
    )
    if (/^frame: /.test(name)) continue // they are for a node with another id
    b.send(bytes)
    const answers = (await b.all()).filter(
      ({ message }) => message && !message.q && String(message.t) === 'aa'
    )
    same(answers.map(codeOf), verdict === 'dropped' ? [] : [verdict.error], name)
  }
}

export const messages = [
  [
    'M4',
    'a message of 65,536 bytes is read',
    async ({ b }) => {
      const t = b.transaction()
      const padded = length => encode({ t, y: 'q', q: 'ping', a: { id: b.id, x: Buffer.alloc(length) } })
      const bytes = padded(65_536 - (padded(60_000).length - 60_000))
      same(bytes.length, 65_536, 'bytes')
      b.send(bytes)
      await b.answerTo(t)
    }
  ],
  [
    'M5',
    'text is taken as its bytes, and binary comes back',
    async ({ b }) => {
      b.send(String(ping(b.id)))
      const { isText } = await b.answerTo(Buffer.from('pp'))
      check(!isText, 'text comes back')
    }
  ],
  ['M23', 'keys are sorted, and none is there twice', context => refuses('M23', context)],
  ['M24', 'integers have one spelling', context => refuses('M24', context)],
  ['M25', 'lengths have one spelling', context => refuses('M25', context)],
  ['M26', 'values are not nested too deep', context => refuses('M26', context)],
  ['M27', 'nothing follows the value', context => refuses('M27', context)],
  ['M28', 'what is no bencode is refused', context => refuses('M28', context)],
  ['M31', 'a message by another id is dropped', context => refuses('M31', context)],
  ['M32', 'malformed queries get error 203, unknown methods 204', context => refuses('M32', context)],
  ['M33', 'what is no query is dropped without an answer', context => refuses('M33', context)],
  [
    'M34',
    'keys that are not known are ignored',
    async ({ b }) => {
      same(codeOf(await b.query('ping', { x: [1] }, { v: 'XX01' })), null, 'error')
    }
  ],
  [
    'M43',
    '`ping` and the methods of BEP 5 and BEP 44 are answered',
    async ({ b, node }) => {
      for (const [method, args] of [
        ['ping', {}],
        ['find_node', { target: X }],
        ['get_peers', { info_hash: X }],
        ['get', { target: X }]
      ]) {
        const { message } = await b.query(method, args)
        check(message.r?.id?.equals(node), `${method}: another id, or an error`)
      }
    }
  ],
  ['M44', '`announce_peer` has a port', context => refuses('M44', context)],
  ['M45', 'a mutable `put` has all of its fields', context => refuses('M45', context)],
  ['M46', 'one bad entry makes a list bad', context => refuses('M46', context)],
  [
    'M50',
    'server info is the first message, or does not come',
    async ({ b }) => {
      check(b.others.length <= 1 && b.others.length === b.othersBefore, 'it comes later, or twice')
    }
  ],
  ['M51', 'server info is looked for in the first message only', context => refuses('M51', context)]
]
