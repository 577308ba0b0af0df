/** Transcripts of values under a topic. */

import { error, getsToken, named, query, reply, transcript } from './steps.mjs'

/** The value of the example in docs/beps/topics.md, published at 1700000000 s for an hour. */
const TOPIC = { hex: '559c1bc2f5ec7513e1aae91ceff08323600297de' }
const VALUE = {
  k: { hex: '03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8' },
  seq: 1_700_000_000_000,
  sig: {
    hex: '6b65191d90c3ecc60fd69c6287c9e3a4528b8affcbdc4af2ba96b19fa4f81a92228771efc5efe0b21a6b629938a7aa9a05cbdb6d451b08793be01ecbc5e7170f'
  },
  until: 1_700_003_600_000,
  v: '"e4"'
}

const putsTopic = (at, name, token = 'token') =>
  query(at, 'B', name, 'put_topic', { info_hash: TOPIC, token: named(token), ...VALUE })
const getsTopic = (at, stored) => [
  query(at, 'C', `get ${at}`, 'get_topic', { info_hash: TOPIC }),
  reply(at, 'C', `get ${at}`, { stored })
]
const topicToken = (at, name = 'token') => getsToken(at, 'B', TOPIC, name)

export const topics = [
  transcript(
    'a value under a topic lives until its time',
    ['M134', 'M135'],
    [
      topicToken(1),
      putsTopic(1, 'put'),
      reply(1, 'B', 'put'),
      getsTopic(3598, [VALUE]),
      getsTopic(3602, []),
      topicToken(3603, 'new token'),
      putsTopic(3603, 'again', 'new token'),
      error(3603, 'B', 'again', 203)
    ]
  ),
  transcript(
    'a value of more than 10 minutes from now is refused',
    ['M135'],
    [
      topicToken(0.5),
      putsTopic(0.5, 'early'),
      error(0.5, 'B', 'early', 203),
      putsTopic(2, 'put'),
      reply(2, 'B', 'put')
    ],
    { epoch: 1_699_999_399 }
  )
]
