/** Somebody sends one node's HTTP server garbage, as fast as this machine can. */

import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import test from 'tape'
import { Child } from '../helpers/child.js'
import type { GarbageCounts, GarbageOptions } from '../helpers/garbage-worker.js'
import type { Holdings } from '../helpers/holdings.js'
import { forkWorker, startMember } from '../helpers/member.js'
import { inSeconds, report } from './scenario.js'

const GARBAGE_WORKER = fileURLToPath(new URL('../helpers/garbage-worker.js', import.meta.url))
const NEIGHBOURS = 6
const LOOKUPS = 100
const SECONDS = 1000
const LOAD_TIME = 10 * SECONDS
const LET_IN_WITHIN = 40 * SECONDS
/** Below the 64 requests at once beyond which the server refuses everybody. */
const SOCKETS = 24
const MEBIBYTE = 2 ** 20
const MAX_HEAP_GROWTH = 32 * MEBIBYTE
const MAX_RSS_GROWTH = 192 * MEBIBYTE

// Only Linux has all of 127.0.0.0/8 without being told.
const isLinux = process.platform === 'linux'
const name =
  'a node that is sent garbage over HTTP answers its neighbours and lets newcomers in, in bounded memory'
test(name, { skip: !isLinux, timeout: 120_000 }, async t => {
  const hubProcess = forkWorker({ execArgv: ['--expose-gc'] })
  const neighbourProcess = forkWorker()
  const processes = [hubProcess, neighbourProcess]
  t.teardown(() => Promise.all(processes.map(child => child.destroy())))
  const hub = await startMember(hubProcess, { listen: true })
  const join = () => startMember(neighbourProcess, { bootstrap: [hub.place] })
  const [neighbour, ...others] = await Promise.all(Array.from({ length: NEIGHBOURS }, join))
  if (!neighbour) return t.fail('there is no neighbour')
  const lookups = () => neighbourProcess.call<number[]>('lookupsNear', neighbour.index, hub.id, LOOKUPS)
  await lookups() // code that has not run yet is slow
  const quiet = await lookups()
  const before = await hubProcess.call<Holdings>('holdings', hub.index)

  const load = [new Child(GARBAGE_WORKER), new Child(GARBAGE_WORKER)]
  processes.push(...load)
  const startedAt = Date.now()
  const requestsBefore = await hubProcess.call<number>('httpRequests')
  const start = (child: Child | undefined, from: string | null) =>
    child?.call('start', { port: hub.started.port ?? 0, sockets: SOCKETS, from } satisfies GarbageOptions)
  await Promise.all([start(load[0], '127.0.0.2'), start(load[1], null)])
  const isOver = pause(LOAD_TIME) // this long it lasts
  const newcomerProcess = forkWorker()
  processes.push(newcomerProcess)
  const newcomer = await startMember(newcomerProcess, { bootstrap: [hub.place] })
  const letIn = await newcomer.whenConnection(hub.id, true, LET_IN_WITHIN)
  const loaded = await lookups()
  await isOver
  const seconds = (Date.now() - startedAt) / SECONDS
  const requests = (await hubProcess.call<number>('httpRequests')) - requestsBefore
  const [ofOne = {}, ofMany = {}] = await Promise.all(load.map(child => child.call<GarbageCounts>('stop')))
  const after = await hubProcess.call<Holdings>('holdings', hub.index)

  t.ok((ofOne['429'] ?? 0) > 0, 'one address is refused beyond its share')
  t.notOk(ofMany['429'], 'others are not')
  t.ok(letIn !== null, 'a newcomer from another address gets in')
  t.equal(loaded.length, LOOKUPS, 'lookups go on')
  const { connected } = await hub.status()
  const isConnected = [neighbour, ...others].every(({ id }) => connected.includes(id))
  t.ok(isConnected, 'it has lost none of its neighbours')
  t.ok(
    after.heap - before.heap < MAX_HEAP_GROWTH,
    `the heap has grown by ${inMebibytes(after.heap - before.heap)}`
  )
  t.ok(
    after.rss - before.rss < MAX_RSS_GROWTH,
    `the process has grown by ${inMebibytes(after.rss - before.rss)}`
  )
  t.deepEqual(
    processes.flatMap(({ faults }) => faults),
    []
  )
  report(
    `${Math.round(requests / seconds)} requests a second; responses to one address ${JSON.stringify(ofOne)}`
  )
  report(
    `to many ${JSON.stringify(ofMany)}; heap +${inMebibytes(after.heap - before.heap)}, RSS +${inMebibytes(after.rss - before.rss)}`
  )
  report(
    `newcomer let in after ${inSeconds(newcomer.started.milliseconds)}; ${LOOKUPS} lookups: ${describe(quiet)} before, ${describe(loaded)} under load`
  )
})

function describe(times: number[]): string {
  const sorted = [...times].sort((a, b) => a - b)
  const at = (part: number) => (sorted[Math.floor(part * (sorted.length - 1))] ?? 0).toFixed(1)
  return `median ${at(0.5)} ms, worst ${at(1)} ms`
}

function inMebibytes(bytes: number): string {
  return `${(bytes / MEBIBYTE).toFixed(1)} MiB`
}
