/** Paths: the cheapest one that is known, without loops, and no longer than a frame may go. */

import test from 'tape'
import { Id } from '../../src/id.js'
import { findPath } from '../../src/routes/path-finding.js'
import { MAX_HOPS } from '../../src/wire/frame.js'

interface Network {
  neighbours: string[]
  /** Who passes frames on to a node. */
  relays: Record<string, string[]>
  costs?: Record<string, number>
}

/** The id of a node, by its name. */
const idOf = (name: string) => Id.of(Buffer.from(name.padEnd(20)))
const nameOf = ({ bytes }: Id) => bytes.toString().trim()

function find(target: string, { neighbours, relays, costs = {} }: Network): string | undefined {
  const path = findPath(idOf(target), idOf('me'), {
    isNeighbour: id => neighbours.includes(nameOf(id)),
    relaysTo: id => (relays[nameOf(id)] ?? []).map(idOf),
    costOf: id => costs[nameOf(id)] ?? 0
  })
  return path?.map(nameOf).join(' ')
}

test('a neighbour is its own path; a node without relays has none', t => {
  t.equal(find('a', { neighbours: ['a'], relays: {} }), 'a')
  t.equal(find('a', { neighbours: ['b'], relays: {} }), undefined)
  t.equal(find('a', { neighbours: [], relays: { a: ['b'], b: ['c'] } }), undefined)
  t.end()
})

test('the shortest of several paths is used', t => {
  const relays = { z: ['y', 'b'], y: ['a'], b: ['a', 'c'] }
  t.equal(find('z', { neighbours: ['a', 'y'], relays }), 'y z')
  t.equal(find('z', { neighbours: ['c'], relays }), 'c b z')
  t.end()
})

test('a suspected relay is avoided unless the detour costs more than the suspicion', t => {
  const relays = { z: ['slow', 'y'], y: ['x'], x: ['a'] }
  const neighbours = ['slow', 'a']
  t.equal(find('z', { neighbours, relays }), 'slow z')
  t.equal(find('z', { neighbours, relays, costs: { slow: 1 } }), 'slow z')
  t.equal(find('z', { neighbours, relays, costs: { slow: 3 } }), 'a x y z')
  t.equal(find('z', { neighbours: ['slow'], relays, costs: { slow: 4 } }), 'slow z', 'better than none')
  t.end()
})

test('the cost of the target itself does not count', t => {
  const network = { neighbours: ['a', 'b'], relays: { z: ['a'] } }
  t.equal(find('z', { ...network, costs: { z: 100 } }), 'a z')
  t.end()
})

test('a path visits no node twice, and never this one', t => {
  t.equal(find('a', { neighbours: ['n'], relays: { a: ['b'], b: ['a', 'c'], c: ['b', 'a'] } }), undefined)
  t.equal(find('a', { neighbours: ['n'], relays: { a: ['me'], me: ['n'] } }), undefined, 'over this node')
  t.equal(find('me', { neighbours: ['n'], relays: { me: ['n'] } }), undefined, 'to this node')
  t.equal(find('a', { neighbours: ['n'], relays: { a: ['a', 'b'], b: ['n', 'a'] } }), 'n b a')
  t.end()
})

test('a path has at most the hops of a frame', t => {
  const relays: Record<string, string[]> = {}
  for (let i = 1; i < 20; i++) relays[`n${i}`] = [`n${i - 1}`]
  const network = { neighbours: ['n0'], relays }
  t.equal(find(`n${MAX_HOPS - 1}`, network)?.split(' ').length, MAX_HOPS)
  t.equal(find(`n${MAX_HOPS}`, network), undefined)
  t.end()
})

test('a search for a path ends even if all named relays are invented', t => {
  let asked = 0
  const path = findPath(idOf('0'), idOf('me'), {
    isNeighbour: () => false,
    relaysTo: id => {
      asked++
      return Array.from({ length: 4 }, (_, i) => idOf(`${nameOf(id)}${i}`)) // always somebody else
    },
    costOf: () => 0
  })
  t.equal(path, undefined)
  t.ok(asked < 200, `${asked} nodes were looked at`)
  t.end()
})
