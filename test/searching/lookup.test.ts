/** Whom a lookup asks, and when it is over. */

import { type Event, OWN, playStories, type Story, WIDTH } from '../helpers/lookup-play.js'

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i)
const failures = (from: number, to: number): Event[] => range(from, to).map(failure => ({ failure }))
const replies = (...nodes: number[]): Event[] => nodes.map(reply => ({ reply }))

/** As many as may be asked, after the first: they are asked four by four, as the earlier ones fail. */
const invented = range(1, 8 * WIDTH - 1)
const wavesOfInvented = range(1, WIDTH + 3).map((wave): [Event[], string] => {
  const [first, last] = [WIDTH * wave + 1, WIDTH * wave + WIDTH]
  return [failures(first - WIDTH, last - WIDTH), [...invented.slice(first - 1, last), 'wait'].join(' ')]
})

const beginnings: Story[] = [
  {
    promise:
      'the relay, a neighbour and the nearest nodes are asked first; the relay and the nearest one pass the query on',
    given: { relay: 14, neighbours: [10, 11, 12, 13, 14], strangers: [1, 2, 3] },
    story: [[[], '14* 10 1* 2 3 wait']]
  },
  {
    promise: 'a relay that is the nearest node itself passes the query on, and so does the second',
    given: { relay: 10, neighbours: [10, 11, 12, 13, 14] },
    story: [[[], '10* 11* 12 13 wait']]
  },
  {
    promise: 'two neighbours are asked, however many strangers are nearer',
    given: { neighbours: [10, 11, 12], strangers: [1, 2, 3, 4, 5, 10] },
    story: [[[], '10 11 1* 2 3 4 wait']]
  },
  {
    promise: 'without neighbours a lookup begins with strangers',
    given: { strangers: [9, 11] },
    story: [
      [[], '9* 11 wait'],
      [replies(9, 11), 'over']
    ],
    counted: [9, 11]
  },
  { promise: 'without anybody to be asked a lookup is over', given: {}, story: [[[], 'over']] },
  {
    promise: 'bootstrap places are asked where fewer nodes are known, and waited for',
    given: { neighbours: [5], places: 2 },
    story: [
      [[], 'places 5* wait'],
      [['a place fails', { reply: 7, names: [3] }], '3 wait'],
      [replies(5, 3), 'wait'],
      [['a place fails'], 'over']
    ],
    counted: [7, 5, 3]
  },
  {
    promise: 'bootstrap places are asked once, and only when too few of the known nodes are left',
    given: { neighbours: [5, 6], places: 2 },
    story: [
      [[], '5* 6 wait'],
      [failures(5, 5), 'places wait'],
      [failures(6, 6), 'wait'],
      [['a place fails', 'a place fails'], 'over']
    ]
  }
]

