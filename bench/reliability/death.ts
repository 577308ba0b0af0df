/** How long a node whose process was killed is still in the tables of the others. */

import { setTimeout as pause } from 'node:timers/promises'
import type { Child } from '../../test/helpers/child.js'
import { forkWorker, type OwnMember, startMember } from '../../test/helpers/member.js'
import { formatTable, median } from '../table.js'
import { runAlone } from './main.js'

const SECONDS = 1000
/** Nodes that live on, and the processes that they are in. */
const SURVIVORS = 12
const SURVIVOR_PROCESSES = 4
/** Each in a process of its own; they are killed one after the other. */
const VICTIMS = 5
/** Until the next one is killed: so long that it is not noticed together with the last one, and no longer. */
const KILL_INTERVAL = 3 * SECONDS
const DEADLINE = 60 * SECONDS
/** Milliseconds between two lookups of one node, where lookups go on. */
const LOOKUP_INTERVAL = 100

export interface Deaths {
  /** For each kill, the milliseconds until no table of any other node had it; `Infinity` after a minute. */
  times: number[]
  median: number
  worst: number
}

export interface DeathResult {
  idle: Deaths
  /** Each survivor looks up random keys. */
  busy: Deaths
}

/** @param rounds networks of each kind; five nodes are killed in each */
export async function measureDeath({ rounds = 4 } = {}): Promise<DeathResult> {
  const times: Record<keyof DeathResult, number[]> = { idle: [], busy: [] }
  for (let round = 0; round < rounds; round++) {
    times.idle.push(...(await killSome(false)))
    times.busy.push(...(await killSome(true)))
  }
  return { idle: describe(times.idle), busy: describe(times.busy) }
}

async function killSome(isBusy: boolean): Promise<number[]> {
  const survivorProcesses = Array.from({ length: SURVIVOR_PROCESSES }, () => forkWorker())
  const victimProcesses = Array.from({ length: VICTIMS }, () => forkWorker())
  const lookups = { areOver: false, ended: Promise.resolve() as Promise<unknown> }
  try {
    const hub = await startMember(survivorProcesses[0] as Child, { listen: true })
    const join = (child: Child) => startMember(child, { bootstrap: [hub.place] })
    const others = Array.from({ length: SURVIVORS - 1 }, (_, i) =>
      join(survivorProcesses[(i + 1) % SURVIVOR_PROCESSES] as Child)
    )
    const victims = await Promise.all(victimProcesses.map(join))
    const survivors = [hub, ...(await Promise.all(others))]
    if (isBusy) lookups.ended = Promise.all(survivors.map(node => lookUpUntil(node, victims, lookups)))
    else await pause(QUIET_BEFORE)
    const deaths: Promise<number>[] = []
    for (const victim of victims) {
      deaths.push(kill(victim, survivorProcesses))
      await pause(KILL_INTERVAL)
    }
    return await Promise.all(deaths)
  } finally {
    lookups.areOver = true
    await lookups.ended
    await Promise.all([...survivorProcesses, ...victimProcesses].map(child => child.destroy()))
  }
}

/** What a node does for some seconds after joining is over then. */
const QUIET_BEFORE = 15 * SECONDS

/** @returns the milliseconds until nobody has it in a table */
async function kill(victim: OwnMember, survivors: Child[]): Promise<number> {
  const killedAt = Date.now()
  await victim.process.kill()
  const forgotten = await Promise.all(
    survivors.map(child => child.call<number | null>('whenForgotten', victim.id, DEADLINE))
  )
  return Math.max(...forgotten.map(time => (time === null ? Number.POSITIVE_INFINITY : time - killedAt)))
}

/** Random keys, so that each node is asked now and then. */
async function lookUpUntil(
  node: OwnMember,
  victims: OwnMember[],
  until: { areOver: boolean }
): Promise<void> {
  while (!until.areOver) {
    const near = victims[Math.floor(Math.random() * victims.length)] as OwnMember
    await node.process.call('lookupsNear', node.index, near.id, 1, LOOKUP_INTERVAL)
  }
}

function describe(times: number[]): Deaths {
  return { times, median: median(times), worst: Math.max(...times) }
}

export function formatDeath({ idle, busy }: DeathResult): string {
  const row = (name: string, { times, median: middle, worst }: Deaths) => [
    name,
    times.length,
    inSeconds(middle),
    inSeconds(worst)
  ]
  return [
    `### A killed node leaves the last table (${SURVIVORS + VICTIMS} nodes)`,
    formatTable(['', 'kills', 'median', 'worst'], [row('idle', idle), row('lookups go on', busy)])
  ].join('\n\n')
}

function inSeconds(time: number): string {
  return `${(time / SECONDS).toFixed(1)} s`
}

await runAlone(
  import.meta.url,
  () => measureDeath(process.argv[2] ? { rounds: Number(process.argv[2]) } : {}),
  formatDeath
)
