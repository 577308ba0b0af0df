/** Point 2: does a swarm find what it stores, at once, after a minute of quiet, and when half of it has been killed? */

import { setTimeout as pause } from 'node:timers/promises'
import type { Member } from '../test/helpers/member.js'
import { type Cluster, startCluster } from './cluster.js'
import { type BenchOptions, createRandom, pick, randomHex } from './options.js'
import { formatTable, median, milliseconds, percent } from './table.js'

/** Requests under way at the same time, all over the swarm. */
const PARALLEL = 8

interface Announced {
  infoHash: string
  port: number
  by: Member
}

interface Stored {
  key: string
  value: string
  by: Member
}

/** Milliseconds; `null` for a failure. */
type Took = number | null

interface Result {
  ok: number
  of: number
  times: number[]
}

export async function measureSwarm(options: BenchOptions): Promise<string> {
  const random = createRandom(options.seed)
  const cluster = await startCluster(options, random)
  try {
    const { members, processes } = cluster
    const rows = [joinedRow(members)]

    const announced: Announced[] = members.map((by, i) => ({
      infoHash: randomHex(random),
      port: 1024 + i,
      by
    }))
    const found = await inParallel(announced, async one => {
      await one.by.announce(one.infoHash, one.port)
      return find(members, one, random)
    })
    rows.push(['announce, then lookup', share(found), '67 %', time(found)])

    const stored: Stored[] = []
    const got = await inParallel(members, async by => {
      const value = `${randomHex(random)} by ${by.started.id}`
      const key = await by.put(value)
      stored.push({ key, value, by })
      return fetchValue(members, { key, value, by }, random)
    })
    rows.push(['put, then get', share(got), '42 %', time(got)])

    await pause(options.quiet * 1000)
    const foundLater = await inParallel(announced, one => find(members, one, random))
    rows.push([`lookup of the same after ${options.quiet} s`, share(foundLater), '23 %', time(foundLater)])
    const gotLater = await inParallel(stored, one => fetchValue(members, one, random))
    rows.push(['get of the same', share(gotLater), '23 %', time(gotLater)])

    // The node that all joined through is among the dead.
    const dead = new Set(processes.slice(0, processes.length / 2))
    await Promise.all([...dead].map(process => process.kill()))
    const alive: Member[] = members.filter(member => !dead.has(member.process))
    const ofAlive = announced.filter(({ by }) => alive.includes(by))
    const foundAfter = await inParallel(ofAlive, one => find(alive, one, random))
    rows.push(['half killed: lookup of announcers alive', share(foundAfter), '8 %', time(foundAfter)])
    const gotAfter = await inParallel(stored, one => fetchValue(alive, one, random))
    rows.push(['half killed: get', share(gotAfter), '8 %', time(gotAfter)])

    return [
      `### Swarm of ${options.nodes} nodes in ${processes.length} processes`,
      formatTable(
        ['request', 'succeeded', 'predecessor (64 nodes, measured earlier)', 'median, worst'],
        rows
      ),
      faultsOf(cluster)
    ].join('\n\n')
  } finally {
    await cluster.destroy()
  }
}

function joinedRow(members: Member[]): string[] {
  const [, ...joined] = members // the first one has nobody to join
  const times = joined.map(({ started }) => started.milliseconds)
  const full = joined.filter(({ started }) => started.nodes > 0).length
  return ['table not empty at `ready`', percent(full, joined.length), '–', time({ ok: 0, of: 0, times })]
}

/** @returns the milliseconds until the announcer was found, by port and id; `null` if it was not */
async function find(swarm: Member[], { infoHash, port, by }: Announced, random: () => number): Promise<Took> {
  const from = pick(random, without(swarm, by))
  const { ports, ids, first, milliseconds: total } = await from.lookup(infoHash)
  if (ports.includes(port) && ids.includes(by.started.id)) return first
  await report(swarm, 'lookup', infoHash, from, by, `found [${ports}] in ${milliseconds(total)}`)
  return null
}

async function fetchValue(swarm: Member[], { key, value, by }: Stored, random: () => number): Promise<Took> {
  const from = pick(random, without(swarm, by))
  const startedAt = performance.now()
  const found = await from.get(key)
  if (found === value) return performance.now() - startedAt
  await report(swarm, 'get', key, from, by, `got ${found}`)
  return null
}

async function inParallel<T>(list: T[], run: (one: T) => Promise<Took>): Promise<Result> {
  const queue = [...list]
  const times: number[] = []
  const work = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const took = await run(next).catch(error => void console.error(`failed: ${error.message}`))
      if (typeof took === 'number') times.push(took)
    }
  }
  await Promise.all(Array.from({ length: PARALLEL }, work))
  return { ok: times.length, of: list.length, times }
}

function without(members: Member[], one: Member): Member[] {
  return members.filter(member => member !== one)
}

function share({ ok, of }: Result): string {
  return percent(ok, of)
}

function time({ times }: Result): string {
  return `${milliseconds(median(times))}, ${milliseconds(Math.max(...times))}`
}

/** Failures go beside the table, so that each can be looked into. */
async function report(
  swarm: Member[],
  request: string,
  hash: string,
  from: Member,
  by: Member,
  result: string
): Promise<void> {
  const stores = await Promise.all(swarm.map(member => member.stores(hash)))
  const holders = swarm.filter((_, i) => stores[i]).map(({ started }) => started.id.slice(0, 7))
  console.error(
    `failed: ${request} of ${hash} by ${by.started.id} from ${from.started.id} ${result}; alive and storing it: ${holders}`
  )
}

export function faultsOf({ processes }: Cluster): string {
  const faults = processes.flatMap(process => process.faults)
  return faults.length === 0 ? 'No errors.' : `Errors: ${faults.length}, the first: ${faults[0]}`
}
