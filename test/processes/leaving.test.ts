/** One of two servers is told to stop, while others look up, put and get. */

import test from 'tape'
import { forkWorker, type OwnMember, startMember } from '../helpers/member.js'
import { announceNew, finds, inSeconds, report } from './scenario.js'

const CLIENTS = 4
const VALUES = 12
const SECONDS = 1000
/** An idle machine needs one second, and gives up the rest after four. */
const GONE_WITHIN = 10 * SECONDS

test('a server of two stops on SIGTERM: no lookup, get or put fails, and no value is lost', {
  timeout: 60_000
}, async t => {
  const processes = Array.from({ length: 3 }, () => forkWorker())
  t.teardown(() => Promise.all(processes.map(child => child.destroy())))
  const [leavingProcess, stayingProcess, clientProcess] = processes as [
    (typeof processes)[0],
    (typeof processes)[0],
    (typeof processes)[0]
  ]
  const leaving = await startMember(leavingProcess, { listen: true })
  // Values that it alone stores: no other node was there yet.
  const lonely: string[] = []
  for (let i = 0; i < VALUES; i++)
    lonely.push(await leaving.process.call('putAlone', leaving.index, `lonely ${i}`))
  const staying = await startMember(stayingProcess, { listen: true, bootstrap: [leaving.place] })
  const places = [leaving.place, staying.place]
  const clients = await Promise.all(
    Array.from({ length: CLIENTS }, () => startMember(clientProcess, { bootstrap: places }))
  )
  const [announcer, user] = clients as [OwnMember, OwnMember]
  const infoHash = await announceNew(announcer)
  t.ok(await finds(user, infoHash, announcer), 'a lookup finds before')

  const stoppedAt = Date.now()
  leaving.process.signal('SIGTERM')
  let isGone = false
  const exited = leaving.process.exited.then(exit => {
    isGone = true
    return { ...exit, milliseconds: Date.now() - stoppedAt }
  })
  const meanwhile: string[] = []
  let lookups = 0
  let failed = 0
  do {
    if (!(await finds(user, infoHash, announcer))) failed++
    meanwhile.push(await user.put(`meanwhile ${lookups++}`))
  } while (!isGone)
  const { code, milliseconds } = await exited
  t.equal(code, 0, 'it ends by itself')
  t.ok(milliseconds < GONE_WITHIN, `after ${inSeconds(milliseconds)}`)
  t.equal(failed, 0, `of ${lookups} lookups meanwhile none failed`)

  const newcomer = await startMember(clientProcess, { bootstrap: places })
  t.ok(newcomer.started.nodes > 0, 'a newcomer that knows both places joins at the one that is left')
  t.ok(await finds(newcomer, infoHash, announcer), 'it finds what was announced before')
  const values = await Promise.all([...lonely, ...meanwhile].map(key => newcomer.get(key)))
  t.equal(values.filter(value => value !== null).length, VALUES + lookups, 'no value is lost')
  t.deepEqual(
    processes.flatMap(({ faults }) => faults),
    []
  )
  report(`gone after ${inSeconds(milliseconds)}; ${VALUES} values of its own, ${lookups} put meanwhile`)
})
