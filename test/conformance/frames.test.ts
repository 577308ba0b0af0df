/** What becomes of the frames of conformance/decisions.json. */

import test from 'tape'
import type { End } from '../../src/krpc/ledger.js'
import { bytesOf, idOf } from '../helpers/fake-neighbours.js'
import { createMessageParser, type Inbound } from '../helpers/parse.js'
import type { RouteNode } from '../helpers/route-node.js'
import { createNode } from './node.js'
import { decisions, type Sent, toHex } from './vectors.js'

const parse = createMessageParser(20)

for (const vector of decisions.frames) {
  test(`vector, frame: ${vector.name}`, t => {
    const node = createNode(t, vector.neighbours)
    const ends = vector.asked ? ask(node, vector.asked) : []
    const bytes = () => Buffer.from(vector.in, 'hex')
    for (let i = 0; i < (vector.before ?? 0); i++) node.receive(vector.from, bytes())
    const letters = Object.keys(vector.neighbours)
    for (const letter of letters) node.neighbours.takeBytes(letter)
    node.receive(vector.from, bytes())
    const sent = letters.flatMap(to => node.neighbours.takeBytes(to).map(bytes => ({ to, bytes })))
    t.deepEqual(
      sent.map(({ to, bytes }, i) => sentAs(to, bytes, vector.out[i])),
      vector.out.map(expected =>
        'hex' in expected ? expected : { ...expected, frame: toHex(expected.frame) }
      )
    )
    if (vector.asked) t.equal(ends[0]?.kind ?? null, vector.ended, 'how the query has ended')
    t.end()
  })
}

/** Sends a query of the node's own over a neighbour. */
function ask(node: RouteNode, { node: letter, over, t }: { node: string; over: string; t: string }): End[] {
  const ends: End[] = []
  node.neighbours.leads(over, letter)
  const route = node.routes.to(idOf(letter))
  if (!route) throw new Error('no route')
  const transaction = Buffer.from(t)
  const query = node.ledger.open({ method: 'ping', timeout: 1000, transaction, onEnd: end => ends.push(end) })
  query.send(route, { id: bytesOf('A') })
  return ends
}

/** What was sent, in the form of the vector. */
function sentAs(to: string, bytes: Buffer, like: Sent | undefined): unknown {
  if (!like || 'hex' in like) return { to, hex: bytes.toString('hex') }
  const message = parse(bytes)
  if (message.kind !== 'frame' || !message.frame.payload) return { to, message }
  const { transaction, path, position, payload } = message.frame
  return { to, ...errorIn(parse(payload)), frame: { t: toHex(transaction), path: toHex(path), position } }
}

function errorIn(message: Inbound): object {
  return message.kind === 'error' ? { error: message.code, t: message.transaction.toString() } : { message }
}
