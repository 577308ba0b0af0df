/** The command line of the benchmark. */

import { parseArgs } from 'node:util'

export interface BenchOptions {
  /** The points to measure. */
  points: string[]
  /** Nodes of the swarm, and processes that they are spread over. */
  nodes: number
  processes: number
  /** Decides ids, hashes and who asks: the same numbers ask the same things. */
  seed: number
  /** Seconds without a request between the first and the second round. */
  quiet: number
  /** Lookups whose cost is counted, one after the other. */
  lookups: number
  /** Nodes of the predecessor's swarm. */
  oldNodes: number
  /** Clients started of each kind, in turn; rounds in which the CPU time of answers is measured. */
  rounds: number
  /** Nodes that come and go in one process. */
  clients: number
  /** Open connections of the nodes of which answers are measured, the fewest first. */
  sizes: number[]
  /** Real connections of the node under load; queries a second, as many as the point says without it; for so many seconds. */
  connections: number
  rate: number | undefined
  seconds: number
  /** Members of the chat, and tabs that they are spread over. */
  members: number
  tabs: number
  /** Nodes that join a server; as many as the point says without it. */
  pages: number | undefined
  /** The option `lookupWidth` of the nodes; the default without it. */
  lookupWidth: number | undefined
}

const HELP = `npm run bench -- [points] [options]
  swarm        does a swarm find what it stores?
               --nodes 64  --processes 8  --quiet 60 (seconds)  --lookup-width 8
  connections  RTCPeerConnections per lookup
               --lookups 64  --old-nodes 16 (0: do not measure the predecessor)
  routes       what is asked of a settled swarm, and the time to the first peer
               --nodes 64  --processes 8  --lookups 64
  times        how soon a client is ready, and has its first peer
               --rounds 7
  soak         what nodes that come and go leave behind
               --clients 1000
  cost         CPU time of an answer, by open connections
               --sizes 64,1000,4000  --rounds 7
  cpu          CPU time of a lookup, an announcement and a stored value in a swarm
               --nodes 64  --processes 8  --lookups 64
  load         round trips and the event loop of a node with real connections
               --connections 800  --rate 500 (queries a second)  --seconds 20
  fleet        three bootstrap nodes, one of which is killed, and one stopped
               --nodes 64
  links        what a page that joins costs a server, over WebRTC and over WebSocket
               --pages 100  --rounds 7
  pages        what the links of many pages cost one server, beside a server of bare links
               --pages 1000  --quiet 60 (seconds)  --rate 200 (queries a second)  --seconds 20
  rooms        a chat in Chromium and Firefox whose bootstrap node dies; times only on a machine that is not busy
               --members 50  --tabs 5
  trystero     rooms beside trystero over a tracker: two tabs of Chromium that meet; times only on a machine that is not busy
               --rounds 7
  networks     alone, with the names of its rows or none: what the product does behind NATs, over slow links, without UDP
  journey      through how many files a find_node goes
  all: --seed 1`

export function parseOptions(args: string[]): BenchOptions {
  const text = { type: 'string' } as const
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      nodes: text,
      processes: text,
      seed: text,
      quiet: text,
      lookups: text,
      'old-nodes': text,
      rounds: text,
      clients: text,
      'lookup-width': text,
      sizes: text,
      connections: text,
      rate: text,
      seconds: text,
      pages: text,
      members: text,
      tabs: text,
      help: { type: 'boolean' }
    }
  })
  if (values.help) {
    console.log(HELP)
    process.exit(0)
  }
  const number = (value: string | undefined, byDefault: number): number => {
    const given = Number(value ?? byDefault)
    if (!Number.isInteger(given) || given < 0) throw new Error(`${value} is not a whole number\n${HELP}`)
    return given
  }
  const optional = (value: string | undefined) => (value === undefined ? undefined : number(value, 0))
  return {
    points: positionals,
    nodes: number(values.nodes, 64),
    processes: number(values.processes, 8),
    seed: number(values.seed, 1),
    quiet: number(values.quiet, 60),
    lookups: number(values.lookups, 64),
    oldNodes: number(values['old-nodes'], 16),
    rounds: number(values.rounds, 7),
    clients: number(values.clients, 1000),
    connections: number(values.connections, 800),
    rate: optional(values.rate),
    seconds: number(values.seconds, 20),
    pages: optional(values.pages),
    members: number(values.members, 50),
    tabs: number(values.tabs, 5),
    sizes: (values.sizes ?? '64,1000,4000').split(',').map(size => number(size, 64)),
    lookupWidth: optional(values['lookup-width'])
  }
}

/** Random numbers from 0 to 1 that a seed repeats (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export function randomHex(random: () => number, bytes = 20): string {
  return Array.from({ length: bytes }, () =>
    Math.floor(random() * 256)
      .toString(16)
      .padStart(2, '0')
  ).join('')
}

export function pick<T>(random: () => number, list: readonly T[]): T {
  return list[Math.floor(random() * list.length)] as T
}
