/**
 * Frames of the extension `route` (bep.md, "Frames"). A frame carries a message along a path of nodes, or the report that a relay
 * failed. Each frame has the whole path: so relays keep no state, and the reply takes the same path back.
 */

import { Id } from '../id.js'
import { MAX_DEPTH } from './bencode.js'
import { BencodeReader, COLON, DICTIONARY, END, INTEGER, NO_KEY, ZERO } from './bencode-reader.js'
import { BencodeWriter } from './bencode-writer.js'

/** Connections on a path. The longest in simulations of 10,000 nodes has 7; a path on from the holder of a value has 8. */
export const MAX_HOPS = 8
/** An offer with the largest description, in a query. */
export const MAX_PAYLOAD_BYTES = 10_240
const MAX_TRANSACTION_BYTES = 16
const MIN_NODES = 2
const MIN_NODES_OF_MESSAGE = 3
const MIN_FAILURE = 400
const MAX_FAILURE = 599
/** Bytes of a frame beside its payload and its path, with room to spare. */
const OVERHEAD = 80

const KEY = { payload: 0x64, failure: 0x65, position: 0x69, path: 0x70, transaction: 0x74, type: 0x79 }
const ONE = 0x31
/** The value of `y`. */
const TYPE = 0x66

export interface Frame {
  /** Chosen by the sender of the query; the reply's frame and a report repeat it. */
  transaction: Buffer
  /** Ids from the sender to the receiver, both included. */
  path: readonly Id[]
  /** The index in the path of the node that gets the frame next. */
  position: number
  /** A KRPC message; `null` in a report. */
  payload: Buffer | null
  /** In a report: why its sender did not relay the frame. */
  failure: number | null
}

/**
 * A view of a frame in its message. A relay needs only three ids, and sends the same bytes with another position: so nothing is
 * decoded before it is needed. Unknown keys are relayed unchanged.
 */
export class FrameView {
  readonly #bytes: Buffer
  readonly #idLength: number
  #positionAt = 0
  #position = 0
  #failure: number | null = null
  #pathStart = 0
  #pathBytes = 0
  #transactionStart = 0
  #transactionBytes = 0
  #payloadStart = 0
  #payloadBytes = 0
  #isFrame = false

  private constructor(bytes: Buffer, idLength: number) {
    this.#bytes = bytes
    this.#idLength = idLength
  }

  /** Reads a frame; `undefined` if it is not one. A node must not be on a path twice. */
  static read(bytes: Buffer, idLength: number): FrameView | undefined {
    const view = new FrameView(bytes, idLength)
    return view.#readFields(new BencodeReader(bytes)) && view.#isWhole() ? view : undefined
  }

  /** The index in the path of the node that gets the frame next. */
  get position(): number {
    return this.#position
  }

  /** How many nodes are on the path. */
  get pathLength(): number {
    return this.#pathBytes / this.#idLength
  }

  /** A view of the bytes, as are those below. */
  get transaction(): Buffer {
    return this.#bytes.subarray(this.#transactionStart, this.#transactionStart + this.#transactionBytes)
  }

