/** Whether a node is there: who is asked for it, in which order, and when that ends. */

import test, { type Test } from 'tape'
import type { Id } from '../../src/id.js'
import { Finding } from '../../src/searching/finding.js'
import { idOf, lettersOf, Neighbours } from '../helpers/fake-neighbours.js'

interface World {
  /** Whether somebody names T during the search. */
  isNamed?: boolean
  /** Whether there is a way to the address of T. */
  isReachable?: boolean
  /** Whether T answers a ping. */
  answers?: boolean
  /** Those that reply to a search for T, in that order. */
  replies?: string
}

/** Looks for T; notes what was done for that. */
function create(
  t: Test,
  { isReachable = true, answers = true, replies = 'XTY', isNamed = false }: World = {}
) {
  const neighbours = new Neighbours('A')
  t.teardown(() => neighbours.close())
  const { table } = neighbours
  const done: string[] = []
  const destinations = { canReach: () => isReachable }
  const finding = new Finding(
    { table, addresses: table.addresses, destinations },
    {
      async ping(id, address) {
        t.deepEqual(address, table.addresses.addressOf(id))
        done.push(`ping ${lettersOf([id])}`)
        return answers
      },
      async search(target: Id, visit) {
        const visited: string[] = []
        if (isNamed) neighbours.leads('N', 'T')
        for (const letter of replies) {
          visited.push(letter)
          if (!visit(idOf(letter))) break
        }
        done.push(`search ${lettersOf([target])}: ${visited.join('')}`)
      }
    }
  )
  return { neighbours, done, find: () => finding.find(idOf('T')) }
}

test('a connected node is found without a query', async t => {
  const { neighbours, done, find } = create(t)
  neighbours.add('T')
  t.equal(await find(), true)
  t.deepEqual(done, [])
})

test('a node that replies at its last known address is found', async t => {
  const { neighbours, done, find } = create(t)
  neighbours.leads('N', 'T')
  t.equal(await find(), true)
  t.deepEqual(done, ['ping T'])
})

test('a node that does not reply at its last known address is searched for', async t => {
  const { neighbours, done, find } = create(t, { answers: false })
  neighbours.leads('N', 'T')
  t.equal(await find(), true)
  t.deepEqual(done, ['ping T', 'search T: XT'], 'until it replies, and no further')
})

test('a node without a known way is not pinged', async t => {
  const { neighbours, done, find } = create(t, { isReachable: false })
  neighbours.leads('N', 'T')
  t.equal(await find(), true)
  t.deepEqual(done, ['search T: XT'])
})

test('an unknown node is searched for', async t => {
  const { done, find } = create(t)
  t.equal(await find(), true)
  t.deepEqual(done, ['search T: XT'])
})

test('a node that is named in the search, and has not replied at its end, is asked itself', async t => {
  const { done, find } = create(t, { replies: 'XYZ', isNamed: true })
  t.equal(await find(), true)
  t.deepEqual(done, ['search T: XYZ', 'ping T'])
})

test('a node that the search does not meet is not found', async t => {
  const { done, find } = create(t, { replies: 'XYZ' })
  t.equal(await find(), false)
  t.deepEqual(done, ['search T: XYZ'])
})
