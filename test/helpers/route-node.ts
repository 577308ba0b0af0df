/** A node that takes what fake neighbours send: real receiving, real routes, and time that a test moves. */

import type { Test } from 'tape'
import type { Connector } from '../../src/connections/connector.js'
import type { PeerConnection } from '../../src/connections/peer-connection.js'
import type { DropReason } from '../../src/counters.js'
import { createLog } from '../../src/log.js'
import { resolveOptions, type WebTorrentDHTOptions } from '../../src/options.js'
import { nodePlatform } from '../../src/platform-node.js'
import { Receiving } from '../../src/receiving.js'
import { Recursion } from '../../src/routes/recursion.js'
import { Routes } from '../../src/routes/routes.js'
import { Transactions } from '../../src/signal-exchange/transactions.js'
import { encode } from '../../src/wire/bencode.js'
import { encodeFrame, type Frame } from '../../src/wire/frame.js'
import { createMessageParser, type Inbound } from '../../src/wire/messages.js'
import { hexOf, idOf, Neighbours, pathOf } from './fake-neighbours.js'
import { HandClock } from './hand-clock.js'

const parse = createMessageParser(20)

/** A node A, whose neighbours a test adds. */
export function createRouteNode(t: Test, given: WebTorrentDHTOptions = {}) {
  const clock = new HandClock()
  const neighbours = new Neighbours('A', given.limits)
  const { table } = neighbours
  const options = resolveOptions({ nodeId: idOf('A'), bootstrap: false, platform: nodePlatform, ...given })
  const transactions = new Transactions(table)
  const routes = new Routes(options, table, transactions)
  const recursion = new Recursion(options, table, routes.costs)
  t.teardown(() => {
    routes.close()
    neighbours.close()
    clock.restore()
  })
  const receiving = new Receiving(options, {
    connector: { table } as Connector,
    transactions,
    answering: {} as never,
    relaying: {} as never,
    lettingGo: {} as never,
    applicationSignals: {} as never,
    routes,
    recursion,
    log: createLog(hexOf('A'))
  })
  const messages: Inbound[] = []
  receiving.on('message', bytes => messages.push(parse(bytes)))
  const unanswered: string[] = []
  table.on('unanswered', transactions => unanswered.push(...transactions))
  return {
    clock,
    neighbours,
    table,
    routes,
    recursion,
    messages,
    unanswered,
    /** Has a frame come in from a neighbour; gives what was counted against it. */
    receive(from: string | PeerConnection, frame: Frame | Buffer): DropReason[] {
      const before = { ...table.counters.drops }
      const connection = typeof from === 'string' ? neighbours.get(from) : from
      receiving.receive(connection, Buffer.isBuffer(frame) ? frame : encodeFrame(frame), null)
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

export const queryBytes = (by: string, t = 'qq') =>
  encode({ t, y: 'q', q: 'find_node', a: { id: idOf(by), target: idOf('Z') } })
export const replyBytes = (by: string, t = 'qq') => encode({ t, y: 'r', r: { id: idOf(by) } })
export const hexOfText = (text: string) => Buffer.from(text).toString('hex')

/** The one frame or message that went to a neighbour. */
export function only<T>(frames: T[]): T {
  if (frames.length !== 1) throw new Error(`${frames.length} frames`)
  return frames[0] as T
}
