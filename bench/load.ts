/** A node with hundreds of real connections that is asked all the time, beside one of bittorrent-dht over UDP. */

import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Child } from '../test/helpers/child.js'
import type { Outcome } from './load/clients-worker.js'
import { CLIENT_PROCESSES, Crowd } from './load/crowd.js'
import type { Fare, Transport } from './load/server-worker.js'
import type { BenchOptions } from './options.js'
import { type Cell, fixed, formatTable, milliseconds, quantile } from './table.js'

const SERVER = fileURLToPath(new URL('load/server-worker.js', import.meta.url))
/** Milliseconds from the last connection on. */
const SETTLING_TIME = 10_000
/** Milliseconds for which the CPU time is measured that connections take by themselves. */
const IDLE_TIME = 10_000

interface Result extends Outcome {
  idle: Fare
  asked: Fare
}

export async function measureLoad({ connections, rate = 500, seconds }: BenchOptions): Promise<string> {
  const overWebRTC = await measureTransport('WebRTC', connections, rate, seconds)
  const overUdp = await measureTransport('UDP', connections, rate, seconds)
  const row = (name: string, cellOf: (result: Result) => Cell): Cell[] => [
    name,
    cellOf(overWebRTC),
    cellOf(overUdp)
  ]
  return [
    `### ${connections} connections, ${rate} \`find_node\` a second, for ${seconds} s`,
    `Real sockets on this machine. The node has a process of its own; the clients have ${CLIENT_PROCESSES}. Their event loops have little to do: where these are late as well, the machine was busy with something else.`,
    formatTable(
      ['', 'webtorrent-dht', 'bittorrent-dht over UDP'],
      [
        row('answered', ({ roundTrips }) => roundTrips.length),
        row('refused, unanswered', ({ errors, unanswered }) => `${errors}, ${unanswered}`),
        row('round trip, median', ({ roundTrips }) => milliseconds(quantile(roundTrips, 0.5))),
        row('round trip, 99 %', ({ roundTrips }) => milliseconds(quantile(roundTrips, 0.99))),
        row('round trip, worst', ({ roundTrips }) => milliseconds(quantile(roundTrips, 1))),
        row('worst delay of the event loop', ({ asked }) => milliseconds(asked.worstDelay)),
        row('… of those of the clients', ({ worstDelay }) => milliseconds(worstDelay)),
        row('share of a processor', ({ asked }) => share(asked)),
        row('… before, when nobody asked', ({ idle }) => share(idle)),
        row('CPU time of a query, without that', result => `${fixed(costOf(result), 2)} ms`)
      ]
    )
  ].join('\n\n')
}

async function measureTransport(
  transport: Transport,
  connections: number,
  rate: number,
  seconds: number
): Promise<Result> {
  const node = new Child(SERVER)
  const crowd = new Crowd()
  try {
    const port = await node.call<number>('start', transport, connections)
    await crowd.connect(transport, port, connections)
    await pause(SETTLING_TIME)
    await node.call('begin')
    await pause(IDLE_TIME)
    const idle = await node.call<Fare>('end')
    await node.call('begin')
    const asking = crowd.ask(rate, seconds, ['find_node'])
    await pause(1000 * seconds)
    const asked = await node.call<Fare>('end')
    return { ...(await asking), idle, asked }
  } finally {
    await Promise.all([node, crowd].map(child => child.destroy()))
  }
}

function share({ user, system, seconds }: Fare): string {
  return `${fixed((100 * (user + system)) / seconds)} % (${fixed((100 * user) / seconds)} % in user mode)`
}

/** Milliseconds. */
function costOf({ idle, asked, roundTrips }: Result): number {
  const perSecond = ({ user, system, seconds }: Fare) => (user + system) / seconds
  return (1000 * (perSecond(asked) - perSecond(idle)) * asked.seconds) / roundTrips.length
}
