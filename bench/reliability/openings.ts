/** How long connections between two nodes of Node.js take to open, and how many lose the second of a repeated DTLS flight. */

import { setTimeout as pause } from 'node:timers/promises'
import { nodePlatform } from '../../src/platform-node.js'
import { SimplePeer } from '../../src/simple-peer.js'
import type { Description } from '../../src/wire/description.js'
import { createPair, destroyAll } from '../../test/helpers/nodes.js'
import { type Cell, formatTable, median, milliseconds, quantile } from '../table.js'
import { runAlone } from './main.js'

const SECONDS = 1000
/** A lost flight of the handshake comes again after this time. */
export const REPEATED_AFTER = 1 * SECONDS
const TIMEOUT = 6 * SECONDS
/** Milliseconds that a signal takes: over a relay beside the nodes, in a city, on a continent. */
const SIGNAL_TIMES = [0, 5, 40]

export interface Openings {
  what: string
  /** Whether it may fail, since another attempt follows. */
  isFirst: boolean
  /** Milliseconds of those that opened. */
  times: number[]
  failed: number
}

/** @param count connections of each kind, one after the other */
export async function measureOpenings({ count = 200 } = {}): Promise<Openings[]> {
  const results: Openings[] = []
  for (const isFirst of [true, false]) {
    for (const signalTime of SIGNAL_TIMES) {
      const what = `${isFirst ? 'first' : 'second'} attempt, signals of ${signalTime} ms`
      results.push(await repeat({ what, isFirst }, count, () => openPair(signalTime, !isFirst)))
    }
  }
  const [caller, called] = await createPair({ limits: { dials: 1000 } })
  try {
    called.handle('bench', ({ accept }) => accept())
    const dial = async () => (await caller.dial(called.nodeId, 'bench')).destroy()
    results.push(await repeat({ what: 'dial', isFirst: false }, count, dial))
  } finally {
    await destroyAll(caller, called)
  }
  return results
}

async function repeat(
  kind: Pick<Openings, 'what' | 'isFirst'>,
  count: number,
  open: () => Promise<void>
): Promise<Openings> {
  const times: number[] = []
  for (let i = 0; i < count; i++) {
    const startedAt = performance.now()
    await open().then(
      () => times.push(performance.now() - startedAt),
      () => {} // it counts as failed
    )
  }
  return { ...kind, times, failed: count - times.length }
}

/** Opens a connection as the DHT makes it. @throws if it does not open */
async function openPair(signalTime: number, careful: boolean): Promise<void> {
  const platform = await nodePlatform.loadWebRTC()
  const options = { ...platform, trickle: false, config: { ...platform.config, iceServers: [], careful } }
  const offering = new SimplePeer({ ...options, initiator: true })
  const answering = new SimplePeer({ ...options, initiator: false })
  const carry = (from: SimplePeer, to: SimplePeer) =>
    from.on('signal', async (description: Description) => {
      await pause(signalTime)
      if (!to.destroyed) to.signal(description)
    })
  carry(offering, answering)
  carry(answering, offering)
  const timeout = AbortSignal.timeout(TIMEOUT)
  try {
    await Promise.all(
      [offering, answering].map(
        peer =>
          new Promise<void>((resolve, reject) => {
            peer.on('connect', resolve)
            peer.on('error', reject)
            peer.on('close', () => reject(new Error('closed')))
            timeout.addEventListener('abort', () => reject(new Error('not opened')))
          })
      )
    )
  } finally {
    for (const peer of [offering, answering]) peer.destroy()
  }
}

export function formatOpenings(results: Openings[]): string {
  const rows = results.map(({ what, times, failed }): Cell[] => [
    what,
    times.length,
    milliseconds(median(times)),
    milliseconds(quantile(times, 0.95)),
    times.filter(time => time >= REPEATED_AFTER).length,
    failed
  ])
  return [
    '### From the making of two ends to an open connection, on one machine',
    formatTable(['', 'opened', 'median', '95 %', 'a second or more', 'failed'], rows)
  ].join('\n\n')
}

await runAlone(
  import.meta.url,
  () => measureOpenings(process.argv[2] ? { count: Number(process.argv[2]) } : {}),
  formatOpenings
)
