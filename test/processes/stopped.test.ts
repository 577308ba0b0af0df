/** A process gets no time for a minute, as a laptop that sleeps: nothing in it runs, and its timers are late afterwards. */

import { setTimeout as pause } from 'node:timers/promises'
import test from 'tape'
import { forkWorker, type OwnMember, startMember } from '../helpers/member.js'
import { announceNew, begin, finds, findsNew, inSeconds, report, timeUntil } from './scenario.js'

const PROCESSES = 5
const SECONDS = 1000
const STOPPED_FOR = 60 * SECONDS
const FORGOTTEN_WITHIN = 22 * SECONDS
const BACK_WITHIN = 20 * SECONDS

const scenario = begin(async () => {
  const processes = Array.from({ length: PROCESSES }, () => forkWorker())
  try {
    const [first, ...rest] = processes as [(typeof processes)[0], ...typeof processes]
    const hub = await startMember(first, { listen: true })
    const joined = await Promise.all(rest.map(child => startMember(child, { bootstrap: [hub.place] })))
    const [sleeper, other] = joined as [OwnMember, OwnMember]
    const awake = [hub, ...joined.filter(member => member !== sleeper)]
    const ofOther = await announceNew(other)
    const isFoundBefore = (await finds(sleeper, ofOther, other)) && (await findsNew(other, sleeper))

    const isOver = pause(STOPPED_FOR)
    sleeper.process.signal('SIGSTOP')
    const forgotten = await Promise.all(
      awake.map(({ process }) => process.call<number | null>('whenForgotten', sleeper.id, FORGOTTEN_WITHIN))
    )
    const isFoundMeanwhile = await findsNew(hub, other)
    await isOver
    sleeper.process.signal('SIGCONT')
    const known = awake.map(member => member.whenConnection(sleeper.id, true, BACK_WITHIN))
    // What was announced before is still there for it, and what it announces now is found.
    const finding = await timeUntil(() => finds(sleeper, ofOther, other), BACK_WITHIN)
    const found = await timeUntil(() => findsNew(other, sleeper), BACK_WITHIN)
    return {
      isFoundBefore,
      forgotten,
      isFoundMeanwhile,
      finding,
      found: found === null ? null : found + (finding ?? 0),
      known: (await Promise.all(known)).filter(time => time !== null).length,
      table: (await sleeper.status()).table.length,
      faults: processes.flatMap(({ faults }) => faults)
    }
  } finally {
    await Promise.all(processes.map(child => child.destroy()))
  }
})

test('a node whose process was stopped for a minute is dropped, notices, and is back within seconds', async t => {
  const seen = await scenario
  t.ok(seen.isFoundBefore, 'it was one of them')
  t.ok(!seen.forgotten.includes(null), 'the others have dropped it')
  t.ok(seen.isFoundMeanwhile, 'the others went on without it')
  t.ok(seen.finding !== null, 'it finds others')
  t.ok(seen.found !== null, 'others find it')
  t.ok(seen.known > 0, 'others are connected to it again')
  t.ok(seen.table > 0, 'its table is not empty')
  t.deepEqual(seen.faults, [])
  report(`it found others after ${inSeconds(seen.finding)} and was found after ${inSeconds(seen.found)}`)
})
