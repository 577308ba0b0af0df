/** A node whose neighbours are in its own process: what one of them says is a call, and so is what it hears. */

import bencode from 'bencode'

export interface TestedNode {
  readonly id: Buffer
  readonly neighbours: Neighbours
  /** Has a neighbour send the node a message. */
  tell(neighbour: number, bytes: Buffer): void
  destroy(): Promise<void>
}

/** What a KRPC message is, by its last key `y`: a query, a reply, an error, or a frame (bep.md, sections 5 and 9). */
export type Kind = 'q' | 'r' | 'e' | 'f'

/** Error 409 of bep.md: the neighbour needs the connection. */
const NEEDED = [409, 'the connection is needed']
const TOKEN = Buffer.alloc(20)

/** The other ends of a node's connections. They answer what the node asks by itself, so that it keeps them. */
export class Neighbours {
  readonly ids: readonly Buffer[]
  /** Gets each message that the node sends, and the number of the neighbour that it goes to. */
  onSent: (bytes: Uint8Array, neighbour: number) => void = () => {}

  constructor(ids: readonly Buffer[]) {
    this.ids = ids
  }

  /** Takes what the node sends to a neighbour. The answer comes later, as from another machine. */
  hear(neighbour: number, bytes: Uint8Array, answer: (bytes: Buffer) => void): void {
    if (kindOf(bytes) === 'q') setImmediate(() => answer(answerTo(bytes, this.idOf(neighbour))))
    this.onSent(bytes, neighbour)
  }

  idOf(neighbour: number): Buffer {
    const id = this.ids[neighbour]
    if (!id) throw new Error(`there is no neighbour ${neighbour}`)
    return id
  }
}

/** What a good neighbour answers to any query. It knows nobody. */
export function answerTo(query: Uint8Array, id: Buffer): Buffer {
  const { t, q } = bencode.decode(query)
  if (Buffer.from(q).toString() === 'release') return encode({ t, y: 'e', e: NEEDED })
  return encode({ t, y: 'r', r: { id, nodes: Buffer.alloc(0), token: TOKEN } })
}

/** The kind of a message; `undefined` if it is not bencode. */
export function kindOf(bytes: Uint8Array): Kind | undefined {
  if (bytes[0] !== 0x64) return undefined
  const kind = String.fromCharCode(bytes[bytes.length - 2] ?? 0)
  return kind === 'q' || kind === 'r' || kind === 'e' || kind === 'f' ? kind : undefined
}

export function encode(message: unknown): Buffer {
  return Buffer.from(bencode.encode(message))
}

/** The IPv4 address of a neighbour: each has its own, as on the internet. */
export function hostOf(neighbour: number): string {
  return `10.0.${neighbour >> 8}.${neighbour & 0xff}`
}

/** The port of every neighbour. */
export const NEIGHBOUR_PORT = 6881
