/** A topic that is open at this node: what it publishes, again and again, and its queries. */

import { type Abortable, abortable, throwIfAborted } from '../abort-signals.js'
import { invalid, optional, quote, readInteger, readOptions, readSignal } from '../arguments.js'
import { closedError, messageOf, WebTorrentDHTError } from '../errors.js'
import type { Id } from '../id.js'
import type { Owner } from '../key-pair.js'
import { KRPC_ERROR } from '../krpc/errors.js'
import type { PromiseOptions } from '../reaching/abortable.js'
import { Repeating } from '../repeating.js'
import {
  MAX_LIFETIME,
  MAX_TOPIC_VALUE_BYTES,
  signedTopicValue,
  type TopicValue
} from '../wire/topic-value.js'
import { newestValues } from './newest-values.js'
import { findStoringNodes, type StoringNode } from './storing-nodes.js'
import type { Published, PublishOptions, PublishResult, Topic, TopicDHT } from './topic.js'

const SECONDS = 1000
const MINUTES = 60 * SECONDS
/** Milliseconds until a value is put again: other nodes may be the nearest by then. */
const PUBLISH_INTERVAL = 15 * MINUTES
const DEFAULT_LIFETIME = 60 * MINUTES
/** Values of others that a query puts where they are missing, for each node. */
const MAX_MENDED = 32

export class OpenedTopic<Value = unknown> implements Topic<Value> {
  readonly name: string
  readonly #dht: TopicDHT
  readonly #infoHash: Id
  readonly #owner: Owner | null
  readonly #publishing: Repeating<number>
  readonly #onDestroyed = (): void => this.close()
  /** The value that this node published last. */
  #own: TopicValue | null = null
  #lastSeq = 0
  /** When all that this node has published has expired. */
  #expiresAt = 0
  #isClosed = false

