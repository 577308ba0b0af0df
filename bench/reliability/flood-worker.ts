/** The process of `flood.ts` that floods one node, on one connection at a time. Everything is encoded beforehand. */

import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { serve } from '../../test/helpers/child.js'
import { createOffer, encodeRaw, RawClient, type RawMessage } from '../../test/helpers/raw-client.js'

/** Messages of each kind a second. */
export interface FloodRates {
  queries: number
  /** For the node itself: each costs it an `RTCPeerConnection`. */
  offers: number
  /** To be passed on to its neighbours. */
  introductions: number
  stores: number
  /** Of 60,000 bytes each. */
  large: number
}

export interface FloodOptions {
  place: string
  /** The node's own id and those of its neighbours, in hex. */
  id: string
  neighbours: string[]
  rates: FloodRates
}

export interface FloodCounts {
  sent: number
  bytes: number
  connects: number
  /** Attempts to connect that the node refused. */
  refused: number
  seconds: number
}

const TICK = 10
const TICKS_PER_SECOND = 1000 / TICK
/** A node that reads no faster gets no more. */
const MAX_UNSENT_BYTES = 512 * 1024
/** A refused flooder waits a little. */
const RETRY_INTERVAL = 100
const LARGE_BYTES = 60_000
/** Different ones, so that nothing can be remembered. */
const VARIANTS = 64

let isOver = true
let ended: Promise<unknown> = Promise.resolve()
let counts: FloodCounts
let startedAt = 0

function start(options: FloodOptions): void {
  isOver = false
  counts = { sent: 0, bytes: 0, connects: 0, refused: 0, seconds: 0 }
  startedAt = performance.now()
  ended = flood(options)
}

async function stop(): Promise<FloodCounts> {
  isOver = true
  counts.seconds = (performance.now() - startedAt) / 1000
  await ended
  return counts
}

async function flood({ place, id, neighbours, rates }: FloodOptions): Promise<void> {
  // As far from the node as can be: its neighbours do not come to ask the flooder things, which it would answer late.
  const own = Buffer.from(id, 'hex').map(byte => byte ^ 0xff)
  const { offer, close } = await createOffer()
  const messages = createMessages(Buffer.from(own), offer, neighbours)
  while (!isOver) {
    try {
      const client = await RawClient.connect(place, { id: Buffer.from(own) })
      counts.connects++
      client.onQuery = query => answer(client, query)
      await floodThrough(client, messages, rates)
      await client.close()
    } catch {
      counts.refused++
      await pause(RETRY_INTERVAL)
    }
  }
  await close()
}

async function floodThrough(
  client: RawClient,
  messages: Record<keyof FloodRates, Buffer[]>,
  rates: FloodRates
): Promise<void> {
  const kinds = Object.keys(rates) as (keyof FloodRates)[]
  const due = { queries: 0, offers: 0, introductions: 0, stores: 0, large: 0 }
  while (!isOver && !client.isClosed) {
    for (const kind of kinds) {
      due[kind] = Math.min(due[kind] + rates[kind] / TICKS_PER_SECOND, rates[kind] / 10)
      for (; due[kind] >= 1; due[kind]--) {
        if (client.isClosed || client.unsentBytes > MAX_UNSENT_BYTES) break
        const bytes = messages[kind][counts.sent % VARIANTS] as Buffer
        client.send(bytes)
        counts.sent++
        counts.bytes += bytes.length
      }
    }
    await pause(TICK)
  }
}

/** It is a good neighbour otherwise: one that answers nothing would be disconnected for that. */
function answer(client: RawClient, query: RawMessage): void {
  if (!client.isClosed) client.reply(query, { nodes: Buffer.alloc(0), token: Buffer.alloc(20) })
}

function createMessages(
  id: Buffer,
  { sdp }: { sdp: string },
  neighbours: string[]
): Record<keyof FloodRates, Buffer[]> {
  const signalOf = (by: Buffer) => ({ id: by, type: 'offer', sdp, extensions: ['introduce'] })
  const key = () => randomBytes(20)
  const token = () => randomBytes(20)
  const create = (...kinds: (() => [method: string, args: object])[]) =>
    Array.from({ length: VARIANTS }, (_, i) => {
      const [q, a] = kinds[i % kinds.length]?.() ?? ['ping', {}]
      return encodeRaw({ t: randomBytes(4), y: 'q', q, a: { id, ...a } })
    })
  let next = 0
  const neighbour = () => Buffer.from(neighbours[next++ % neighbours.length] ?? '', 'hex')
  return {
    queries: create(
      () => ['find_node', { target: key() }],
      () => ['get_peers', { info_hash: key() }],
      () => ['get', { target: key() }],
      () => ['ping', {}]
    ),
    offers: create(() => ['peer_connection', { signal: signalOf(key()) }]),
    introductions: create(() => ['peer_connection', { signal: signalOf(id), target: neighbour() }]),
    stores: create(
      () => ['announce_peer', { info_hash: key(), port: 6881, token: token() }],
      () => ['put', { v: randomBytes(500), token: token() }]
    ),
    large: create(() => ['put', { v: randomBytes(LARGE_BYTES), token: token() }])
  }
}

process.on('disconnect', () => setTimeout(() => process.exit(0), 2000).unref())
serve({ start, stop, destroy: () => process.disconnect() })
