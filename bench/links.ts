/** What a page that joins costs a server, over WebRTC and over WebSocket. */

import { fileURLToPath } from 'node:url'
import { Child } from '../test/helpers/child.js'
import type { LinkKind } from './links-worker.js'
import type { BenchOptions } from './options.js'
import { type Cell, fixed, formatTable, median, milliseconds } from './table.js'

const WORKER = fileURLToPath(new URL('links-worker.js', import.meta.url))
const KINDS: readonly LinkKind[] = ['WebRTC', 'WebSocket', 'WebSocket with TLS']
/** Joined before it is measured: code is compiled, and memory taken from the system. */
const WARMING_UP = 20

/** For each page. */
interface Cost {
  kind: LinkKind
  /** Milliseconds. */
  cpu: number
  /** Bytes. */
  memory: number
  joined: number
  time: number
}

export async function measureLinks({ pages = 100, rounds }: BenchOptions): Promise<string> {
  const costs: Cost[] = []
  for (let round = 0; round < rounds; round++) {
    for (const kind of KINDS) costs.push(await measureKind(kind, pages))
  }
  const of = (kind: LinkKind, read: (cost: Cost) => number) =>
    median(costs.filter(cost => cost.kind === kind).map(read))
  const rows = KINDS.map((kind): Cell[] => {
    const [cpu, memory] = [of(kind, cost => cost.cpu), of(kind, cost => cost.memory)]
    const ratio = (value: number, read: (cost: Cost) => number) => fixed(value / of('WebRTC', read), 2)
    return [
      kind,
      `${fixed(cpu, 2)} ms`,
      ratio(cpu, cost => cost.cpu),
      `${fixed(memory / 1000, 0)} kB`,
      ratio(memory, cost => cost.memory),
      milliseconds(of(kind, cost => cost.time)),
      of(kind, cost => cost.joined)
    ]
  })
  return [
    '### What a page that joins costs a server',
    `${pages} nodes in another process join one after the other, and keep to themselves; medians of ${rounds} rounds. CPU time is the server's from the request to the end of the newcomer's first search; memory is what it keeps.`,
    formatTable(['', 'CPU', 'ratio', 'memory', 'ratio', 'until connected', 'joined'], rows)
  ].join('\n\n')
}

async function measureKind(kind: LinkKind, pages: number): Promise<Cost> {
  const server = new Child(WORKER, { execArgv: ['--expose-gc'] })
  const clients = new Child(WORKER)
  try {
    const port = await server.call<number>('listen', kind, 2 * (pages + WARMING_UP))
    await clients.call('join', kind, port, WARMING_UP)
    const memoryBefore = await server.call<number>('memory')
    const cpuBefore = await server.call<number>('cpu')
    const times = await clients.call<number[]>('join', kind, port, pages)
    const cpu = ((await server.call<number>('cpu')) - cpuBefore) / pages
    const memory = ((await server.call<number>('memory')) - memoryBefore) / pages
    const joined = (await server.call<number>('connected')) - WARMING_UP
    return { kind, cpu, memory, joined, time: median(times) }
  } finally {
    await Promise.all([clients.destroy(), server.destroy()])
  }
}
