/** What a node says when: exchanges with times, as README.md describes them. */

import { ids } from './notation.mjs'
import {
  asks,
  closes,
  error,
  fallsSilent,
  getsToken,
  HASH,
  isClosed,
  named,
  opens,
  query,
  replies,
  reply,
  transcript,
  wants
} from './steps.mjs'
import { topics } from './topics.mjs'

const ROUNDS = 20
/** A neighbour announces, with a token of another time. */
const announces = (at, from, tokenAt, port = 6881) => [
  query(at, from, `announce ${from} ${at}`, 'announce_peer', {
    info_hash: HASH,
    port,
    token: named(`token of ${from} at ${tokenAt}`)
  })
]
const announced = (at, from, tokenAt, port) => [
  announces(at, from, tokenAt, port),
  reply(at, from, `announce ${from} ${at}`)
]
/** C asks who has announced: nodes, or `null`. */
const finds = (at, nodes) => [
  query(at, 'C', `find ${at}`, 'get_peers', { info_hash: HASH }),
  reply(at, 'C', `find ${at}`, { values: nodes && { announcers: nodes } })
]

const tokens = [
  transcript('a token is taken for five minutes', ['M56'], [getsToken(1, 'B'), announced(300.9, 'B', 1)]),
  transcript(
    'a token of ten minutes ago is not',
    ['M32'],
    [getsToken(1, 'B'), announces(601.5, 'B', 1), error(601.5, 'B', 'announce B 601.5', 203)]
  )
]

const RELEASE = { neighbours: 'BCEFGHIJz' }
const releases = [
  getsToken(1, 'z'),
  announced(1, 'z', 1),
  query(10, 'z', 'release', 'release'),
  reply(10, 'z', 'release')
]

const announcements = [
  transcript(
    'an announcement lives for 45 minutes',
    [],
    [getsToken(1, 'B'), announced(1, 'B', 1), finds(2699, 'B'), finds(2702, null)]
  ),
  transcript(
    'they count from the last one',
    [],
    [
      getsToken(1, 'B'),
      announced(1, 'B', 1),
      getsToken(1501, 'B'),
      announced(1501, 'B', 1501),
      finds(4199, 'B'),
      finds(4202, null)
    ]
  ),
  transcript(
    'it is forgotten 3 s after its node has closed the connection',
    [],
    [getsToken(1, 'B'), announced(1, 'B', 1), closes(10, 'B'), finds(12.8, 'B'), finds(13.5, null)]
  ),
  transcript(
    'it is kept where A has agreed to let go of the connection',
    ['M80'],
    [releases, closes(14.8, 'z'), finds(20, 'z')],
    RELEASE
  ),
  transcript(
    'an agreement holds for 5 s',
    ['M80'],
    [releases, closes(15.3, 'z'), finds(18.8, null)],
    RELEASE
  ),
  transcript(
    'it is forgotten two minutes after its node was last heard',
    [],
    [
      getsToken(1, 'B'),
      announced(1, 'B', 1),
      fallsSilent(2, 'B'),
      isClosed([10, 20], 'B'),
      finds(110, 'B'),
      finds(150, null)
    ]
  )
]

const watches = [
  query(1, 'B', 'watch', 'watch_peers', { info_hash: HASH, token: named('token of B at 1') }),
  reply(1, 'B', 'watch')
]
const told = { info_hash: HASH, values: { announcers: 'C' } }

const watching = [
  transcript(
    'a watch ends after ten minutes',
    ['M103'],
    [
      getsToken(1, 'B'),
      watches,
      getsToken(590, 'C'),
      announced(600, 'C', 590),
      asks(600.1, 'B', 'told', 'tell_peers', told),
      replies(600.1, 'B', 'told'),
      announced(602, 'C', 590, 6882)
    ]
  ),
  transcript(
    'two queries in a row without a reply end it',
    ['M104'],
    [
      getsToken(1, 'B'),
      watches,
      getsToken(1, 'C'),
      announced(2, 'C', 1, 1),
      asks(2.1, 'B', 'first', 'tell_peers', told),
      announced(20, 'C', 1, 2),
      asks(20.1, 'B', 'second', 'tell_peers', told),
      announced(40, 'C', 1, 3)
    ]
  ),
  transcript(
    'error 403 ends it',
    ['M104'],
    [
      getsToken(1, 'B'),
      watches,
      getsToken(1, 'C'),
      announced(2, 'C', 1, 1),
      asks(2.1, 'B', 'first', 'tell_peers', told),
      { at: 2.2, from: 'B', t: named('first'), error: 403 },
      announced(20, 'C', 1, 2)
    ]
  ),
  transcript(
    'what is announced again is no news',
    ['M103'],
    [
      getsToken(1, 'B'),
      getsToken(1, 'C'),
      announced(1, 'C', 1),
      query(2, 'B', 'watch', 'watch_peers', { info_hash: HASH, token: named('token of B at 1') }),
      reply(2, 'B', 'watch', { values: { announcers: 'C' } }),
      announced(10, 'C', 1),
      announced(20, 'C', 1, 2),
      asks(20.1, 'B', 'told', 'tell_peers', told)
    ]
  )
]

