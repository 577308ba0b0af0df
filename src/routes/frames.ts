/**
 * Receives and relays frames (extension `route`, bep.md). A relay passes a frame to the next neighbour on its path: it reads only
 * the path, changes one digit, and keeps no state. If it cannot, it reports the failure back along the path at once.
 */

import type { PeerConnection } from '../connections/peer-connection.js'
import type { ConnectionTable } from '../connections/table.js'
import type { DropReason } from '../counters.js'
import type { Id } from '../id.js'
import { KRPC_ERROR } from '../krpc/errors.js'
import type { Ledger, Query } from '../krpc/ledger.js'
import type { Address } from '../wire/compact.js'
import { encodeFrame, FrameView } from '../wire/frame.js'
import { Route } from './route.js'
import type { Routes } from './routes.js'
import type { WayBack } from './way-back.js'

/** The fate of a frame. */
export type Received =
  /** The frame was relayed, or was a failure report that was handled. */
  | { kind: 'done' }
  /** The frame holds a message for this node. */
  | { kind: 'arrived'; frame: FrameView; payload: Buffer }
  | { kind: 'dropped'; reason: DropReason; isByNeighbour: boolean }

const DONE: Received = { kind: 'done' }

export class Frames {
  readonly #table: ConnectionTable
  readonly #ledger: Ledger
  readonly #routes: Routes
  readonly #idLength: number

  constructor(table: ConnectionTable, ledger: Ledger, routes: Routes, idLength: number) {
    this.#table = table
    this.#ledger = ledger
    this.#routes = routes
    this.#idLength = idLength
  }

  /** @returns `undefined` if the bytes are no frame */
  receive(connection: PeerConnection, bytes: Buffer): Received | undefined {
    const frame = FrameView.read(bytes, this.#idLength)
    if (!frame) return undefined
    const { position, pathLength, payload } = frame
    const isFromNeighbour = connection.id !== null && frame.idAt(position - 1).equals(connection.id)
    const isForHere = frame.idAt(position).equals(this.#table.id)
    if (!isFromNeighbour || !isForHere || !connection.speaksRoute) return dropped('wrong path', true)
    if (position < pathLength - 1) return this.#passOn(connection, frame)
    if (payload) return { kind: 'arrived', frame, payload }
    return this.#returned(frame) ? DONE : dropped('reply not awaited')
  }

  /** The query that a reply in a frame may be for. */
  queryOf(frame: FrameView, transaction: Buffer): Query | undefined {
    return transaction.equals(frame.transaction) ? this.#ledger.at(transaction) : undefined
  }

  /** Whether a frame came back along the path of a query. */
  isWayBack(frame: FrameView, { link }: Query): boolean {
    return link instanceof Route && link.accepts(frame)
  }

  /** The way back to the node that sent a query. */
  wayBack(frame: FrameView, connection: PeerConnection): WayBack {
    return this.#routes.wayBack(frame, connection)
  }

  /** Learns the way to the node that sent a query. @returns its address here */
  visited(frame: FrameView): Address {
    return this.#routes.visited(frame)
  }

  #passOn(connection: PeerConnection, frame: FrameView): Received {
    const next = this.#table.get(frame.idAt(frame.position + 1))
    if (!connection.rateLimits.take('framesFrom') || next?.rateLimits.take('framesTo') === false) {
      this.#report(connection, frame, KRPC_ERROR.TOO_MANY)
      return dropped('too many frames')
    }
    if (!next?.takesFrames || !next.send(frame.advance())) {
      this.#report(connection, frame, KRPC_ERROR.NO_ROUTE)
      return dropped('no route')
    }
    connection.lastUsed = performance.now()
    next.lastUsed = connection.lastUsed
    this.#table.counters.frames.passedOn++
    return DONE
  }

  /** Reports a frame that was not relayed. A lost report is not reported. */
  #report(connection: PeerConnection, frame: FrameView, code: number): void {
    if (frame.failure !== null) return
    const path: Id[] = []
    for (let i = frame.position; i >= 0; i--) path.push(frame.idAt(i))
    const { transaction } = frame
    connection.send(encodeFrame({ transaction, path, position: 1, payload: null, failure: code }))
  }

  /** Handles a failure report. @returns whether the reported frame is one of ours and still awaited */
  #returned(frame: FrameView): boolean {
    const query = this.#ledger.at(frame.transaction)
    const link = query?.isOver ? null : query?.link // a recursive query stays for a while after its end
    const isTaken = link instanceof Route && link.returned(frame, frame.failure === KRPC_ERROR.NO_ROUTE)
    if (isTaken) this.#table.counters.frames.returned++
    return isTaken
  }
}

function dropped(reason: DropReason, isByNeighbour = false): Received {
  return { kind: 'dropped', reason, isByNeighbour }
}
