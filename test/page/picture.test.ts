import test from 'tape'
import { bucketIndex, distanceShare } from '../../demo/page/model/distance.js'
import { isHash, readInfoHash, readKey } from '../../demo/page/model/info-hash.js'
import type { Neighbour } from '../../demo/page/model/neighbourhood.js'
import { MAX_DRAWN, RingLayout } from '../../demo/page/picture/ring-layout.js'

const OWN = '0'.repeat(40)
const SIZE = { fontSize: 13, digits: 6 }

function createNeighbour(start: string): Neighbour {
  const id = start.padEnd(40, '0')
  return {
    id,
    state: 'connected',
    tags: [],
    isInitiator: true,
    namedBy: [],
    httpServer: null,
    isInTable: true,
    bucket: bucketIndex(OWN, id),
    distance: distanceShare(OWN, id)
  }
}

test('a bucket is the index of the first bit that differs', t => {
  const buckets = ['8', '4', '2', '1', '08', 'f', '0001'].map(start =>
    bucketIndex(OWN, start.padEnd(40, '0'))
  )
  t.deepEqual(buckets, [0, 1, 2, 3, 4, 0, 15])
  t.equal(bucketIndex(OWN, OWN), 160, 'of its own id there is none')
  t.end()
})

test('the distance is a share of the whole', t => {
  t.equal(distanceShare(OWN, '8'.padEnd(40, '0')), 0.5)
  t.equal(distanceShare('f'.repeat(40), OWN) < 1, true)
  t.equal(distanceShare(OWN, OWN), 0)
  t.end()
})

test('a node keeps its place in the picture while others come and go', t => {
  const layout = new RingLayout()
  const first = createNeighbour('8001')
  const [before] = layout.place([first], SIZE, null)
  const crowd = ['8000', '8002', '8003'].map(createNeighbour)
  const placed = layout.place([...crowd, first], SIZE, null)
  const after = placed.find(({ node }) => node.id === first.id)
  t.deepEqual([after?.x, after?.y], [before?.x, before?.y])
  const places = new Set(placed.map(({ x, y }) => `${Math.round(x)},${Math.round(y)}`))
  t.equal(places.size, 4, 'nodes at almost the same distance have places of their own')
  t.end()
})

test('the picture has room for the selected node, however many there are', t => {
  const known = Array.from({ length: 2 * MAX_DRAWN }, (_, index) => {
    return { ...createNeighbour((index + 1).toString(16).padStart(4, '0')), state: 'known' as const }
  })
  const last = known.at(-1)?.id ?? ''
  const placed = new RingLayout().place(known, SIZE, last)
  t.equal(placed.length, MAX_DRAWN)
  t.ok(placed.find(({ node }) => node.id === last)?.label.isShown)
  t.end()
})

test('a word stands for its hash, and a hash that lacks digits is no word', t => {
  t.equal(readInfoHash(' hello ').hash, 'aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d')
  t.equal(readInfoHash('F'.repeat(40)).hash, 'f'.repeat(40))
  t.equal(readInfoHash('cafe').text, 'cafe', 'a short word of hex digits is a word')
  t.throws(() => readInfoHash('0123456789ab'), /has 40 hex digits; this has 12\./)
  t.throws(() => readInfoHash(' '), /Type a word/)
  t.throws(() => readKey('hello'), /this has other characters as well/)
  t.throws(() => readKey('abc'), /this has 3\./)
  t.ok(isHash('0'.repeat(40)))
  t.end()
})
