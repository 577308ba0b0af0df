/** What the proofs of ids cost when a node joins and when it dials: bytes, time and CPU time, beside nodes whose ids are claims. */

import { randomBytes } from 'node:crypto'
import type WebTorrentDHT from '../src/index.js'
import { createJoined, createNode, destroyAll } from '../test/helpers/nodes.js'
import { type Cell, fixed, formatTable, median, milliseconds } from './table.js'

const ROUNDS = 40
const PROTOCOL = 'bench'

interface Cost {
  bytes: number
  time: number
  cpu: number
}

interface Kind {
  name: string
  options(): { nodeId?: Buffer }
  join: Cost[]
  dial: Cost[]
}

export async function measureProofs(): Promise<string> {
  const kinds: Kind[] = [
    { name: 'claims', options: () => ({ nodeId: randomBytes(20) }), join: [], dial: [] },
    { name: 'proven ids', options: () => ({}), join: [], dial: [] }
  ]
  for (let round = 0; round < ROUNDS; round++) for (const kind of kinds) await playRound(kind)
  return [
    '### What the proof of an id costs',
    `Two nodes in one process, without latency; CPU time of both, the handshake of DTLS included. Medians of ${ROUNDS} rounds in turn. Joining: the bytes of the offer and the answer over HTTP. A dial: all bytes between the two nodes, until the peer is connected.`,
    formatTable(
      ['', ...kinds.map(({ name }) => name), 'more'],
      [...rowsOf('join', kinds), ...rowsOf('dial', kinds)]
    )
  ].join('\n\n')
}

async function playRound({ options, join, dial }: Kind): Promise<void> {
  const hub = await createNode(options())
  hub.handle(PROTOCOL, ({ accept }) => accept())
  const joined = await watch(countHttp, () => createJoined(hub, options()))
  join.push(joined.cost)
  const node = joined.result
  const { cost, result: peer } = await watch(
    () => countMessages(node),
    () => node.dial(hub.nodeId, PROTOCOL)
  )
  dial.push(cost)
  peer.destroy()
  await destroyAll(node, hub)
}

/** @param count begins to count bytes; gives what stops it and says how many there were */
async function watch<T>(
  count: () => () => number,
  run: () => Promise<T>
): Promise<{ result: T; cost: Cost }> {
  const stop = count()
  const [startedAt, cpu] = [performance.now(), process.cpuUsage()]
  const result = await run()
  const { user, system } = process.cpuUsage(cpu)
  return {
    result,
    cost: { bytes: stop(), time: performance.now() - startedAt, cpu: (user + system) / 1000 }
  }
}

function countHttp(): () => number {
  const { fetch } = globalThis
  let bytes = 0
  globalThis.fetch = async (input, init) => {
    bytes += String(init?.body).length
    const response = await fetch(input, init)
    bytes += (await response.clone().text()).length
    return response
  }
  return () => {
    globalThis.fetch = fetch
    return bytes
  }
}

function countMessages(node: WebTorrentDHT): () => number {
  const total = () => node.stats().bytes.sent + node.stats().bytes.received
  const before = total()
  return () => total() - before
}

function rowsOf(what: 'join' | 'dial', kinds: Kind[]): Cell[][] {
  const row = (unit: keyof Cost, format: (number: number) => string) => {
    const values = kinds.map(kind => median(kind[what].map(cost => cost[unit])))
    const [without = 0, having = 0] = values
    return [`${what}: ${unit}`, ...values.map(format), format(having - without)]
  }
  return [row('bytes', number => fixed(number, 0)), row('time', milliseconds), row('cpu', milliseconds)]
}
