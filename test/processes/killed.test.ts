/** One of several processes is killed: nothing says goodbye for it. */

import { setTimeout as pause } from 'node:timers/promises'
import test from 'tape'
import { forkWorker, type OwnMember, startMember } from '../helpers/member.js'
import { announceNew, begin, finds, inSeconds, report } from './scenario.js'

const PROCESSES = 6
const SECONDS = 1000
/** A quiet connection is pinged after 10 to 12 s, closed 3 s later, and the node kept in the table for 3 s more. */
const FORGOTTEN_WITHIN = 22 * SECONDS
/** Milliseconds: two minutes after the connection broke, a minute between two checks, and the search that finds nobody. */
const UNHEARD_OF_WITHIN = 220_000
/** A query lives 2 to 2.5 s, and a ping that follows it 0.7 s. */
const NOTICED_WITHIN = 6 * SECONDS
/** A node that asks more often is over the limits of the others. */
const LOOKUP_INTERVAL = 50

const scenario = begin(async () => {
  const processes = Array.from({ length: PROCESSES }, () => forkWorker())
  try {
    const [first, ...rest] = processes as [(typeof processes)[0], ...typeof processes]
    const hub = await startMember(first, { listen: true })
    const joined = await Promise.all(rest.map(child => startMember(child, { bootstrap: [hub.place] })))
    const [user, victim, ...others] = joined as [OwnMember, OwnMember, ...OwnMember[]]
    const survivors = [hub, user, ...others]
    const ofVictim = await announceNew(victim)
    const isFoundBefore = await finds(user, ofVictim, victim)
    const ofHub = await announceNew(hub)

    const killedAt = Date.now()
    await victim.process.kill()
    const forgotten = Promise.all(
      survivors.map(({ process }) =>
        process.call<number | null>('whenForgotten', victim.id, FORGOTTEN_WITHIN)
      )
    )
    const noticed = user.whenConnection(victim.id, false, FORGOTTEN_WITHIN)
    let isOver = false
    forgotten.then(() => {
      isOver = true
    })
    let lookups = 0
    let found = 0
    while (!isOver) {
      if (await finds(user, ofHub, hub)) found++
      lookups++
      await pause(LOOKUP_INTERVAL)
    }
    const since = (time: number | null) => (time === null ? null : time - killedAt)
    // Who holds the announcement without a connection to the announcer looks for it once a minute, when it is asked.
    let stillFound: boolean[]
    do {
      stillFound = []
      for (const survivor of survivors) stillFound.push(await finds(survivor, ofVictim, victim))
    } while (stillFound.includes(true) && Date.now() - killedAt < UNHEARD_OF_WITHIN)
    return {
      isFoundBefore,
      noticed: since(await noticed),
      forgotten: (await forgotten).map(since),
      lookups,
      found,
      stillFound: stillFound.filter(Boolean).length,
      faults: processes.flatMap(({ faults }) => faults)
    }
  } finally {
    await Promise.all(processes.map(child => child.destroy()))
  }
})

test('a node whose process was killed is forgotten, with what it announced, and lookups go on', async t => {
  const seen = await scenario
  t.ok(seen.isFoundBefore, 'its announcement was found')
  t.ok(seen.noticed !== null && seen.noticed < NOTICED_WITHIN, 'a node that asks it has noticed soon')
  t.ok(!seen.forgotten.includes(null), 'the others have it neither connected nor in their tables')
  t.equal(seen.stillFound, 0, 'nobody is handed what it announced')
  t.ok(seen.lookups > 0)
  t.equal(seen.found, seen.lookups, 'every lookup in the meantime has found its peer')
  t.deepEqual(seen.faults, [])
  report(
    `noticed after ${inSeconds(seen.noticed)} where lookups went on, forgotten by all after ${inSeconds(
      Math.max(...seen.forgotten.map(time => time ?? 0))
    )}; ${seen.lookups} lookups meanwhile`
  )
})
