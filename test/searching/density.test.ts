/** How a node tells where others have chosen their ids. */

import test from 'tape'
import { commonBits, compareDistances, Id } from '../../src/id.js'
import { Density, isDense, pointsAround } from '../../src/searching/density.js'
import { type Event, playStories } from '../helpers/lookup-play.js'

const WIDTH = 4
const TARGET = idAt(0)
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i)
/** The largest span. */
const ALL = 0xffffffff

/** An id whose first 32 bits are at this distance from the target. */
function idAt(distance: number): Id {
  const bytes = Buffer.alloc(20)
  bytes.writeUInt32BE(distance)
  return Id.of(bytes)
}

function densityOf(spans: number[], known: number[] = []): Density {
  const nearest = (id: Id, count: number) =>
    known
      .map(idAt)
      .sort((a, b) => compareDistances(id, a, b))
      .slice(0, count)
      .reverse()
  return new Density({ id: TARGET, width: WIDTH, spansOfNeighbours: () => spans, nearest })
}

test('the span to be expected is the median of those that neighbours name', t => {
  t.equal(densityOf([700, 500, 600]).expected, 600)
  t.equal(densityOf([1, 500, 600, 700, 2, 650, 3]).expected, 500, 'a third of them lies')
  t.end()
})

test('while few neighbours have named theirs, the span around the node itself counts', t => {
  t.equal(densityOf([1, 2], [90, 10, 40, 20]).expected, 90)
  t.equal(densityOf([], [90, 10, 40]).expected, 0, 'too few are known')
  t.end()
})

test('nodes are dense where the last of the nearest is nearer than a quarter of the expected span', t => {
  const sorted = [1, 2, 3, 99].map(idAt)
  t.ok(isDense(TARGET, sorted, WIDTH, 400))
  t.notOk(isDense(TARGET, sorted, WIDTH, 396))
  t.notOk(isDense(TARGET, sorted.slice(1), WIDTH, ALL), 'too few to tell')
  t.notOk(isDense(TARGET, sorted, WIDTH, 0), 'nothing is expected')
  t.end()
})

test('the points around a target are in the three largest buckets within the span', t => {
  for (const [span, buckets] of [
    [ALL, [0, 1, 2]],
    [2 ** 24, [7, 8, 9]],
    [3, [30, 31]]
  ] as const) {
    const points = pointsAround(TARGET, span)
    t.deepEqual(
      points.map(point => commonBits(TARGET, point)),
      buckets
    )
  }
  const [first, second] = [0, 1].map(() => pointsAround(TARGET, ALL)[0] ?? TARGET)
  t.notOk(first?.equals(second ?? TARGET), 'at random')
  t.end()
})

// The nodes of these stories have the first 32 bits of the target, so they are dense wherever a span is expected.
playStories([
  {
    promise: 'where the nearest stand too densely, the nodes around are asked as well, once',
    given: { neighbours: [1, 2, 3, 4], span: ALL },
    story: [
      [[], '1* 2 3 4 wait'],
      [[{ reply: 1 }, { reply: 2 }, { reply: 3 }, { reply: 4 }], 'around 3 wait'],
      [[{ around: [50, 51] }], '50 51 wait'],
      [[{ reply: 50 }, { reply: 51 }], 'wait'],
      [[{ around: [50, 4] }, { around: [60] }], '60 wait'],
      [[{ reply: 60, names: [5] }], 'over']
    ],
    counted: [1, 2, 3, 4, 50, 51, 60]
  },
  {
    promise: 'a node around that does not answer is not waited for',
    given: { neighbours: [1, 2, 3, 4], span: ALL },
    story: [
      [[], '1* 2 3 4 wait'],
      [[{ reply: 1 }, { reply: 2 }, { reply: 3 }, { reply: 4 }], 'around 3 wait'],
      [[{ around: [50] }, { around: [] }, { around: [] }], '50 wait'],
      [[{ failure: 50 }], 'over']
    ]
  },
  {
    promise: 'where no span is expected, nobody looks around',
    given: { neighbours: [1, 2, 3, 4] },
    story: [
      [[], '1* 2 3 4 wait'],
      [[{ reply: 1 }, { reply: 2 }, { reply: 3 }, { reply: 4 }], 'over']
    ]
  },
  {
    promise: 'invented nodes that use up the queries do not keep the lookup from the nodes around',
    given: { neighbours: range(1, 32), span: ALL },
    story: [
      [[], '1* 2 3 4 wait'],
      ...[5, 9, 13, 17, 21, 25, 29].map((first): [Event[], string] => [
        range(first - 4, first - 1).map(failure => ({ failure })),
        `${range(first, first + 3).join(' ')} wait`
      ]),
      [range(29, 32).map(failure => ({ failure })), 'around 3 wait'],
      [[{ around: [50] }], '50 wait']
    ]
  }
])
