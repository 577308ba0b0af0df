/**
 * What each lookup costs. An event that a lookup's event leads to, on whatever host, has the lookup as its cause: so a message,
 * or an `RTCPeerConnection`, is counted to the lookup that it would not be there without, and keep-alive pings, refreshes and
 * the joining of others are not.
 */

import { createMessageParser, type Inbound } from '../../helpers/parse.js'
import type { Host } from '../host.js'
import type { Network } from '../network.js'

const ID_BYTES = 20
/** The queries of a lookup itself, as opposed to those that connect nodes. */
const LOOKUP_METHODS: readonly string[] = ['find_node', 'get_peers', 'get']

/** What one lookup has caused so far. */
export class Cost {
  readonly asker: Host
  /** Messages on data channels, each hop of a frame for itself. */
  messages = 0
  bytes = 0
  /** `RTCPeerConnection`s made, by whomever. */
  made = 0
  madeByAsker = 0
  /** Connections on the way of each query of the asker's. */
  readonly hops: number[] = []

  constructor(asker: Host) {
    this.asker = asker
  }
}

export class Meter {
  /** Frames that hosts have passed on, because of lookups. */
  readonly passedOn = new Map<Host, number>()
  readonly #parse = createMessageParser(ID_BYTES)

  constructor(network: Network) {
    const { clock } = network
    network.onMade = host => {
      if (clock.cause instanceof Cost) count(clock.cause, host)
    }
    network.onMessage = (from, data) => {
      if (clock.cause instanceof Cost) this.#weigh(clock.cause, from, data)
    }
  }

  /** The share of all frames that the host passes on that passes on most. */
  get busiestShare(): number {
    const counts = [...this.passedOn.values()]
    return Math.max(0, ...counts) / counts.reduce((sum, count) => sum + count, 0)
  }

  #weigh(cost: Cost, from: Host, data: Uint8Array): void {
    cost.messages++
    cost.bytes += data.length
    const message = this.#parse(data)
    if (message.kind === 'frame' && message.frame.position > 1) {
      this.passedOn.set(from, (this.passedOn.get(from) ?? 0) + 1)
    } else if (from === cost.asker) {
      const hops = message.kind === 'frame' ? message.frame.path.length - 1 : 1
      if (this.#isOfLookup(message)) cost.hops.push(hops)
    }
  }

  #isOfLookup(message: Inbound): boolean {
    if (message.kind === 'frame') {
      const { payload } = message.frame
      return payload !== null && this.#isOfLookup(this.#parse(payload))
    }
    return message.kind === 'query' && LOOKUP_METHODS.includes(message.method)
  }
}

function count(cost: Cost, host: Host): void {
  cost.made++
  if (host === cost.asker) cost.madeByAsker++
}
