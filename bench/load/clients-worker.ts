/** A process of clients of `load.ts` and `pages.ts`, which ask the server under test at a fixed rate, whether it answers or not. */

import { randomBytes } from 'node:crypto'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import bencode from 'bencode'
import { serve } from '../../test/helpers/child.js'
import { answerTo, encode, kindOf } from '../memory/tested-node.js'
import {
  type Client,
  connectOverBareWebSocket,
  connectOverUdp,
  connectOverWebRTC,
  connectOverWebSocket
} from './client.js'
import type { Transport } from './server-worker.js'

/** What became of the queries. */
export interface Outcome {
  /** Milliseconds from each query to its reply. */
  roundTrips: number[]
  errors: number
  unanswered: number
  /** All replies together. */
  replyBytes: number
  /** The longest time, in milliseconds, that this process itself was late: round trips include it. */
  worstDelay: number
}

const CONNECT: Record<Transport, (id: Buffer, port: number) => Promise<Client>> = {
  WebRTC: connectOverWebRTC,
  WebSocket: connectOverWebSocket,
  'WebSocket with TLS': (id, port) => connectOverWebSocket(id, port, true),
  UDP: connectOverUdp,
  'bare WebRTC': connectOverWebRTC,
  'bare WebRTC, one port': connectOverWebRTC,
  'bare WebSocket': connectOverBareWebSocket
}
const CONCURRENT_CONNECTS = 16
const TICK = 5
/** Where the hash of a query stands. */
const ARGUMENTS = { find_node: 'target', get_peers: 'info_hash' } as const
export type Method = keyof typeof ARGUMENTS
/** Milliseconds that the last replies get: as long as a query lives. */
const LAST_REPLIES = 2000
const RESOLUTION = 10
const NANOSECONDS_PER_MILLISECOND = 1e6

const clients: Client[] = []
const waiting = new Map<string, number>()
const delay = monitorEventLoopDelay({ resolution: RESOLUTION })
let outcome: Outcome = createOutcome()
let lastTransaction = 0

async function connect(transport: Transport, port: number, count: number): Promise<void> {
  let begun = 0
  const connectSome = async () => {
    while (begun++ < count) {
      const client = await CONNECT[transport](randomBytes(20), port)
      client.onMessage = bytes => receive(client, bytes)
      clients.push(client)
      // A node over UDP has not heard of the client before.
      client.send(encodeQuery(client, 'ping', {}))
    }
  }
  await Promise.all(Array.from({ length: CONCURRENT_CONNECTS }, connectSome))
}

/** @param rate queries a second @param methods asked in turn */
async function ask(rate: number, seconds: number, methods: Method[]): Promise<Outcome> {
  outcome = createOutcome()
  waiting.clear()
  delay.reset()
  delay.enable()
  const startedAt = performance.now()
  let asked = 0
  for (let elapsed = 0; elapsed < seconds; elapsed = (performance.now() - startedAt) / 1000) {
    for (; asked < elapsed * rate; asked++) askOne(methods[asked % methods.length] ?? 'find_node')
    await pause(TICK)
  }
  delay.disable()
  await pause(LAST_REPLIES)
  outcome.unanswered = waiting.size
  outcome.worstDelay = Math.max(0, delay.max / NANOSECONDS_PER_MILLISECOND - RESOLUTION)
  return outcome
}

function askOne(method: Method): void {
  const client = clients[Math.floor(Math.random() * clients.length)]
  if (!client) throw new Error('there are no clients')
  const bytes = encodeQuery(client, method, { [ARGUMENTS[method]]: randomBytes(20) })
  waiting.set(keyOf(lastTransaction), performance.now())
  client.send(bytes)
}

function receive(client: Client, bytes: Buffer): void {
  const kind = kindOf(bytes)
  if (kind === 'q') return client.send(answerTo(bytes, client.id))
  if (kind !== 'r' && kind !== 'e') return
  const key = Buffer.from(bencode.decode(bytes).t).toString('hex')
  const sentAt = waiting.get(key)
  if (sentAt === undefined) return // a ping
  waiting.delete(key)
  outcome.replyBytes += bytes.length
  if (kind === 'e') outcome.errors++
  else outcome.roundTrips.push(performance.now() - sentAt)
}

function encodeQuery({ id }: Client, q: string, args: Record<string, unknown>): Buffer {
  const t = Buffer.from(keyOf(++lastTransaction), 'hex')
  return encode({ t, y: 'q', q, a: { id, ...args } })
}

function keyOf(transaction: number): string {
  return transaction.toString(16).padStart(8, '0')
}

function createOutcome(): Outcome {
  return { roundTrips: [], errors: 0, unanswered: 0, replyBytes: 0, worstDelay: 0 }
}

function destroy(): void {
  for (const client of clients) client.close()
  process.disconnect()
}

process.on('disconnect', () => process.exit(0))
serve({ connect, ask, destroy })
