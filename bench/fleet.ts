/**
 * Three bootstrap nodes that know each other, with nodes that joined at all of them: what each costs, and what happens when one is killed
 * and another is told to stop.
 */

import { randomBytes } from 'node:crypto'
import type { Child } from '../test/helpers/child.js'
import type { Holdings } from '../test/helpers/holdings.js'
import { forkWorker, type OwnMember, startMember } from '../test/helpers/member.js'
import type { BenchOptions } from './options.js'
import { fixed, formatTable, mebibytes, median, milliseconds, percent } from './table.js'

const SERVERS = 3
/** Processes for the other nodes. */
const PROCESSES = 4
const PORT = 6881
/** Connections of a server: the default of `webtorrent-dht serve`. */
const SERVER_OPTIONS = { maxConnections: 256 }

interface Round {
  what: string
  lookups: number
  found: number
  /** Milliseconds of each lookup. */
  times: number[]
  values: number
  kept: number
  /** Milliseconds that a newcomer which knows all three places takes. */
  joining: number
}

export async function measureFleet({ nodes }: BenchOptions): Promise<string> {
  const serverProcesses = Array.from({ length: SERVERS }, () => forkWorker({ execArgv: ['--expose-gc'] }))
  const others = Array.from({ length: PROCESSES }, () => forkWorker())
  try {
    const servers: OwnMember[] = []
    for (const child of serverProcesses) servers.push(await startServer(child, servers))
    const places = servers.map(({ place }) => place)
    const join = (_: unknown, i: number) => startMember(others[i % PROCESSES] as Child, { bootstrap: places })
    const members = await Promise.all(Array.from({ length: nodes }, join))
    const stored = await Promise.all(members.map(storeOne))
    const costs = await Promise.all(servers.map(costOf))
    const play = (what: string, gone: Promise<unknown> = Promise.resolve()) =>
      playRound(what, gone, { members, stored, places, child: others[0] as Child })
    const rounds = [await play('all three there')]
    const [, killed, stopped] = servers as [OwnMember, OwnMember, OwnMember]
    rounds.push(await play('one is killed', killed.process.kill()))
    stopped.process.signal('SIGTERM')
    rounds.push(await play('another one stops (SIGTERM)', stopped.process.exited))
    return format(nodes, costs, rounds)
  } finally {
    await Promise.all([...serverProcesses, ...others].map(child => child.destroy()))
  }
}

function startServer(child: Child, earlier: OwnMember[]): Promise<OwnMember> {
  const bootstrap = earlier.map(({ place }) => place)
  return startMember(child, { listen: true, bootstrap, options: SERVER_OPTIONS })
}

interface Stored {
  by: OwnMember
  infoHash: string
  key: string
}

async function storeOne(by: OwnMember): Promise<Stored> {
  const infoHash = randomBytes(20).toString('hex')
  await by.announce(infoHash, PORT)
  return { by, infoHash, key: await by.put(`value of ${by.id}`) }
}

interface Cost {
  connections: number
  rss: number
  cpu: number
}

async function costOf({ process: child, index }: OwnMember): Promise<Cost> {
  const { connections, rss } = await child.call<Holdings>('holdings', index)
  const { user, system } = await child.call<NodeJS.CpuUsage>('cpuUsage')
  return { connections, rss, cpu: (user + system) / 1000 }
}

/** Looks up everything that was announced, from the moment of the change on, then gets everything that was stored. */
async function playRound(
  what: string,
  gone: Promise<unknown>,
  network: { members: OwnMember[]; stored: Stored[]; places: string[]; child: Child }
): Promise<Round> {
  const { members, stored, places, child } = network
  const asker = (i: number) => members[(i + 1) % members.length] as OwnMember
  const times: number[] = []
  let found = 0
  for (const [i, { by, infoHash }] of stored.entries()) {
    const { ids, milliseconds } = await asker(i).lookup(infoHash)
    if (ids.includes(by.id)) found++
    times.push(milliseconds)
  }
  await gone
  const values = await Promise.all(stored.map(({ key }, i) => asker(i).get(key)))
  const newcomer = await startMember(child, { bootstrap: places })
  return {
    what,
    lookups: stored.length,
    found,
    times,
    values: values.length,
    kept: values.filter(value => value !== null).length,
    joining: newcomer.started.nodes > 0 ? newcomer.started.milliseconds : Number.NaN
  }
}

function format(nodes: number, costs: Cost[], rounds: Round[]): string {
  return [
    `### Three bootstrap nodes for ${nodes} others`,
    formatTable(
      ['', 'connections', 'memory (RSS)', 'CPU until all had joined'],
      costs.map(({ connections, rss, cpu }, i) => [
        `node ${i + 1}`,
        connections,
        mebibytes(rss),
        `${fixed(cpu / 1000)} s`
      ])
    ),
    formatTable(
      ['', 'lookups', 'median, worst', 'values still there', 'a newcomer joins in'],
      rounds.map(({ what, lookups, found, times, values, kept, joining }) => [
        what,
        percent(found, lookups),
        `${milliseconds(median(times))}, ${milliseconds(Math.max(...times))}`,
        percent(kept, values),
        milliseconds(joining)
      ])
    )
  ].join('\n\n')
}
