/** Whose values are stored here: how many of one node, and how many of all that come through one neighbour. */

import test from 'tape'
import { ValueOwners } from '../../src/storing/value-owners.js'
import { askerOf, idOf } from '../helpers/askers.js'

const MAX_PER_NODE = 2
/** Values that the store holds. */
const MAX_COUNTED = 20

const neighbour = idOf(9)
const node = askerOf(idOf(1))
const behind = (number: number) => askerOf(idOf(number), neighbour)

test('a node has room until its share is full', t => {
  const owners = new ValueOwners(MAX_PER_NODE, MAX_COUNTED)
  t.ok(owners.hasRoom(node))
  owners.note('a', node)
  t.ok(owners.hasRoom(node))
  owners.note('b', node)
  t.notOk(owners.hasRoom(node))
  t.ok(owners.hasRoom(askerOf(idOf(2))), 'another one has room of its own')
  t.end()
})

test('a value stored twice counts once', t => {
  const owners = new ValueOwners(MAX_PER_NODE, MAX_COUNTED)
  for (let i = 0; i < 5; i++) owners.note('a', node)
  t.ok(owners.hasRoom(node))
  t.end()
})

test('a value counts for the node that stored it last', t => {
  const owners = new ValueOwners(MAX_PER_NODE, MAX_COUNTED)
  for (const key of ['a', 'b']) owners.note(key, node)
  owners.note('b', askerOf(idOf(2)))
  t.ok(owners.hasRoom(node))
  owners.note('c', askerOf(idOf(2)))
  t.notOk(owners.hasRoom(askerOf(idOf(2))))
  t.end()
})

test('all nodes behind one neighbour have two shares together', t => {
  const owners = new ValueOwners(MAX_PER_NODE, MAX_COUNTED)
  for (const number of [1, 2, 3]) owners.note(`${number}`, behind(number))
  t.ok(owners.hasRoom(behind(4)))
  owners.note('4', behind(4))
  t.notOk(owners.hasRoom(behind(5)))
  t.ok(owners.hasRoom(askerOf(idOf(5), idOf(8))), 'through another one there is room')
  owners.note('4', askerOf(idOf(4), idOf(8)))
  t.ok(owners.hasRoom(behind(5)), 'and for one more here, when a value has come another way since')
  t.end()
})

test('a neighbour has its own share besides those of the nodes behind it', t => {
  const owners = new ValueOwners(MAX_PER_NODE, MAX_COUNTED)
  for (const number of [1, 2, 3, 4]) owners.note(`${number}`, behind(number))
  t.ok(owners.hasRoom(askerOf(neighbour)))
  for (const key of ['a', 'b']) owners.note(key, askerOf(neighbour))
  t.notOk(owners.hasRoom(askerOf(neighbour)))
  t.end()
})

test('a value that is no longer stored does not count', t => {
  const owners = new ValueOwners(MAX_PER_NODE, MAX_COUNTED)
  for (const key of ['a', 'b']) owners.note(key, node)
  owners.forget('a')
  owners.forget('nobody has stored it')
  t.ok(owners.hasRoom(node))
  owners.note('c', node)
  t.notOk(owners.hasRoom(node))
  t.end()
})

test('the oldest values are no longer counted', t => {
  const owners = new ValueOwners(MAX_PER_NODE, MAX_COUNTED)
  for (const key of ['a', 'b']) owners.note(key, node)
  for (let i = 0; i < MAX_COUNTED - 1; i++) owners.note(`${i}`, askerOf(idOf(100)))
  t.ok(owners.hasRoom(node), 'one of the two is forgotten')
  owners.note('c', node)
  t.ok(owners.hasRoom(node), 'and now both')
  owners.note('d', node)
  t.notOk(owners.hasRoom(node))
  t.end()
})

test('what is stored in somebody’s name over a route is not in his share, nor in that over another neighbour', t => {
  const owners = new ValueOwners(MAX_PER_NODE, MAX_COUNTED)
  const claimed = idOf(1)
  for (const key of ['a', 'b']) owners.note(key, askerOf(claimed, neighbour))
  t.notOk(owners.hasRoom(askerOf(claimed, neighbour)))
  t.ok(owners.hasRoom(askerOf(claimed)), 'the node itself')
  t.ok(owners.hasRoom(askerOf(claimed, idOf(8))), 'over another neighbour')
  t.end()
})

test('restored values are in the share of the node that they name', t => {
  const owners = new ValueOwners(MAX_PER_NODE, MAX_COUNTED)
  for (const key of ['a', 'b']) owners.noteRestored(key, idOf(1))
  t.notOk(owners.hasRoom(node))
  owners.forget('a')
  t.ok(owners.hasRoom(node))
  t.end()
})
