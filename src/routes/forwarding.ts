/**
 * The relay's role: passes frames on between its neighbours. It remembers nothing of them. What cannot be passed on is reported
 * back along the path, at once.
 */

import type { PeerConnection } from '../connections/peer-connection.js'
import type { ConnectionTable } from '../connections/table.js'
import type { DropReason } from '../counters.js'
import { encodeFrame, type FrameView } from '../wire/frame.js'
import { KRPC_ERROR } from '../wire/messages.js'

export class Forwarding {
  readonly #table: ConnectionTable

  constructor(table: ConnectionTable) {
    this.#table = table
  }

  /** @returns why it was not passed on */
  passOn(connection: PeerConnection, frame: FrameView): DropReason | null {
    const next = this.#table.get(frame.idAt(frame.position + 1).hex)
    if (!connection.allowance.framesFrom.take() || next?.allowance.framesTo.take() === false) {
      report(connection, frame, KRPC_ERROR.TOO_MANY)
      return 'too many frames'
    }
    if (!next?.takesFrames || !next.send(frame.advance())) {
      report(connection, frame, KRPC_ERROR.NO_ROUTE)
      return 'no route'
    }
    connection.lastUsed = performance.now()
    next.lastUsed = connection.lastUsed
    this.#table.counters.frames.passedOn++
    return null
  }
}

/** Nobody is told that a report got lost. */
function report(connection: PeerConnection, frame: FrameView, code: number): void {
  if (frame.failure !== null) return
  const { transaction, path, position } = frame.toFrame()
  const back = path.slice(0, position + 1).reverse()
  connection.send(encodeFrame({ transaction, path: back, position: 1, payload: null, failure: code }))
}
