/** What pages cost the server that they join at, and how 500 of them fare. */

import { measureServer, type PagesResult } from '../pages.js'
import { fixed, milliseconds, quantile } from '../table.js'
import type { Row } from './row.js'

const PAGES = 500
/** Queries a second, of all pages; for so many seconds; and seconds in which nobody asks. */
const SIZE = { pages: PAGES, rate: 100, seconds: 10, quiet: 10 }
/** Of what a page costs over WebRTC. */
const MOST_CPU = 1 / 2
const MOST_MEMORY = 1 / 4

export const server: Row = {
  name: 'server',
  needsBed: false,
  what: 'server CPU for each page that connects, and memory it keeps: WebRTC, WebSocket with TLS; 500 pages of one server',
  before: '7.6 ms, 320 kB; –; –',
  wanted: 'stated; WebSocket ≤ ½ and ≤ ¼; stated',

  async measure() {
    const overWebRTC = await measureServer('WebRTC', SIZE)
    const overWebSocket = await measureServer('WebSocket with TLS', SIZE)
    const [webRTC, webSocket] = [costOf(overWebRTC), costOf(overWebSocket)]
    const cpu = webSocket.cpu / webRTC.cpu
    const memory = webSocket.memory / webRTC.memory
    return {
      now: [
        describeCost(webRTC),
        `${describeCost(webSocket)} (${fixed(cpu, 2)}, ${fixed(memory, 2)})`,
        `${describeCrowd(overWebRTC)}; ${describeCrowd(overWebSocket)}`
      ].join('; '),
      isMet: cpu <= MOST_CPU && memory <= MOST_MEMORY,
      conditions: `${PAGES} hand-made clients in processes of their own, on the machine of the server; they ask ${SIZE.rate} times a second for ${SIZE.seconds} s: how many are connected then, how many queries were answered, and in which time 99 % of these; first WebRTC, then WebSocket`
    }
  }
}

interface Cost {
  /** Milliseconds. */
  cpu: number
  /** Bytes. */
  memory: number
}

function costOf({ links, joining, memory }: PagesResult): Cost {
  return { cpu: (1000 * (joining.user + joining.system)) / links, memory }
}

function describeCost({ cpu, memory }: Cost): string {
  return `${fixed(cpu)} ms, ${fixed(memory / 1000, 0)} kB`
}

function describeCrowd({ links, outcome: { roundTrips, errors, unanswered } }: PagesResult): string {
  const asked = roundTrips.length + errors + unanswered
  const time = milliseconds(quantile(roundTrips, 0.99))
  return `${links} connected, ${roundTrips.length} of ${asked} answered, ${time}`
}
