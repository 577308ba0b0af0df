/** What nodes do for a lookup that the query is passed on to, and what is believed of it. */

import { playStories } from '../helpers/lookup-play.js'

/** Milliseconds, as src/searching/lookup.ts has them. */
const PATIENCE = 500
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i)

playStories([
  {
    promise: 'a node that gets the query from another node is waited for, and not asked',
    given: { relay: 10, neighbours: [10] },
    story: [
      [[], '10* wait'],
      [[{ reply: 10, names: [4, 6], next: [4] }], '6 wait 500'],
      [[{ replyBeyond: 4, names: [1, 2, 3], next: [1, 2] }], '3 wait 500'],
      [[{ reply: 3 }, { replyBeyond: 2 }], 'wait 500'],
      [[{ replyBeyond: 1 }], 'over']
    ],
    counted: [10, 4, 3, 2, 1]
  },
  {
    promise: 'a node that has got the query from another node, and does not reply soon, is asked',
    given: { relay: 10, neighbours: [10] },
    story: [
      [[], '10* wait'],
      [[{ reply: 10, names: [1], next: [1] }], 'wait 500'],
      [[{ pass: PATIENCE - 1 }], 'wait 1'],
      [[{ pass: 1 }], '1 wait'],
      [[{ reply: 1 }], 'over']
    ],
    counted: [10, 1]
  },
  {
    promise: 'a node that has got the query from another node, and was asked then, counts once',
    given: { relay: 10, neighbours: [10] },
    story: [
      [[], '10* wait'],
      [[{ reply: 10, names: [1, 2], next: [1] }], '2 wait 500'],
      [[{ pass: PATIENCE }], '1 wait'],
      [[{ replyBeyond: 1 }, { reply: 1 }], 'wait'],
      [[{ reply: 2 }], 'over']
    ],
    counted: [10, 1, 2]
  },
  {
    promise: 'a node that has replied to what was passed on to it is not asked later',
    given: { relay: 10, neighbours: [10] },
    story: [
      [[], '10* wait'],
      [[{ reply: 10, names: [1, 2], next: [1] }], '2 wait 500'],
      [[{ replyBeyond: 1 }], 'wait'],
      [[{ pass: PATIENCE }], 'wait']
    ]
  },
  {
    promise: 'a node is waited for once, however often it is said to have got the query',
    given: { relay: 10, neighbours: [10, 11] },
    story: [
      [[], '10* 11* wait'],
      [[{ reply: 10, names: [1], next: [1] }], 'wait 500'],
      [[{ pass: PATIENCE - 1 }], 'wait 1'],
      [[{ reply: 11, next: [1] }], 'wait 1']
    ]
  },
  {
    promise: 'of several nodes that have got the query each is waited for in its time',
    given: { relay: 10, neighbours: [10, 11] },
    story: [
      [[], '10* 11* wait'],
      [[{ reply: 10, names: [1], next: [1] }], 'wait 500'],
      [[{ pass: 200 }], 'wait 300'],
      [[{ reply: 11, names: [2], next: [2] }], 'wait 300'],
      [[{ pass: 300 }], '1 wait 200'],
      [[{ pass: 200 }], '2 wait']
    ]
  },
  {
    promise: 'while no query may be sent a node that has got the query is waited for, and not asked',
    given: { relay: 10, neighbours: [10] },
    story: [
      [[], '10* wait'],
      [[{ mayAsk: false }, { reply: 10, names: [1, 2], next: [1] }], 'wait 500'],
      [[{ pass: PATIENCE }], 'wait'],
      [[{ mayAsk: true }], '1 2 wait']
    ]
  },
  {
    promise: 'a reply to what was passed on counts before anybody has named its sender',
    given: { relay: 10, neighbours: [10] },
    story: [
      [[], '10* wait'],
      [[{ replyBeyond: 5, names: [3, 4], next: [3] }], '4 wait 500'],
      [[{ reply: 10, names: [5], next: [5] }], 'wait 500']
    ],
    counted: [5, 10]
  },
  {
    promise: 'a reply to what was passed on counts, though a query to its sender has failed',
    given: { relay: 10, neighbours: [10, 11] },
    story: [
      [[], '10* 11* wait'],
      [[{ failure: 11 }, { replyBeyond: 11, names: [1] }], '1 wait'],
      [[{ reply: 10 }, { reply: 1 }], 'over']
    ],
    counted: [11, 10, 1]
  },
  {
    promise: 'a query that fails says nothing of a node that has replied to what was passed on to it',
    given: { relay: 10, neighbours: [10, 11], strangers: [12, 13, 14, 15] },
    story: [
      [[], '10* 11* 12 13 wait'],
      [[{ replyBeyond: 11 }, { failure: 11 }, { reply: 12 }, { reply: 13 }], '14 wait'],
      [[{ reply: 10 }], 'over']
    ]
  },
  {
    promise: '`next` in the reply to a recursive query is believed, though its sender has replied before',
    given: { relay: 10, neighbours: [10, 11] },
    story: [
      [[], '10* 11* wait'],
      [
        [
          { replyBeyond: 11, names: [1] },
          { reply: 11, next: [1] }
        ],
        'wait 500'
      ]
    ]
  },
  {
    promise: '`next` in the reply to a query that is not recursive is ignored',
    given: { relay: 11, neighbours: [10, 11, 12] },
    story: [
      [[], '11* 10* 12 wait'],
      [[{ reply: 12, names: [1], next: [1] }], '1 wait']
    ]
  },
  {
    promise: '`next` leads to no nodes that nobody has named',
    given: { relay: 10, neighbours: [10] },
    story: [
      [[], '10* wait'],
      [[{ reply: 10, next: [1, 2, 3] }], 'over']
    ]
  },
  {
    promise: 'no more nodes are waited for and listened to than may be asked, and these may be asked as well',
    given: { relay: 1000, neighbours: [1000] },
    story: [
      [[], '1000* wait'],
      [[{ reply: 1000, names: range(1, 64), next: range(2, 64) }], '1 wait 500'],
      [[{ replyBeyond: 33 }, { replyBeyond: 34 }, { replyBeyond: 65 }], 'wait 500'],
      [[{ pass: PATIENCE }], '2 3 4 wait']
    ],
    counted: [1000, 33]
  }
])
