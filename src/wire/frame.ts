/**
 * Frames of the extension `route` (bep.md, section 9): a message that neighbours pass on along a path of nodes, or the report
 * that one of them could not. The path is whole in each frame, so that nobody on the way remembers anything, and the way back is
 * the way there.
 */

import type { Id } from '../id.js'
import { decode, encode } from './bencode.js'
import { byteString, type Dictionary, dictionary, integer } from './check.js'
import { joinIds, splitIds } from './compact.js'

/** Connections on a path. The longest in simulations of 10,000 nodes has 7; one that leads on from where a value is, 8. */
export const MAX_HOPS = 8
/** An offer with the largest description, in a query. */
export const MAX_PAYLOAD_BYTES = 10_240

export interface Frame {
  /** Chosen by who sent the query; the frame with the reply, and a report, repeat it. */
  transaction: Buffer
  /** Ids: from who sent it to whom it is for, both included. */
  path: Id[]
  /** Where in the path its receiver is. */
  position: number
  /** A KRPC message; `null` in a report. */
  payload: Buffer | null
  /** In a report: why the frame that it is about got no further than to who reports. */
  failure: number | null
}

const transactionId = byteString(1, 16)
const payloadBytes = byteString(1, MAX_PAYLOAD_BYTES)
const failureCode = integer(400, 599)
const MIN_NODES = 2
const MIN_NODES_OF_MESSAGE = 3

/** Reads a frame; `undefined` if it is not one. A node must not be on a path twice. */
export function parseFrame(message: Dictionary, idLength: number): Frame | undefined {
  const transaction = message.t === undefined ? undefined : transactionId(message.t)
  const ids =
    message.p === undefined
      ? undefined
      : byteString(MIN_NODES * idLength, (MAX_HOPS + 1) * idLength)(message.p)
  if (!transaction || !ids || ids.length % idLength !== 0) return undefined
  const path = splitIds(ids, idLength)
  const position = message.i === undefined ? undefined : integer(1, path.length - 1)(message.i)
  if (position === undefined || new Set(path.map(id => id.hex)).size < path.length)
    return undefined
  const payload = message.d === undefined ? null : payloadBytes(message.d)
  const failure = message.e === undefined ? null : failureCode(message.e)
  if (payload === undefined || failure === undefined || (payload === null) === (failure === null)) {
    return undefined
  }
  if (payload && path.length < MIN_NODES_OF_MESSAGE) return undefined // neighbours need no frame
  return { transaction, path, position, payload, failure }
}

/** Whether bytes look like a frame, from their first key: it costs nothing to tell, before they are read. */
export function looksLikeFrame(bytes: Uint8Array): boolean {
  const start = String.fromCharCode(...bytes.subarray(0, 5))
  return start.startsWith('d1:d') || start === 'd1:ei'
}

export function encodeFrame({ transaction, path, position, payload, failure }: Frame): Buffer {
  const p = joinIds(path)
  const content = payload ? { d: payload } : { e: failure }
  return encode({ ...content, i: position, p, t: transaction, y: 'f' })
}

export class FrameView {
  readonly #frame: Frame
  constructor(frame: Frame) {
    this.#frame = frame
  }
  get position(): number {
    return this.#frame.position
  }
  get pathLength(): number {
    return this.#frame.path.length
  }
  idAt(i: number): Id {
    return this.#frame.path[i] as Id
  }
  get transaction(): Buffer {
    return this.#frame.transaction
  }
  get payload(): Buffer | null {
    return this.#frame.payload
  }
  get failure(): number | null {
    return this.#frame.failure
  }
  advance(): Buffer {
    return encodeFrame({ ...this.#frame, position: this.#frame.position + 1 })
  }
}

export function readFrame(bytes: Buffer, idLength: number): FrameView | undefined {
  const message = dictionary(decode(bytes))
  const frame = message && parseFrame(message, idLength)
  return frame && new FrameView(frame)
}
