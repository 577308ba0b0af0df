/** Brings inputs to the fuzzed node: over connections that stay, over new ones, and over HTTP. */

import { randomBytes } from 'node:crypto'
import { createOffer, encodeRaw, RawClient } from '../helpers/raw-client.js'
import { type Asked, FuzzClient, senderTo } from './fuzz-client.js'
import { sendPost, sendRequest } from './http-request.js'
import { type Input, isReply, makeDescription, makeFirstMessage, makeMessage, makeOffer } from './inputs.js'
import { goodQuery, type Sender } from './messages.js'
import type { Target } from './target.js'

/** What clients speak. Those without extensions get offers with the queries; over those with `route` others are reached. */
const CLIENTS = [
  ...Array.from({ length: 4 }, () => ['introduce', 'route']),
  ...[['introduce'], ['introduce']],
  ...[[], []]
]
/** Requests and connections of inputs at the same time. */
const MAX_TASKS = 64
/** Milliseconds for a sign of life, under load. A node with limits may drop the question. */
const PING_TIMEOUT = 10_000
const LIMITED_PING_TIMEOUT = 500
/** Milliseconds that a connection with a mutated description is given to open. */
const OPEN_TIMEOUT = 300
/** Of so many queries one gets no good reply after the mutated one. */
const UNANSWERED = 64
const NO_QUERY = Buffer.from('zzzz')

/** What the node answered, and how inputs fared. */
export interface AttackCounts {
  /** Inputs by kind, the unsent ones too. */
  byKind: Record<string, number>
  /** Replies and error codes, by how often they came. */
  answers: Record<string, number>
  /** Replies for queries that the node waited for. */
  awaited: number
  /** Inputs that could not be sent, because the connection was closed just then. */
  unsent: number
  reconnects: number
  /** Connections that the node went on with, and answered no ping on. */
  unanswered: number
}

export function createCounts(): AttackCounts {
  return { byKind: {}, answers: {}, awaited: 0, unsent: 0, reconnects: 0, unanswered: 0 }
}

export class Attack {
  readonly counts: AttackCounts
  readonly #target: Target
  readonly #pingTimeout: number
  readonly #clients: FuzzClient[] = []
  readonly #tasks = new Set<Promise<unknown>>()

  /** @param isLimited whether the node drops what is too much for one connection */
  constructor(target: Target, counts: AttackCounts, isLimited: boolean) {
    this.#target = target
    this.#pingTimeout = isLimited ? LIMITED_PING_TIMEOUT : PING_TIMEOUT
    this.counts = counts
  }

  /** Connects. */
  async open(): Promise<void> {
    this.#clients.push(...(await Promise.all(CLIENTS.map((_, i) => this.#connect(i)))))
  }

