/** What a node does with a frame: a row for each check. Node A gets it from its neighbour B. */

import { encode, ids, toJson } from './notation.mjs'

const TARGET = ids('D')
const query = (letter, method, args = {}) =>
  encode({ t: 'aa', y: 'q', q: method, a: { id: ids(letter), ...args } })
const reply = (letter, t = 'aa') => encode({ t, y: 'r', r: { id: ids(letter) } })
const frame = (letters, position, carried, more = {}) =>
  encode({
    ...(typeof carried === 'number' ? { e: carried } : { d: carried }),
    i: position,
    p: ids(letters),
    t: 'ffff',
    y: 'f',
    ...more
  })
const hex = bytes => bytes.toString('hex')

/** B speaks `route`, C too, E does not; nobody else is connected. */
const NEIGHBOURS = { B: ['introduce', 'route'], C: ['introduce', 'route'], E: ['introduce'] }

/** @param out what A sends: to whom, and which bytes, or an error in a frame whose text is the sender's choice */
const row = (name, bytes, out, more = {}) => ({
  name,
  neighbours: NEIGHBOURS,
  from: 'B',
  in: hex(bytes),
  out,
  ...more
})
const to = (letter, bytes) => ({ to: letter, hex: hex(bytes) })
const report = (code, letters = 'ABF', position = 1) => [to('B', frame(letters, position, code))]
const errorTo = (letters, code) => [
  {
    to: letters[1],
    error: code,
    t: 'aa',
    frame: { t: 'ffff', path: [...letters].map(letter => ids(letter)), position: 1 }
  }
]

const find = query('F', 'find_node', { target: TARGET })
const onward = letters => frame(letters, 2, find)

/** A waits for a reply of C to the query `aa`, which it has sent over B, and knows no other path. C is not its neighbour here. */
const waiting = {
  neighbours: { B: NEIGHBOURS.B },
  asked: { node: 'C', over: 'B', t: 'aa' }
}
const asked = (name, bytes, ended) => row(name, bytes, [], { ...waiting, ended })

export const frames = [
  row('a relay passes it on, with `i` one larger', onward('FBAC'), [to('C', frame('FBAC', 3, find))]),
  row('and keys that are not known with it', frame('FBAC', 2, find, { x: [1], z: 'x' }), [
    to('C', frame('FBAC', 3, find, { x: [1], z: 'x' }))
  ]),
  row('it does not look at the message', frame('FBAC', 2, Buffer.from('hello')), [
    to('C', frame('FBAC', 3, Buffer.from('hello')))
  ]),
  row('a report is passed on like all', frame('FBAC', 2, 404), [to('C', frame('FBAC', 3, 404))]),
  row('the next node is not connected', onward('FBAD'), report(404, 'ABF')),
  row('the next node does not speak `route`', onward('FBAE'), report(404, 'ABF')),
  row('the neighbour itself is the sender', frame('BAD', 1, query('B', 'ping')), report(404, 'AB')),
  row('a report that cannot be passed on is not reported', frame('FBAD', 2, 404), []),
  row('more frames than a limit', onward('FBAC'), report(429, 'ABF'), { before: 1000 }),
  row('the id before number `i` is not the neighbour', frame('FCAB', 2, find), []),
  row('number `i` is another node', frame('FBCA', 2, find), []),
  row('`route` is not in use with the neighbour', frame('FEAC', 2, find), [], { from: 'E' }),
  row('a query for this node', frame('FBA', 2, query('F', 'ping')), [to('B', frame('ABF', 1, reply('A')))]),
  row('a query over nine nodes', frame('FGHIJKLBA', 8, query('F', 'ping')), [
    to('B', frame('ABLKJIHGF', 1, reply('A')))
  ]),
  row('a query that is not well formed', frame('FBA', 2, query('F', 'find_node')), errorTo('ABF', 203)),
  row(
    'a query with a method that is not known',
    frame('FBA', 2, query('F', 'no_such_method')),
    errorTo('ABF', 204)
  ),
  row(
    '`release`: there is no connection to let go of',
    frame('FBA', 2, query('F', 'release')),
    errorTo('ABF', 409)
  ),
  row('the message is by another node than the path says', frame('FBA', 2, query('G', 'ping')), []),
  row('the message is a frame', frame('FBA', 2, onward('FBA')), []),
  row('the message is none', frame('FBA', 2, Buffer.from('hello')), []),
  row('a reply that nobody waits for', frame('CBA', 2, reply('C')), []),
  row('a report that nobody waits for', frame('BA', 1, 404), []),
  asked('a reply on the way of the query', frame('CBA', 2, reply('C'), { t: 'aa' }), 'replied'),
  asked('a reply by another way', frame('CFBA', 3, reply('C'), { t: 'aa' }), null),
  asked('a reply by another node', frame('CBA', 2, reply('F'), { t: 'aa' }), null),
  asked('a reply with another transaction id in it', frame('CBA', 2, reply('C', 'bb'), { t: 'aa' }), null),
  asked('a reply in a frame with another transaction id', frame('CBA', 2, reply('C')), null),
  asked('a report by the neighbour: there is no other path', frame('BA', 1, 404, { t: 'aa' }), 'failed'),
  asked('a report of a code that is not known', frame('BA', 1, 599, { t: 'aa' }), 'failed'),
  asked('a report by the node that was asked', frame('CBA', 2, 404, { t: 'aa' }), null),
  asked(
    'an error is an answer',
    frame('CBA', 2, encode({ t: 'aa', y: 'e', e: [201, 'x'] }), { t: 'aa' }),
    'refused'
  )
].map(toJson)
