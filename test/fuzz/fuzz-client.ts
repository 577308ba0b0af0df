/** A stranger with a connection to the fuzzed node. It keeps what it is asked until an input answers it. */

import { randomBytes } from 'node:crypto'
import type { Frame } from '../../src/wire/frame.js'
import { createMessageParser } from '../helpers/parse.js'
import { decodeRaw, encodeRaw, RawClient, type RawMessage } from '../helpers/raw-client.js'
import { type Framed, frameFor, goodReply, type Sender } from './messages.js'

/** Of so many pings one is left to an input. A node that gets no reply to its pings hangs up. */
const PINGS_PER_INPUT = 8

const parse = createMessageParser(20)

/** A query of the node's, and the frame that it came in, if it did. */
export interface Asked {
  query: RawMessage
  framed: Framed | null
}

/** An odd number: a reply, no report. */
const NO_REPORT = 1

export class FuzzClient {
  readonly id: Buffer
  /** A token that the node gave for this connection. */
  token: Buffer = randomBytes(20)
  /** Answers all that it is asked, at once and as it should. */
  isPolite = false
  readonly #raw: RawClient
  readonly #queries: Asked[] = []
  #asked = 0

  /** @param onAnswer gets every reply and error, and what the node said that is malformed itself */
  static async connect(
    place: string,
    extensions: string[],
    onAnswer: (answer: string) => void
  ): Promise<FuzzClient> {
    let client: FuzzClient | undefined
    const onMessage = (message: RawMessage, bytes: Buffer) => {
      const parsed = parse(bytes)
      if (parsed.kind === 'malformed') onAnswer(`malformed: ${parsed.reason}`)
      if (parsed.kind === 'frame') {
        onAnswer(parsed.frame.failure === null ? 'frame' : `report ${parsed.frame.failure}`)
        if (client) client.#onFrame(parsed.frame)
        return
      }
      if (message.y !== 'q') onAnswer(message.e ? String(message.e[0]) : 'reply')
      if (client && Buffer.isBuffer(message.r?.token)) client.token = message.r.token
    }
    client = new FuzzClient(await RawClient.connect(place, { extensions, onMessage }))
    return client
  }

  private constructor(raw: RawClient) {
    this.id = raw.id
    this.#raw = raw
    raw.onQuery = query => this.#onQuery({ query, framed: null })
  }

  get isClosed(): boolean {
    return this.#raw.isClosed
  }

  /** The query that has waited longest for an answer. */
  takeQuery(): Asked | undefined {
    return this.#queries.shift()
  }

  /** Sends whatever it is; says whether it could be. */
  send(message: Uint8Array | string): boolean {
    if (this.#raw.isClosed) return false
    try {
      this.#raw.send(message)
      return true
    } catch {
      return false // the node hangs up just now
    }
  }

  /** Answers a query as a node would. */
  answer(asked: Asked, sender: Sender, by: number): void {
    this.#reply(asked, goodReply(asked.query, senderTo(asked, sender), by))
  }

  /** Answers all queries that no input has answered. */
  answerAll(sender: Sender): void {
    for (const asked of this.#queries.splice(0)) this.answer(asked, sender, 0)
  }

  /** Asks for a sign of life: all that was sent before has been read when it comes. */
  ping(deadline: number): Promise<RawMessage> {
    this.#raw.queries.length = 0
    return this.#raw.query('ping', {}, deadline)
  }

  close(): Promise<void> {
    return this.#raw.close()
  }

  #onQuery(asked: Asked): void {
    const isLeft = asked.query.q !== 'ping' || this.#asked++ % PINGS_PER_INPUT === 0
    if (isLeft && !this.isPolite) this.#queries.push(asked)
    else this.#reply(asked, politeReply(asked.query))
  }

  /** A frame that would go on is answered here: the client is everybody who is said to be behind it. */
  #onFrame({ transaction, path, payload }: Frame): void {
    if (!payload || parse(payload).kind !== 'query') return
    this.#onQuery({
      query: decodeRaw(payload),
      framed: { transaction, path: path.map(({ bytes }) => bytes) }
    })
  }

  #reply({ query, framed }: Asked, r: Record<string, unknown>): void {
    if (!framed) return void this.send(this.#raw.encodeReply(query, r))
    const reply = encodeRaw({ t: query.t, y: 'r', r: { id: framed.path.at(-1), ...r } })
    this.send(encodeRaw(frameFor(framed, reply, NO_REPORT)))
  }
}

/** Who answers: the node that the frame was for. */
export function senderTo({ framed, query }: Asked, sender: Sender): Sender {
  return { ...sender, transaction: query.t, id: framed?.path.at(-1) ?? sender.id }
}

/** Nothing that the node would have to follow. */
function politeReply({ q }: RawMessage): Record<string, unknown> {
  return q === 'get' || q === 'get_peers' ? { token: 'x', nodes: '' } : { nodes: '' }
}