  /** Sends one input. What takes its time goes on; the result settles when there is room for more. */
  async deliver(input: Input): Promise<void> {
    this.counts.byKind[input.kind] = (this.counts.byKind[input.kind] ?? 0) + 1
    const task = this.#start(input)
    if (!task) return
    const done = task
      .catch(() => false)
      .then(isSent => {
        if (!isSent) this.counts.unsent++
        this.#tasks.delete(done)
      })
    this.#tasks.add(done)
    if (this.#tasks.size >= MAX_TASKS) await Promise.race(this.#tasks)
  }

  /** Waits until all that was sent has been read, and connects anew where the node has hung up. @throws Error if it is gone */
  async sync(): Promise<void> {
    await Promise.all(
      this.#clients.map(async (client, i) => {
        client.answerAll(this.#senderOf(client))
        const isAlive = !client.isClosed && (await isAnswered(client, this.#pingTimeout))
        if (isAlive) return
        if (!client.isClosed) this.counts.unanswered++
        this.counts.reconnects++
        await client.close()
        this.#clients[i] = await this.#connect(i)
      })
    )
  }

  /** Waits for the requests and connections that are under way. */
  async finish(): Promise<void> {
    await Promise.all(this.#tasks)
  }

  /** Has all clients behave well, or no longer. */
  setPolite(isPolite: boolean): void {
    for (const client of this.#clients) client.isPolite = isPolite
  }

  async close(): Promise<void> {
    await this.finish()
    await Promise.all(this.#clients.splice(0).map(client => client.close()))
  }

  async #connect(i: number): Promise<FuzzClient> {
    return FuzzClient.connect(this.#target.place, CLIENTS[i] ?? [], answer => {
      this.counts.answers[answer] = (this.counts.answers[answer] ?? 0) + 1
    })
  }

  /** @returns whether it was sent, for what is not sent at once */
  #start(input: Input): Promise<boolean> | undefined {
    const { place } = this.#target
    const client = this.#pick(input.client)
    switch (input.kind) {
      case 'http':
        return sendRequest(place, input, this.#senderOf(client))
      case 'newcomer':
        return this.#sendFirst(input)
      case 'joining':
        return this.#join(input)
      case 'offer':
        if (input.client % 2 === 0)
          return void this.#count(client.send(makeOffer(input, this.#senderOf(client))))
        return sendPost(place, JSON.stringify({ type: 'offer', sdp: makeDescription(input) }))
      default:
        this.#count(this.#sendMessage(input, client))
    }
  }

  #sendMessage(input: Input, client: FuzzClient): boolean {
    if (!isReply(input)) return client.send(makeMessage(input, this.#senderOf(client), null))
    const asked = this.#takeQuery(input.client)
    if (!asked) return client.send(makeMessage(input, this.#senderOf(client), null))
    const { by } = input
    const sender = this.#senderOf(asked.client)
    const isSent = asked.client.send(makeMessage(input, senderTo(asked, sender), asked))
    if (isSent) this.counts.awaited++
    // What the node drops would have it wait: a good reply follows, but for some queries that may time out.
    if (by % UNANSWERED !== 0) asked.client.answer(asked, sender, by)
    return isSent
  }

  #takeQuery(start: number): (Asked & { client: FuzzClient }) | undefined {
    for (let i = 0; i < this.#clients.length; i++) {
      const client = this.#pick(start + i)
      const asked = client.isClosed ? undefined : client.takeQuery()
      if (asked) return { client, ...asked }
    }
    return undefined
  }

  /** The first messages of a connection; the node may not know yet that it is open. */
  async #sendFirst(input: Input): Promise<boolean> {
    const id = randomBytes(20)
    const sender = { ...this.#senderOf(this.#pick(input.by)), id, token: id }
    const early = [makeFirstMessage(input, sender), makeMessage({ ...input, which: input.by }, sender, null)]
    const client = await RawClient.connect(this.#target.place, { id: input.client % 2 ? id : null, early })
    client.onQuery = query => client.reply(query, {})
    await client.query('ping', {}, OPEN_TIMEOUT).catch(() => {}) // it may be taken for somebody else by now
    await client.close()
    return true
  }

  async #join(input: Input): Promise<boolean> {
    const { offer, peer, close } = await createOffer()
    try {
      const sdp = makeDescription(input, offer.sdp)
      const body = JSON.stringify({ type: 'offer', sdp, extensions: ['introduce'] })
      const signal = AbortSignal.timeout(PING_TIMEOUT)
      const response = await fetch(`http://${this.#target.place}/`, { method: 'POST', body, signal })
      if (response.status !== 200) return true
      const isOpen = new Promise<boolean>(resolve => {
        peer.once('connect', () => resolve(true))
        setTimeout(() => resolve(false), OPEN_TIMEOUT)
      })
      peer.signal(JSON.parse(await response.text()))
      if (await isOpen) peer.send(encodeRaw(goodQuery(input.by, this.#senderOf(this.#pick(0)), input.which)))
      return true
    } finally {
      await close()
    }
  }

  #pick(index: number): FuzzClient {
    return this.#clients[index % this.#clients.length] as FuzzClient
  }

  #senderOf({ id, token }: FuzzClient, transaction: Buffer = NO_QUERY): Sender {
    const others = this.#clients.flatMap(client => (client.id.equals(id) ? [] : client.id))
    return { id, token, nodeId: this.#target.nodeId, others, transaction }
  }

  #count(isSent: boolean): void {
    if (!isSent) this.counts.unsent++
  }
}

/** A connection that is closed just now throws, before its own event has come. */
async function isAnswered(client: FuzzClient, timeout: number): Promise<boolean> {
  try {
    await client.ping(timeout)
    return true
  } catch {
    return false
  }
}
