import test from 'tape'
import type { Link } from '../../src/connections/link.js'
import { INTRODUCE, ROUTE, TRICKLE } from '../../src/extensions.js'
import { Id } from '../../src/id.js'
import type { Limits } from '../../src/limits.js'
import { resolveOptions } from '../../src/options.js'
import { nodePlatform } from '../../src/platform-node.js'
import { LateCandidates } from '../../src/signal-exchange/late-candidates.js'

const idOf = (letter: string) => Id.of(Buffer.alloc(20, letter))
const LINE = 'a=candidate:1 1 UDP 1686052863 1.2.3.4 45681 typ srflx'
const ALL = [INTRODUCE, ROUTE, TRICKLE]

const linkTo = (letter: string, { extensions = ALL, isRoute = false } = {}) =>
  ({ id: idOf(letter), isRoute, extensions: new Set(extensions) }) as Partial<Link> as Link

/** What sends candidates of node A, which is connected to B and knows a route to Z. */
function create(introductionsAtOnce = 2) {
  const sent: { to: string; args: Record<string, unknown> }[] = []
  const hang: (() => void)[] = []
  const drops = { 'too many introductions': 0 }
  const options = resolveOptions({ platform: nodePlatform, limits: { introductionsAtOnce } as Limits })
  const table = { get: (id: Id) => (id.equals(idOf('B')) ? linkTo('B') : undefined), counters: { drops } }
  const routes = { to: (id: Id) => (id.equals(idOf('Z')) ? linkTo('Z', { isRoute: true }) : undefined) }
  const query = ({ id }: Link, _: string, args: Record<string, unknown>) => {
    sent.push({ to: id?.bytes.toString()[0] ?? '', args })
    return new Promise<object>(resolve => hang.push(() => resolve({})))
  }
  const late = new LateCandidates(options, table as never, { query } as never, routes as never)
  const taken: string[] = []
  const expect = (link: Link, end: string, ufrag = 'abcd') =>
    late.wayTo(link, idOf(end))?.expect(ufrag, lines => void taken.push(...lines)) ?? (() => {})
  const take = (link: Link, from: string, ufrag = 'abcd') =>
    late.take(link, idOf(from), { ufrag, candidates: [LINE] })
  return { late, sent, hang, drops, taken, expect, take, own: options.id }
}

test('late candidates are taken only from the neighbour that carries the descriptions, of the node at its other end', t => {
  const { late, taken, expect, take } = create()
  const stop = expect(linkTo('B'), 'C')
  take(linkTo('D'), 'C')
  take(linkTo('B'), 'B')
  take(linkTo('B'), 'D')
  take(linkTo('B'), 'C', 'other')
  take(linkTo('B', { isRoute: true }), 'C')
  take({ ...linkTo('B'), id: null }, 'C')
  t.deepEqual(taken, [])
  take(linkTo('B'), 'C')
  t.deepEqual(taken, [LINE])
  stop()
  take(linkTo('B'), 'C')
  t.deepEqual(taken, [LINE], 'no more once the connection is open or closed')
  t.equal(late.count, 0)
  t.end()
})

test('where the offer took a route, candidates may come by any route from its end', t => {
  const { taken, expect, take } = create()
  expect(linkTo('Z', { isRoute: true }), 'Z')
  take(linkTo('B', { isRoute: true }), 'B')
  t.deepEqual(taken, [])
  take(linkTo('Z', { isRoute: true }), 'Z')
  t.deepEqual(taken, [LINE])
  t.end()
})

test('a way that does not speak `trickle` carries no late candidates', t => {
  const { late } = create()
  t.equal(late.wayTo(linkTo('B', { extensions: [INTRODUCE] }), idOf('C')), null)
  t.equal(late.wayTo({ ...linkTo('B'), id: null }, idOf('C')), null)
  t.end()
})

test('candidates go to the other end, or to the relay with the other end as target', t => {
  const { late, sent, own } = create()
  late.wayTo(linkTo('B'), idOf('B'))?.send('abcd', [LINE])
  late.wayTo(linkTo('B'), idOf('C'))?.send('abcd', [LINE])
  late.wayTo(linkTo('Z', { isRoute: true }), idOf('Z'))?.send('abcd', [LINE])
  const args = { id: own.bytes, ufrag: 'abcd', candidates: [LINE] }
  t.deepEqual(sent, [
    { to: 'B', args },
    { to: 'B', args: { ...args, target: idOf('C').bytes } },
    { to: 'Z', args }
  ])
  t.end()
})

test('a relay says whose candidates they are, passes so many on at a time, and none to their sender', async t => {
  const { late, sent, hang, drops, own } = create(2)
  const candidates = { ufrag: 'abcd', candidates: [LINE] }
  late.relay(linkTo('B'), idOf('B'), candidates)
  late.relay(linkTo('C'), idOf('X'), candidates)
  t.deepEqual(sent, [], 'X is not there')
  await new Promise(resolve => setImmediate(resolve))
  for (const letter of ['C', 'D', 'E']) late.relay(linkTo(letter), idOf('B'), candidates)
  t.deepEqual(
    sent.map(({ args }) => args),
    ['C', 'D'].map(letter => ({ id: own.bytes, ...candidates, from: idOf(letter).bytes }))
  )
  t.equal(drops['too many introductions'], 1)
  for (const reply of hang) reply()
  await new Promise(resolve => setImmediate(resolve))
  late.relay(linkTo('E'), idOf('B'), candidates)
  t.equal(sent.length, 3, 'another one once a reply is there')
})