  /** A KRPC message; `null` in a report. */
  get payload(): Buffer | null {
    if (this.#failure !== null) return null
    return this.#bytes.subarray(this.#payloadStart, this.#payloadStart + this.#payloadBytes)
  }

  /** In a report: why its sender did not relay the frame. */
  get failure(): number | null {
    return this.#failure
  }

  /** @throws RangeError if the path has no such node */
  idAt(index: number): Id {
    if (!(index >= 0 && index < this.pathLength)) throw new RangeError(`No node ${index} on the path`)
    const start = this.#pathStart + index * this.#idLength
    return Id.of(this.#bytes.subarray(start, start + this.#idLength))
  }

  /**
   * Turns the bytes, in place, into the frame for the next node on the path. This view keeps its old position.
   *
   * @throws RangeError at the end of the path
   */
  advance(): Buffer {
    const next = this.#position + 1
    if (next >= this.pathLength) throw new RangeError('Nobody is behind the last node')
    this.#bytes[this.#positionAt] = ZERO + next // MAX_HOPS has one digit
    return this.#bytes
  }

  #readFields(reader: BencodeReader): boolean {
    if (!reader.skipByte(DICTIONARY)) return false
    let start = 0
    let end = NO_KEY
    while (!reader.skipByte(END)) {
      if (!reader.skipKey(start, end)) return false
      start = reader.start
      end = reader.position
      const key = end - start === 1 ? this.#bytes[start] : undefined
      if (!this.#readField(key, reader)) return false
    }
    return reader.isAtEnd
  }

  /** Says whether a field by itself is what it should be. */
  #readField(key: number | undefined, reader: BencodeReader): boolean {
    switch (key) {
      case KEY.payload:
        if (!reader.skipByteString()) return false
        this.#payloadStart = reader.start
        this.#payloadBytes = reader.position - reader.start
        return isWithin(this.#payloadBytes, 1, MAX_PAYLOAD_BYTES)
      case KEY.failure:
        this.#failure = reader.readInteger() ?? 0
        return isWithin(this.#failure, MIN_FAILURE, MAX_FAILURE)
      case KEY.position:
        this.#positionAt = reader.position + 1
        this.#position = reader.readInteger() ?? 0
        return isWithin(this.#position, 1, MAX_HOPS)
      case KEY.path:
        if (!reader.skipByteString()) return false
        this.#pathStart = reader.start
        this.#pathBytes = reader.position - reader.start
        return true
      case KEY.transaction:
        if (!reader.skipByteString()) return false
        this.#transactionStart = reader.start
        this.#transactionBytes = reader.position - reader.start
        return isWithin(this.#transactionBytes, 1, MAX_TRANSACTION_BYTES)
      case KEY.type:
        this.#isFrame = reader.skipByteString() && reader.position - reader.start === 1
        return this.#isFrame && this.#bytes[reader.start] === TYPE
      default:
        return reader.readValue(MAX_DEPTH - 1) !== undefined
    }
  }

  /** Whether all that was read makes a frame: each field by itself is right, if it is there. */
  #isWhole(): boolean {
    const { pathLength } = this
    const isMessage = this.#payloadBytes > 0
    return (
      this.#isFrame &&
      this.#transactionBytes > 0 &&
      isMessage === (this.#failure === null) &&
      Number.isInteger(pathLength) &&
      isWithin(pathLength, isMessage ? MIN_NODES_OF_MESSAGE : MIN_NODES, MAX_HOPS + 1) &&
      isWithin(this.#position, 1, pathLength - 1) &&
      !this.#isAnyTwice(pathLength)
    )
  }

  /** There are so few that comparing all is quicker than remembering them. */
  #isAnyTwice(pathLength: number): boolean {
    for (let i = 1; i < pathLength; i++) {
      for (let j = 0; j < i; j++) if (this.#isSame(i, j)) return true
    }
    return false
  }

  #isSame(first: number, second: number): boolean {
    const [a, b] = [this.#pathStart + first * this.#idLength, this.#pathStart + second * this.#idLength]
    for (let i = 0; i < this.#idLength; i++) if (this.#bytes[a + i] !== this.#bytes[b + i]) return false
    return true
  }
}

/** Whether bytes look like a frame, from their first key: it costs nothing to tell, before they are read. */
export function looksLikeFrame(bytes: Uint8Array): boolean {
  if (bytes[0] !== DICTIONARY || bytes[1] !== ONE || bytes[2] !== COLON) return false
  return bytes[3] === KEY.payload || (bytes[3] === KEY.failure && bytes[4] === INTEGER)
}

export function encodeFrame({ transaction, path, position, payload, failure }: Frame): Buffer {
  const pathBytes = path.reduce((sum, { bytes }) => sum + bytes.length, 0)
  const writer = new BencodeWriter((payload?.length ?? 0) + pathBytes + OVERHEAD)
  if (payload) {
    writer.raw('d1:d')
    writer.byteString(payload)
  } else {
    writer.raw('d1:e')
    writer.integer(failure ?? 0)
  }
  writer.raw('1:i')
  writer.integer(position)
  writer.raw(`1:p${pathBytes}:`)
  for (const { bytes } of path) writer.bytes(bytes)
  writer.raw('1:t')
  writer.byteString(transaction)
  writer.raw('1:y1:fe')
  return writer.written
}

function isWithin(value: number, min: number, max: number): boolean {
  return value >= min && value <= max
}
