/** Two attempts to open one connection: when the second begins, which one wins, and what the loser is told. */

import test, { type Test } from 'tape'
import { type Attempt, openInTwo, timeAlone } from '../../src/connections/retry.js'
import { WebTorrentDHTError } from '../../src/errors.js'
import { markCareful } from '../../src/wire/description.js'
import { BY_CHROMIUM, BY_LIBDATACHANNEL } from '../fuzz/descriptions.js'
import { turn } from '../helpers/fake-peer.js'
import { HandClock } from '../helpers/hand-clock.js'

interface Made {
  attempt: Attempt
  open(name: string): void
  fail(code: 'ECONNFAILED' | 'EREFUSED' | 'ETIMEDOUT' | 'EFULL'): void
}

/** Attempts that do what the test says, in time that stands still. */
function open(t: Test, retried?: Parameters<typeof openInTwo>[1]) {
  const clock = new HandClock()
  t.teardown(() => clock.restore())
  const made: Made[] = []
  const outcome: string[] = []
  openInTwo<string>(
    attempt =>
      new Promise((resolve, reject) =>
        made.push({ attempt, open: resolve, fail: code => reject(new WebTorrentDHTError(code, 'it failed')) })
      ),
    retried
  ).then(
    name => outcome.push(name),
    ({ code }) => outcome.push(code)
  )
  return { clock, made, outcome }
}

test('an attempt that opens in time has no other beside it', async t => {
  const { clock, made, outcome } = open(t)
  made[0]?.attempt.answered(150)
  clock.move(149)
  made[0]?.open('first')
  await turn()
  clock.move(10_000)
  t.deepEqual([outcome, made.length, clock.pending], [['first'], 1, 0])
  t.notOk(made[0]?.attempt.lost.aborted)
})

test('a second attempt begins beside one that has not opened in time, and either may win', async t => {
  for (const winner of [0, 1]) {
    const { clock, made, outcome } = open(t)
    made[0]?.attempt.answered(150)
    clock.move(150)
    t.deepEqual(
      made.map(({ attempt: { isSecond, isBeside } }) => [isSecond, isBeside]),
      [
        [false, false],
        [true, true]
      ]
    )
    made[winner]?.open('winner')
    await turn()
    made[1 - winner]?.fail('ECONNFAILED')
    await turn()
    t.deepEqual([outcome, made.length], [['winner'], 2])
    t.deepEqual(
      made.map(({ attempt }) => attempt.lost.aborted),
      [winner === 1, winner === 0]
    )
    clock.restore()
  }
})

test('a second attempt begins at once where the first fails, and is alone', async t => {
  const { made, outcome, clock } = open(t)
  made[0]?.attempt.answered(150)
  made[0]?.fail('ECONNFAILED')
  await turn()
  t.deepEqual([made[1]?.attempt.isSecond, made[1]?.attempt.isBeside, clock.pending], [true, false, 0])
  made[1]?.fail('ETIMEDOUT')
  await turn()
  t.deepEqual(outcome, ['ETIMEDOUT'])
})

test('neither failure ends the other attempt, whatever it is', async t => {
  for (const [loser, code] of [
    [0, 'ETIMEDOUT'],
    [0, 'ECONNFAILED'],
    [1, 'EREFUSED'],
    [1, 'EFULL']
  ] as const) {
    const { clock, made, outcome } = open(t)
    made[0]?.attempt.answered(150)
    clock.move(150)
    made[loser]?.fail(code)
    await turn()
    t.deepEqual([outcome, made.length], [[], 2])
    made[1 - loser]?.open('other')
    await turn()
    t.deepEqual(outcome, ['other'])
    clock.restore()
  }
})

test('where the second attempt was refused, the error is that of the first', async t => {
  const { clock, made, outcome } = open(t)
  made[0]?.attempt.answered(150)
  clock.move(150)
  made[1]?.fail('EREFUSED')
  made[0]?.fail('ECONNFAILED')
  await turn()
  t.deepEqual(outcome, ['ECONNFAILED'])
})

test('only the errors that are named are worth a second attempt', async t => {
  for (const [retried, count] of [
    [undefined, 1],
    [['ECONNFAILED', 'EREFUSED'], 2]
  ] as const) {
    const { made, clock } = open(t, retried)
    made[0]?.fail('EREFUSED')
    await turn()
    t.equal(made.length, count)
    clock.restore()
  }
})

test('a first attempt is alone longer where signals are slow, or nothing costs a second', t => {
  const by = (...sdps: string[]) => sdps.map(sdp => ({ type: 'offer' as const, sdp }))
  const quick = by(BY_LIBDATACHANNEL, BY_LIBDATACHANNEL)
  t.deepEqual(
    [1, 40, 100, 400].map(signalTime => timeAlone(700, signalTime, quick)),
    [150, 150, 350, 1400]
  )
  for (const others of [
    by(BY_LIBDATACHANNEL, BY_CHROMIUM),
    by(markCareful(BY_LIBDATACHANNEL), BY_LIBDATACHANNEL)
  ])
    t.deepEqual(
      [1, 100].map(signalTime => timeAlone(700, signalTime, others)),
      [700, 1000]
    )
  t.end()
})
