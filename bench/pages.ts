/** What the links of many pages cost one server, over WebRTC and over WebSocket, beside a server of bare links. */

import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Child } from '../test/helpers/child.js'
import type { Outcome } from './load/clients-worker.js'
import { CLIENT_PROCESSES, Crowd } from './load/crowd.js'
import type { Fare, Transport } from './load/server-worker.js'
import type { BenchOptions } from './options.js'
import { type Cell, fixed, formatTable, milliseconds, quantile } from './table.js'

const SERVER = fileURLToPath(new URL('load/server-worker.js', import.meta.url))
/** Connected before it is measured: code is compiled, and the native layer has its threads. */
const WARMING_UP = 16
/** Milliseconds from the last join on: what joining needs is given back to the system. */
const SETTLING_TIME = 10_000

interface Size {
  pages: number
  /** Queries a second; for so many seconds. */
  rate: number
  seconds: number
  /** Seconds in which nobody asks. */
  quiet: number
}

export interface PagesResult {
  links: number
  joining: Fare
  /** Bytes of a link, with all open, and once nobody has asked for a while. */
  memory: number
  memoryLater: number
  idle: Fare
  asked: Fare
  outcome: Outcome
}

export async function measurePages(options: BenchOptions): Promise<string> {
  const { pages = 1000, rate = 200, seconds, quiet } = options
  const size = { pages, rate, seconds, quiet }
  const results: PagesResult[] = []
  for (const transport of ['WebRTC', 'WebSocket'] as const) {
    const ours = await measureServer(transport, size)
    const replyBytes = Math.round(ours.outcome.replyBytes / ours.outcome.roundTrips.length)
    results.push(ours, await measureServer(`bare ${transport}`, size, replyBytes))
  }
  return [
    `### ${pages} pages at one server`,
    `Hand-made clients in ${CLIENT_PROCESSES} processes, on the same machine as the server, which has one of its own. \`find_node\` and \`get_peers\` in turn, ${rate} a second for ${seconds} s, each over a random link. Bare: \`ws\`, and \`node-datachannel\` behind a bare HTTP server, which answer with as many bytes.`,
    formatTable(
      ['', 'WebRTC', 'bare', 'ratio', 'WebSocket', 'bare', 'ratio'],
      rowsOf(quiet).map(([name, read, show]): Cell[] => {
        const values = results.map(read)
        const [webRTC = 0, bareWebRTC = 0, webSocket = 0, bareWebSocket = 0] = values
        const pair = (ours: number, bare: number) => [
          show(ours),
          show(bare),
          bare > 0 ? fixed(ours / bare, 2) : '–'
        ]
        return [name, ...pair(webRTC, bareWebRTC), ...pair(webSocket, bareWebSocket)]
      })
    )
  ].join('\n\n')
}

type Row = [name: string, read: (result: PagesResult) => number, show: (value: number) => string]

function rowsOf(quiet: number): Row[] {
  const kilobytes = (bytes: number) => `${fixed(bytes / 1000, 0)} kB`
  const cpuOf = ({ user, system }: Fare) => 1000 * (user + system)
  const fine = (value: number) => `${fixed(value, 2)} ms`
  return [
    ['links at the end', ({ links }) => links, String],
    ['joins a second', ({ links, joining }) => links / joining.seconds, value => fixed(value, 0)],
    ['CPU time of a join', ({ links, joining }) => cpuOf(joining) / links, fine],
    ['worst delay of the event loop meanwhile', ({ joining }) => joining.worstDelay, milliseconds],
    ['memory of a link', ({ memory }) => memory, kilobytes],
    [`… after ${quiet} s`, ({ memoryLater }) => memoryLater, kilobytes],
    ['CPU time of an idle link in a minute', ({ links, idle }) => perMinute(cpuOf(idle), idle) / links, fine],
    ['answered', ({ outcome }) => outcome.roundTrips.length, String],
    ['refused or unanswered', ({ outcome }) => outcome.errors + outcome.unanswered, String],
    ['round trip, median', ({ outcome }) => quantile(outcome.roundTrips, 0.5), fine],
    ['round trip, 99 %', ({ outcome }) => quantile(outcome.roundTrips, 0.99), fine],
    ['CPU time of a query', costOfQuery, fine],
    ['worst delay of the event loop meanwhile', ({ asked }) => asked.worstDelay, milliseconds],
    ['… of those of the clients', ({ outcome }) => outcome.worstDelay, milliseconds]
  ]

  function perMinute(value: number, { seconds }: Fare): number {
    return (60 * value) / seconds
  }

  /** Without what the links take by themselves. */
  function costOfQuery({ idle, asked, outcome }: PagesResult): number {
    const idling = (cpuOf(idle) / idle.seconds) * asked.seconds
    return (cpuOf(asked) - idling) / outcome.roundTrips.length
  }
}

/** @param replyBytes how long the replies of a bare server are */
export async function measureServer(
  transport: Transport,
  { pages, rate, seconds, quiet }: Size,
  replyBytes?: number
): Promise<PagesResult> {
  const server = new Child(SERVER, { execArgv: ['--expose-gc'] })
  const crowd = new Crowd()
  try {
    const port = await server.call<number>('start', transport, pages + WARMING_UP, replyBytes)
    await crowd.connect(transport, port, WARMING_UP)
    await pause(SETTLING_TIME)
    const memoryBefore = await server.call<number>('memory')
    const memoryOfLink = async () => ((await server.call<number>('memory')) - memoryBefore) / pages
    await server.call('begin')
    await crowd.connect(transport, port, pages)
    const joining = await server.call<Fare>('end')
    const memory = await memoryOfLink()
    await pause(SETTLING_TIME)
    await server.call('begin')
    await pause(1000 * quiet)
    const idle = await server.call<Fare>('end')
    const memoryLater = await memoryOfLink()
    await server.call('begin')
    const asking = crowd.ask(rate, seconds, ['find_node', 'get_peers'])
    await pause(1000 * seconds)
    const asked = await server.call<Fare>('end')
    const outcome = await asking
    const links = (await server.call<number>('links')) - WARMING_UP
    return { links, joining, memory, memoryLater, idle, asked, outcome }
  } finally {
    await Promise.all([server, crowd].map(child => child.destroy()))
  }
}