  /** @param owner signs; `null`: values can be read only */
  constructor(name: string, parts: { dht: TopicDHT; infoHash: Id; owner: Owner | null }) {
    const { dht, infoHash, owner } = parts
    this.name = name
    this.#dht = dht
    this.#infoHash = infoHash
    this.#owner = owner
    this.#publishing = new Repeating({ dht, interval: PUBLISH_INTERVAL, work: () => this.#putOwn() })
    dht.on('close', this.#onDestroyed)
  }

  async publish(value: Value, options?: PublishOptions): Promise<PublishResult> {
    const given = readOptions(options, ['lifetime', 'signal'])
    const read = (name: string, lifetime: unknown) => readInteger(name, lifetime, 1 * SECONDS, MAX_LIFETIME)
    const lifetime = optional(read, 'options.lifetime', given.lifetime) ?? DEFAULT_LIFETIME
    return this.#publish(readValue(value), Date.now() + lifetime, readSignal(given))
  }

  async withdraw(options?: PromiseOptions): Promise<void> {
    const signal = readSignal(readOptions(options, ['signal']))
    // It must outlast what it withdraws, which may be from before this topic was opened.
    const now = Date.now()
    await this.#publish(Buffer.alloc(0), this.#expiresAt > now ? this.#expiresAt : now + MAX_LIFETIME, signal)
  }

  async query(options?: PromiseOptions): Promise<Published<Value>[]> {
    const signal = readSignal(readOptions(options, ['signal']))
    this.#checkOpen('query')
    return abortable(this.#query(signal), signal)
  }

  close(): void {
    this.#isClosed = true
    this.#publishing.close()
    this.#dht.off('close', this.#onDestroyed)
  }

  async #publish(v: Buffer, until: number, signal: Abortable | undefined): Promise<PublishResult> {
    this.#checkOpen('publish')
    throwIfAborted(signal)
    const { sign, publicKey } = this.#owner ?? {}
    if (!sign || !publicKey) {
      throw new WebTorrentDHTError('EINVAL', 'this node’s id is a claim: to publish, pass options.key')
    }
    const seq = Math.max(Date.now(), this.#lastSeq + 1)
    this.#lastSeq = seq
    this.#expiresAt = Math.max(this.#expiresAt, until)
    const k = await publicKey()
    const sig = await signWith(sign, signedTopicValue(this.#infoHash.bytes, { seq, until, v }))
    this.#checkOpen('publish')
    if (seq > (this.#own?.seq ?? 0)) this.#own = { k, sig, seq, until, v }
    return { nodes: await abortable(this.#publishing.now(), signal), expiresAt: until }
  }

  /** Puts this node's value at the nodes that should have it. @returns how many have */
  async #putOwn(): Promise<number> {
    const value = this.#own
    if (!value || value.until <= Date.now()) return 0
    this.#dht.socket.node.topics.keep(this.#infoHash, value)
    const nodes = await findStoringNodes(this.#dht, this.#infoHash, {})
    if (nodes.length === 0) throw new WebTorrentDHTError('ENONODES', 'there is no node to publish at')
    const outcomes = await Promise.allSettled(nodes.map(node => node.put(value)))
    const failures = outcomes.flatMap(outcome => (outcome.status === 'rejected' ? [outcome.reason] : []))
    if (failures.length === nodes.length) {
      if (failures.every(isReplaced) && this.#own === value) this.#own = null
      throw failures[0]
    }
    return nodes.length - failures.length
  }

  async #query(signal: Abortable | undefined): Promise<Published<Value>[]> {
    const { options, topics } = this.#dht.socket.node
    const nodes = await findStoringNodes(this.#dht, this.#infoHash, { signal })
    const stored = await Promise.all(nodes.map(async node => ({ node, values: await node.get() })))
    const lists = [...stored.map(({ values }) => values ?? []), topics.get(this.#infoHash)]
    const newest = await newestValues(this.#infoHash, lists, options.platform.verify)
    for (const { node, values } of stored) if (values) mend(node, values, newest)
    return [...newest.values()]
      .sort((a, b) => a.seq - b.seq)
      .flatMap(({ k, v, seq, until }) => {
        const json = readJson(v)
        if (!json) return []
        const publisher = k.toString('hex')
        return [{ publisher, value: json.value as Value, publishedAt: seq, expiresAt: until }]
      })
  }

  #checkOpen(call: string): void {
    if (this.#dht.destroyed) throw closedError(call)
    if (this.#isClosed) throw new WebTorrentDHTError('ECLOSED', 'the topic was closed')
  }
}

/** Whether a node has a newer value, which was published elsewhere under the same key. */
function isReplaced({ cause }: { cause?: unknown }): boolean {
  return Array.isArray(cause) && cause[0] === KRPC_ERROR.OLD_SEQUENCE
}

/** Puts values where they are missing: nodes come and go, and publishers are gone. */
function mend(node: StoringNode, stored: readonly TopicValue[], newest: Map<string, TopicValue>): void {
  const known = new Map(stored.map(({ k, seq }) => [k.toString('hex'), seq]))
  const missing = [...newest].filter(([key, { seq }]) => (known.get(key) ?? -1) < seq)
  for (const [, value] of missing.slice(0, MAX_MENDED)) node.put(value).catch(() => {}) // it may be full
}

/** @throws WebTorrentDHTError `EAPPLICATION` */
async function signWith(sign: NonNullable<Owner['sign']>, message: Buffer): Promise<Buffer> {
  try {
    return Buffer.from(new Uint8Array(await sign(message)))
  } catch (cause) {
    throw new WebTorrentDHTError('EAPPLICATION', `\`sign\` failed: ${messageOf(cause)}`, { cause })
  }
}

/** @throws WebTorrentDHTError `EINVAL` */
function readValue(value: unknown): Buffer {
  let json: string | undefined
  try {
    json = JSON.stringify(value)
  } catch (cause) {
    throw new WebTorrentDHTError('EINVAL', `value cannot be written as JSON: ${messageOf(cause)}`, { cause })
  }
  if (json === undefined) throw invalid('value', value, 'what JSON has')
  const bytes = Buffer.from(json)
  if (bytes.length <= MAX_TOPIC_VALUE_BYTES) return bytes
  const text = `value (${quote(value)}) has ${bytes.length} bytes as JSON; it may have ${MAX_TOPIC_VALUE_BYTES}`
  throw new WebTorrentDHTError('EINVAL', text)
}

/** @returns `null` for what was withdrawn, and for what is no JSON */
function readJson(bytes: Buffer): { value: unknown } | null {
  try {
    return { value: JSON.parse(bytes.toString()) }
  } catch {
    return null
  }
}
