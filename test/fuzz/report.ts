/** Writes a failure down: with the seed and the index that repeat it, and so that it can be pasted into the corpus. */

import { mkdirSync, writeFileSync } from 'node:fs'
import type { RawMessage } from '../helpers/raw-client.js'
import type { Input } from './inputs.js'
import { makeBody, makeDescription, makeFirstMessage, makeMessage, makeOffer } from './inputs.js'
import type { Sender } from './messages.js'
import type { Minimised } from './minimise.js'
import type { Finding } from './session.js'

const FOLDER = 'test-artifacts'
/** Inputs that are written down where a failure needs several. */
const MAX_WRITTEN = 20

/** Stand for what the corpus gives to its messages. */
const STAND_INS = { id: Buffer.from('IDidIDidIDidIDidIDid'), transaction: Buffer.from('TRANSACTION.') }
const SENDER: Sender = {
  ...STAND_INS,
  nodeId: Buffer.alloc(20, 0x4e),
  token: Buffer.alloc(20, 0x54),
  others: [Buffer.alloc(20, 0x4f)]
}
const ASKED = ['find_node', 'get_peers', 'get', 'peer_connection']

/** Writes a file, and gives its name. */
export function writeFailure(seed: number, finding: Finding, { inputs, smallest }: Minimised): string {
  mkdirSync(FOLDER, { recursive: true })
  const indices = inputs.map(({ index }) => index ?? 'corpus')
  const name = `${FOLDER}/fuzz-${seed}-${indices[0] ?? 'none'}.txt`
  const written = smallest ? [smallest] : inputs.slice(0, MAX_WRITTEN).map(({ input }) => input)
  const lines = [
    `// seed ${seed}, input ${indices.slice(0, MAX_WRITTEN).join(', ')}${indices.length > MAX_WRITTEN ? ' …' : ''}`,
    ...finding.problems.flatMap(problem => problem.split('\n')).map(line => `// ${line}`),
    ...written.flatMap(input => [
      `// ${JSON.stringify(input)}`,
      ...toCorpus(input, finding.problems[0] ?? '')
    ])
  ]
  writeFileSync(name, `${lines.join('\n')}\n`)
  return name
}

/** Entries for test/robustness/corpus.ts. */
function toCorpus(input: Input, problem: string): string[] {
  const name = JSON.stringify(problem.split('\n')[0])
  const entry = (made: Uint8Array | string) => `{ name: ${name}, code: 'any', make: ${toSource(made)} },`
  switch (input.kind) {
    case 'http':
      return [`{ name: ${name}, body: ${toText(makeBody(input, SENDER))} },`]
    case 'joining':
      return [`{ name: ${name}, sdp: ${JSON.stringify(makeDescription(input))} },`]
    case 'offer':
      return [
        `{ name: ${name}, sdp: ${JSON.stringify(makeDescription(input))} },`,
        entry(makeOffer(input, SENDER))
      ]
    case 'newcomer':
      return [entry(makeFirstMessage(input, SENDER))]
    case 'reply':
      return ASKED.map(method => entry(makeMessage(input, SENDER, { query: askedBy(method), framed: null })))
    default:
      return [entry(makeMessage(input, SENDER, null))]
  }
}

/** A query of the node's, as far as replies depend on it. */
function askedBy(method: string): RawMessage {
  const target = Buffer.alloc(20, 0x41)
  return { t: STAND_INS.transaction, y: 'q', q: method, a: { target, info_hash: target, signals: [0, 0] } }
}

/** A function that makes the message again, with another sender's id and transaction. */
function toSource(made: Uint8Array | string): string {
  let text = Buffer.from(made).toString('latin1')
  for (const [name, standIn] of Object.entries(STAND_INS)) {
    const written = standIn.toString()
    text = text.replaceAll(`${written.length}:${written}`, `\u0001raw(${name})\u0001`)
    text = text.replaceAll(written, `\u0001${name}\u0001`)
  }
  const isCode = /^(raw\((id|transaction)\)|id|transaction)$/
  const pieces = text.split('\u0001').filter(piece => piece !== '')
  return `({ id, transaction }) => joined(${pieces.map(piece => (isCode.test(piece) ? piece : JSON.stringify(piece))).join(', ')})`
}

function toText(bytes: Buffer): string {
  return `Buffer.from(${JSON.stringify(bytes.toString('latin1'))}, 'latin1')`
}
