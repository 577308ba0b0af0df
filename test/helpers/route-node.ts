/** A node that takes what fake neighbours send: a real ledger, real routes, and time that a test moves. */

import type { Test } from 'tape'
import type { Link } from '../../src/connections/link.js'
import type { PeerConnection } from '../../src/connections/peer-connection.js'
import type { DropReason } from '../../src/counters.js'
import { type CheckedMessage, Inbound } from '../../src/krpc/inbound.js'
import { type End, Ledger, type Query } from '../../src/krpc/ledger.js'
import { DHT_METHODS, NODE_METHODS } from '../../src/krpc/methods.js'
import { Remote } from '../../src/krpc/remote.js'
import { createLog } from '../../src/log.js'
import { resolveOptions, type WebTorrentDHTOptions } from '../../src/options.js'
import { nodePlatform } from '../../src/platform-node.js'
import { Frames } from '../../src/routes/frames.js'
import { Recursion } from '../../src/routes/recursion.js'
import { Routes } from '../../src/routes/routes.js'
import { Leading } from '../../src/signal-exchange/leading.js'
import { Releasing } from '../../src/signal-exchange/releasing.js'
import { encode } from '../../src/wire/bencode.js'
import { encodeFrame, type Frame } from '../../src/wire/frame.js'
import { bytesOf, Neighbours, pathOf } from './fake-neighbours.js'
import { HandClock } from './hand-clock.js'

/** Milliseconds until a query of the node's is over, unless a test says so: none waits longer than a dial. */
export const LIFETIME = 15_000

export interface RouteNodeOptions extends WebTorrentDHTOptions {
  /** Whether an application takes the queries of BEP 5 and BEP 44, and does not answer them. Default: true. */
  takesQueries?: boolean
}

/** A node A, whose neighbours a test adds. */
export function createRouteNode(t: Test, { takesQueries = true, ...given }: RouteNodeOptions = {}) {
  const clock = new HandClock()
  const neighbours = new Neighbours('A', given.limits)
  const { table } = neighbours
  const { id } = table
  const options = resolveOptions({ nodeId: id.bytes, bootstrap: false, platform: nodePlatform, ...given })
  const { idLength } = options
  const ledger = new Ledger(table.counters)
  const routes = new Routes(options, table, ledger)
  const recursion = new Recursion(options, table, routes.costs)
  const frames = new Frames(table, ledger, routes, idLength)
  const identify = (connection: PeerConnection, id: Parameters<typeof table.identify>[1]) =>
    void table.identify(connection, id)
  const inbound = new Inbound({ id, table, identify, ledger, frames, recursion, log: createLog(id.hex) })
  const relaying = {} as never
  const node = { contacts: { unconnected: new Map() } }
  const leading = new Leading(options, { table, relaying, routes, recursion, node })
  const parts = {
    id,
    idLength,
    table,
    releasing: new Releasing(options, table, ledger),
    neighboursOfNeighbours: routes.neighboursOfNeighbours,
    answering: {} as never,
    relaying,
    applicationSignals: {} as never,
    late: {} as never
  }
  for (const create of NODE_METHODS) inbound.addMethod(create(parts))
  const messages: CheckedMessage[] = []
  if (takesQueries) {
    const names = DHT_METHODS.map(create => {
      const method = create({ idLength, isOfDht: true, table } as never)
      inbound.addMethod(method)
      return method.name as string
    })
    inbound.on('query', (message, remote) => {
      const name = message.kind === 'query' ? message.name.toString() : ''
      if (name === 'ping' || !names.includes(name)) return
      messages.push(message)
      Remote.answered(remote)
    })
    inbound.on('reply', message => messages.push(message))
  }
  t.teardown(() => {
    routes.close()
    ledger.close()
    neighbours.close()
    clock.restore()
  })
  const ends = new Map<Query, End>()
  return {
    clock,
    neighbours,
    table,
    ledger,
    routes,
    recursion,
    leading,
    inbound,
    /** What was handed up: queries of BEP 5 and BEP 44, and what came back for the node's own. */
    messages,
    /** How the queries ended that were opened here. */
    ends,
    /** Begins a query of the node's own. */
    open({ method = 'find_node', timeout = LIFETIME } = {}): Query {
      return ledger.open({
        method,
        timeout,
        onEnd(end, query) {
          if (ends.has(query)) throw new Error('it ended twice')
          ends.set(query, end)
        }
      })
    },
    /** Begins a query and sends it on a link. */
    ask(link: Link, settings: { method?: string; timeout?: number; args?: unknown } = {}): Query {
      const query = this.open(settings)
      query.send(link, settings.args ?? { id: id.bytes, target: bytesOf('Z') })
      return query
    },
    /** Has a message or a frame come in from a neighbour; gives what was counted against it. */
    receive(from: string | PeerConnection, frame: Frame | Buffer): DropReason[] {
      const before = { ...table.counters.drops }
      const connection = typeof from === 'string' ? neighbours.get(from) : from
      inbound.receive(connection, Buffer.isBuffer(frame) ? frame : encodeFrame(frame))
      const { drops } = table.counters
      return (Object.keys(drops) as DropReason[]).filter(reason => drops[reason] > before[reason])
    }
  }
}

export type RouteNode = ReturnType<typeof createRouteNode>

export const frameTo = (letters: string, changes: Partial<Frame> = {}): Frame => ({
  transaction: Buffer.from('ffff'),
  path: pathOf(letters),
  position: letters.length - 1,
  payload: queryBytes(letters[0] as string),
  failure: null,
  ...changes
})

export const queryBytes = (by: string, t: Buffer | string = 'qq') =>
  encode({ t, y: 'q', q: 'find_node', a: { id: bytesOf(by), target: bytesOf('Z') } })
export const replyBytes = (by: string, t: Buffer | string = 'qq') =>
  encode({ t, y: 'r', r: { id: bytesOf(by) } })

/** The one frame or message that went to a neighbour. */
export function only<T>(frames: T[]): T {
  if (frames.length !== 1) throw new Error(`${frames.length} frames`)
  return frames[0] as T
}

/** How a query ended, but for the length of the message. */
export function withoutSize(end: End | undefined): Omit<End, 'size'> | undefined {
  if (!end) return undefined
  const { size: _, ...rest } = end
  return rest
}
