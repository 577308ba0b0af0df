/** A node whose process may open few files: sockets of newcomers and of idle HTTP requests use them all up. */

import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import test from 'tape'
import { forkWorker, startMember } from '../helpers/member.js'
import { findsNew, report, timeUntil } from './scenario.js'

/** A process with a node has some 24 open, and one more for each connection. */
const DESCRIPTORS = 80
const MAX_CONNECTIONS = 64
const NEWCOMERS = 70
const IDLE_REQUESTS = 40
const LATER_NEWCOMERS = 5
const SECONDS = 1000
const WATCHING_INTERVAL = 20
const GONE_WITHIN = 30 * SECONDS
/** Waits for the rest of its body; a request has five seconds. */
const UNFINISHED = 'POST / HTTP/1.1\r\nHost: node\r\nContent-Length: 10\r\n\r\n'

const name =
  'a node that runs out of descriptors lives, keeps to its budget, and works again when the load is gone'
// Elsewhere there is no looking into a process from outside.
test(name, { skip: process.platform !== 'linux', timeout: 120_000 }, async t => {
  const limited = forkWorker()
  const processes = [limited]
  const fork = () => {
    const child = forkWorker()
    processes.push(child)
    return child
  }
  t.teardown(() => Promise.all(processes.map(child => child.destroy())))
  await limited.call('counts') // Node.js opens many modules at once: it has read them by now
  execFileSync('prlimit', ['--pid', String(limited.pid), `--nofile=${DESCRIPTORS}`])
  const hub = await startMember(limited, { listen: true, options: { maxConnections: MAX_CONNECTIONS } })
  const early = await startMember(fork(), { bootstrap: [hub.place] })
  t.ok(early.started.nodes > 0, 'one has joined before')

  const sockets = Array.from({ length: IDLE_REQUESTS }, () => openUnfinished(hub.started.port ?? 0))
  const crowd = fork()
  const join = () => startMember(crowd, { bootstrap: [hub.place], options: { maxConnections: 6 } })
  let descriptors = 0
  const watch = setInterval(() => {
    // From outside: it has none left to look itself.
    descriptors = Math.max(descriptors, readdirSync(`/proc/${limited.pid}/fd`).length)
  }, WATCHING_INTERVAL)
  t.teardown(() => clearInterval(watch))
  const joined = await Promise.all(Array.from({ length: NEWCOMERS }, join))
  clearInterval(watch)
  const { connected, peak } = await hub.status()
  const statuses = await crowd.call<Record<string, number>>('httpStatuses')
  t.ok(descriptors >= DESCRIPTORS - 2, `it had ${descriptors} descriptors open`)
  t.ok(connected.length < joined.length, 'not all could be let in')
  t.ok(peak <= MAX_CONNECTIONS, `${peak} connections at most`)

  for (const socket of sockets) socket.destroy()
  await crowd.destroy()
  const isFree = async () => (await hub.status()).connected.every(id => id === early.id)
  t.ok((await timeUntil(isFree, GONE_WITHIN)) !== null, 'it has noticed that they are gone')
  const late = fork()
  const newcomers = await Promise.all(
    Array.from({ length: LATER_NEWCOMERS }, () => startMember(late, { bootstrap: [hub.place] }))
  )
  t.equal(newcomers.filter(({ started }) => started.nodes === 0).length, 0, 'newcomers get in again')
  for (const newcomer of newcomers) {
    t.ok(await findsNew(newcomer, early), 'they find what others announce')
  }
  t.deepEqual(
    processes.flatMap(({ faults }) => faults),
    []
  )
  report(
    `${descriptors} descriptors at most, ${connected.length} connections; responses: ${JSON.stringify(statuses)}`
  )
})

function openUnfinished(port: number): Socket {
  const socket = connect(port, '127.0.0.1', () => socket.write(UNFINISHED))
  return socket.on('error', () => {}) // hung up on: there was no descriptor for it
}
