import test from 'tape'
import { LateAnswers } from '../../src/entrances/late-answers.js'
import { LateOverHttp } from '../../src/entrances/late-over-http.js'
import { encodeLate, type LateMessage, parseLate, saysLate } from '../../src/wire/late-candidates.js'
import { turn } from '../helpers/fake-peer.js'
import { HandClock } from '../helpers/hand-clock.js'

const lineOf = (host: string) => `a=candidate:1 1 UDP 1686052863 ${host} 45681 typ srflx`
const [LINE, OTHER] = [lineOf('1.2.3.4'), lineOf('1.2.3.5')] as const
const asIs = (sdp: string) => sdp
const messageOf = (...candidates: string[]): LateMessage => ({ ufrag: 'abcd', candidates, late: false })

test('the server takes late candidates from where the offer came, of that offer, while its connection waits', async t => {
  const answers = new LateAnswers()
  const taken: string[] = []
  const way = answers.wayOf('1.2.3.4', asIs)
  t.notOk(way.hasMore)
  const stop = way.expect('abcd', lines => void taken.push(...lines))
  t.ok(way.hasMore)
  way.end?.('abcd')
  t.notOk(way.hasMore, 'its own are all in the answer')
  await answers.respond('1.2.3.5', messageOf(LINE))
  await answers.respond('1.2.3.4', { ...messageOf(LINE), ufrag: 'other' })
  t.deepEqual(taken, [])
  t.deepEqual(await answers.respond('1.2.3.4', messageOf(LINE)), messageOf())
  t.deepEqual(taken, [LINE])
  stop()
  await answers.respond('1.2.3.4', messageOf(OTHER))
  t.deepEqual(taken, [LINE], 'none once it is open or closed')
})

test('the server responds with its own late candidates, when there are some, as they may be shown', async t => {
  const clock = new HandClock()
  t.teardown(() => clock.restore())
  const answers = new LateAnswers()
  const way = answers.wayOf('here', sdp => sdp.replace(OTHER, ''))
  const stop = way.expect('abcd', () => {})
  const got: LateMessage[] = []
  const ask = () => void answers.respond('here', messageOf()).then(reply => got.push(reply))
  ask()
  ask()
  await turn()
  t.deepEqual(got, [{ ...messageOf(), late: true }], 'one request waits at a time')
  way.send('abcd', [LINE, OTHER])
  await turn()
  t.deepEqual(got[1], { ...messageOf(LINE), late: true })
  ask()
  clock.move(3000)
  await turn()
  t.deepEqual(got[2], { ...messageOf(), late: true }, 'it waits for three seconds')
  ask()
  stop()
  await turn()
  t.deepEqual(got[3], messageOf(), 'nobody waits once it is open or closed')
  t.equal(clock.pending, 0)
})

test('the newcomer asks again as long as the server has more, eight times at most, until it is connected', async t => {
  const replies: LateMessage[] = [{ ...messageOf(LINE), late: true }, messageOf(OTHER)]
  const posts: string[][] = []
  const taken: string[] = []
  const late = new LateOverHttp(async (url, { candidates }) => {
    posts.push([url, ...candidates])
    return replies.shift() ?? { ...messageOf(), late: true }
  })
  const stop = late.expect('abcd', lines => void taken.push(...lines))
  late.answered('http://host/', true)
  await turn()
  t.deepEqual(
    [posts, taken],
    [
      [['http://host/'], ['http://host/']],
      [LINE, OTHER]
    ]
  )
  late.send('abcd', [LINE])
  await turn()
  t.deepEqual(posts[2], ['http://host/', LINE])
  await turn()
  t.equal(posts.length, 8)
  stop()
  const other = new LateOverHttp(async () => t.fail('not once it is open or closed') as never)
  other.expect('abcd', () => {})()
  other.send('abcd', [LINE])
  await turn()
})

test('a server that does not know late candidates, or is gone, changes nothing', async t => {
  const late = new LateOverHttp(() => Promise.reject(new Error('status 400')))
  late.expect('abcd', () => t.fail('there are none'))
  late.answered('http://host/', false)
  late.send('abcd', [LINE])
  await turn()
})

test('late candidates over HTTP are read as they are written, and anything else is none', t => {
  t.deepEqual(parseLate(encodeLate(messageOf(LINE))), messageOf(LINE))
  t.deepEqual(parseLate(encodeLate({ ...messageOf(), late: true })), { ...messageOf(), late: true })
  const good = { type: 'candidates', ufrag: 'abcd', candidates: [LINE] }
  for (const wrong of [
    { ...good, type: 'offer' },
    { ...good, ufrag: 5 },
    { ...good, ufrag: 'x'.repeat(257) },
    { ...good, candidates: LINE },
    { ...good, candidates: Array(9).fill(LINE) },
    { ...good, candidates: ['x'.repeat(257)] },
    { ...good, candidates: [5] },
    { ...good, late: 1 },
    null,
    []
  ])
    t.equal(parseLate(JSON.stringify(wrong)), undefined, JSON.stringify(wrong)?.slice(0, 60))
  t.equal(parseLate('{'), undefined)
  t.deepEqual(['{"late":true}', '{"late":1}', '{}', '7'].map(saysLate), [true, false, false, false])
  t.end()
})