const ways: Story[] = [
  {
    promise: 'a lookup goes from node to node until the nearest have replied',
    given: { neighbours: [100] },
    story: [
      [[], '100* wait'],
      [[{ reply: 100, names: [50, 60, 70, 80, 90] }], '50 60 70 80 wait'],
      [[{ reply: 50, names: [1, 2, 3, 4, 5] }], '1 2 3 4 wait'],
      [replies(60, 4, 2), '5 wait'],
      [replies(1), 'wait'],
      [replies(3), 'over']
    ],
    counted: [100, 50, 60, 4, 2, 1, 3]
  },
  {
    promise: 'once one of the nearest has replied one more is asked, and the slowest is not waited for',
    given: { relay: 20, neighbours: [20], strangers: [1, 2, 3, 4, 5, 6] },
    story: [
      [[], '20* 1* 2 3 4 wait'],
      [replies(20), 'wait'],
      [replies(2), '5 wait'],
      [replies(5, 4), 'wait'],
      [replies(3), 'over'],
      [replies(1), 'over']
    ],
    counted: [20, 2, 5, 4, 3]
  },
  {
    promise: 'where a node has replied that does not speak `route`, all are waited for, and nobody is spare',
    given: { relay: 9, neighbours: [9, 10] },
    story: [
      [[], '9* 10* wait'],
      [[{ reply: 9, names: [1, 2, 3, 4, 5], isOld: true }], '1 2 3 4 wait'],
      [replies(1, 2, 3, 4), 'wait'],
      [[{ reply: 10, names: [6] }], 'over']
    ]
  },
  {
    promise: 'a node that fails gives its place to the next one',
    given: { neighbours: [50] },
    story: [
      [[], '50* wait'],
      [[{ reply: 50, names: range(1, 8) }], '1 2 3 4 wait'],
      [failures(2, 2), '5 wait'],
      [[...failures(1, 1), ...failures(3, 3)], '6 7 wait'],
      [replies(4, 5, 6, 7), 'over']
    ]
  },
  {
    promise: 'where all fail a lookup is over',
    given: { relay: 10, neighbours: [10, 11] },
    story: [
      [[], '10* 11* wait'],
      [failures(10, 10), 'wait'],
      [failures(11, 11), 'over']
    ],
    counted: []
  },
  {
    promise: 'a node whose way is broken is asked again when another node names it, three times at most',
    given: { relay: 10, neighbours: [10, 11], strangers: [1] },
    story: [
      [[], '10* 11 1* wait'],
      [failures(1, 1), 'wait'],
      [[{ reply: 10, names: [1, 2] }], '1* 2 wait'],
      [failures(1, 1), 'wait'],
      [[{ reply: 11, names: [1] }], '1* wait'],
      [failures(1, 1), 'wait'],
      [[{ reply: 2, names: [1] }], 'over']
    ],
    counted: [10, 11, 2]
  },
  {
    promise: 'a node that had time to reply is not asked again, whoever names it',
    given: { relay: 10, neighbours: [10, 11], strangers: [1] },
    story: [
      [[], '10* 11 1* wait'],
      [[{ pass: 1500 }, ...failures(1, 1)], 'wait'],
      [
        [
          { reply: 10, names: [1] },
          { reply: 11, names: [1] }
        ],
        'over'
      ]
    ]
  },
  {
    promise: 'a node is asked once, however often it is named',
    given: { relay: 10, neighbours: [10, 11], strangers: [10, 12] },
    story: [
      [[], '10* 11* 12 wait'],
      [
        [
          { reply: 10, names: [1, 1, 11, 12] },
          { reply: 11, names: [1] }
        ],
        '1 wait'
      ],
      [[{ reply: 1, names: [10, 11] }, { failure: 12 }], 'over']
    ],
    counted: [10, 11, 1]
  },
  {
    promise: 'the node that looks up is not asked when others name it',
    given: { neighbours: [100] },
    story: [
      [[], '100* wait'],
      [[{ reply: 100, names: [OWN, 98] }], '98 wait']
    ]
  },
  {
    promise: 'invented nodes end a lookup when it has asked eight times as many as it is wide',
    given: { neighbours: [1000] },
    story: [
      [[], '1000* wait'],
      [[{ reply: 1000, names: range(1, 64) }], '1 2 3 4 wait'],
      ...wavesOfInvented,
      [failures(29, 31), 'over']
    ]
  }
]

const limits: Story[] = [
  {
    promise: 'while no query may be sent a lookup waits, and sees that it is over',
    given: { neighbours: [5], places: 2 },
    story: [
      [[{ mayAsk: false }], 'wait'],
      [[{ mayAsk: true }], 'places 5* wait'],
      [[{ mayAsk: false }, 'a place fails', { reply: 7, names: [1, 2, 3] }], 'wait'],
      [['a place fails', { reply: 5 }], 'wait'],
      [[{ mayAsk: true }], '1 2 3 wait'],
      [[{ mayAsk: false }, ...replies(1, 2)], 'over']
    ]
  },
  {
    promise: 'what is reported when a lookup is finished changes nothing',
    given: { relay: 10, neighbours: [10, 11], places: 2 },
    story: [
      [[], '10* 11* wait'],
      [[...replies(11), 'it is finished'], 'over'],
      [[{ reply: 10, names: [1], next: [1] }, { replyBeyond: 1 }, { failure: 10 }], 'over']
    ],
    counted: [11]
  }
]

playStories([...beginnings, ...ways, ...limits])