const offer = node => ({ offer: node })
const introduced = [
  query(1, 'B', 'ask', 'peer_connection', { signal: offer('B'), target: ids('C') }),
  asks(1, 'C', 'passed on', 'peer_connection', { signal: offer('B'), target: null })
]
/** A wants a connection to a node that B names, which makes an offer to A meanwhile. */
const crosses = node => [
  wants(1, node),
  asks(1, 'B', 'own', 'peer_connection', { target: ids(node) }),
  query(1.1, 'B', 'other', 'peer_connection', { signal: offer(node) })
]
const arrives = [query(5, 'C', 'offer', 'peer_connection', { signal: offer('B') })]

const introductions = [
  transcript(
    'a relay waits 1.2 s for the target',
    ['M57'],
    [introduced, error(2.2, 'B', 'ask', 201), replies(2.5, 'C', 'passed on', { signal: { answer: 'C' } })]
  ),
  transcript(
    'the target answers just in time',
    ['M57'],
    [
      introduced,
      replies(2, 'C', 'passed on', { signal: { answer: 'C' } }),
      reply(2, 'B', 'ask', { signal: { answer: 'C' } })
    ]
  ),
  transcript(
    'crossing offers: the smaller id waits 0.7 s',
    ['M71'],
    [crosses('X'), reply(1.8, 'B', 'other', { signal: { answer: 'A' } })],
    { names: { B: 'X' } }
  ),
  transcript(
    'crossing offers: its own attempt succeeds meanwhile',
    ['M71'],
    [
      crosses('X'),
      replies(1.2, 'B', 'own', { signal: { answer: 'X' } }),
      opens(1.4, 'X'),
      reply(1.4, 'B', 'other', { signal: { alone: 'A' } })
    ],
    { names: { B: 'X' } }
  ),
  transcript(
    'crossing offers: the larger id answers at once',
    ['M71'],
    [crosses('0'), reply(1.1, 'B', 'other', { signal: { answer: 'A' } })],
    { names: { B: '0' } }
  ),
  transcript(
    'a neighbour that makes an offer and was heard lately',
    ['M70'],
    [
      query(4, 'B', 'ping', 'ping'),
      reply(4, 'B', 'ping'),
      arrives,
      reply(5, 'C', 'offer', { signal: { alone: 'A' } })
    ]
  ),
  transcript(
    'a neighbour that makes an offer is asked whether it is there',
    ['M70'],
    [
      arrives,
      asks(5, 'B', 'there', 'ping'),
      replies(5.5, 'B', 'there'),
      reply(5.5, 'C', 'offer', { signal: { alone: 'A' } })
    ]
  ),
  transcript(
    'it says nothing for 0.7 s: it was started anew',
    ['M70'],
    [
      arrives,
      asks(5, 'B', 'there', 'ping'),
      isClosed(5.7, 'B'),
      reply(5.7, 'C', 'offer', { signal: { answer: 'A' } })
    ]
  )
]

const dials = (at, count, code, label) =>
  Array.from({ length: count }, (_, i) => [
    query(at, 'B', `${label} ${i}`, 'dial', { protocol: 'x', signal: offer('B') }),
    error(at, 'B', `${label} ${i}`, code)
  ]).flat()

const limits = [
  transcript(
    '2 dials a second, and 20 at once',
    [],
    [
      dials(1, ROUNDS, 501, 'burst'),
      dials(1, 1, 429, 'one more'),
      dials(1.5, 1, 501, 'refilled'),
      dials(1.5, 1, 429, 'and used up')
    ]
  )
]

export const transcripts = [...tokens, ...announcements, ...watching, ...introductions, ...limits, ...topics]
