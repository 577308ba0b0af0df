/**
 * Stores the values under topics for the network, in memory: of each key that has signed one, the newest. Each node has a share of the
 * store, and all nodes behind one neighbour have a few: the neighbour could have invented them. Anybody can invent keys: they have none.
 */

import { type Awaitable, andThen } from '../awaitable.js'
import type { Id } from '../id.js'
import { KRPC_ERROR, KRPCError, shareUsedUp } from '../krpc/errors.js'
import type { Asker } from '../krpc/method.js'
import type { StoredTopics } from '../krpc/methods/dht-parts.js'
import type { Platform } from '../platform.js'
import { MAX_CLOCK_SKEW, MAX_LIFETIME, signedTopicValue, type TopicValue } from '../wire/topic-value.js'
import { ValueOwners } from './value-owners.js'

/** Values under one topic. */
export const MAX_PER_TOPIC = 512
/** Values under all topics: some 3 MB. */
const MAX_ALL = 4096
/** Values that a node may store here. */
export const MAX_PER_NODE = 64

export class TopicStore implements StoredTopics {
  readonly #verify: Platform['verify']
  /** By info hash and by key, in hex. */
  readonly #topics = new Map<string, Map<string, TopicValue>>()
  readonly #owners = new ValueOwners(MAX_PER_NODE, MAX_ALL)
  #size = 0

  constructor(verify: Platform['verify']) {
    this.#verify = verify
  }

  /** Values under all topics. */
  get size(): number {
    return this.#size
  }

  get(infoHash: Id, after?: Buffer): TopicValue[] {
    this.#forgetExpired(infoHash.hex)
    const values = [...(this.#topics.get(infoHash.hex)?.values() ?? [])]
    const later = after ? values.filter(({ k }) => k.compare(after) > 0) : values
    return later.sort((a, b) => a.k.compare(b.k))
  }

  put(asker: Asker, infoHash: Id, value: TopicValue): Awaitable<void> {
    checkTimes(value)
    if (this.#isStored(infoHash, value)) return undefined // a signature is dear
    const verified = this.#verify(value.sig, signedTopicValue(infoHash.bytes, value), value.k)
    return andThen(verified, isGood => {
      if (!isGood) throw new KRPCError(KRPC_ERROR.INVALID_SIGNATURE, 'forged value', 'forged value')
      this.#checkRoom(asker, infoHash, value)
      this.#store(infoHash, value)
      this.#owners.note(nameOf(infoHash.hex, value.k.toString('hex')), asker)
    })
  }

  /** Stores a value of this node's own, which has no share, unless a newer one is there. */
  keep(infoHash: Id, value: TopicValue): void {
    const known = this.#topics.get(infoHash.hex)?.get(value.k.toString('hex'))
    if (!known || known.seq < value.seq) this.#store(infoHash, value)
  }

  /** Whether this very value is here. @throws KRPCError if a newer one is */
  #isStored(infoHash: Id, { k, seq, sig }: TopicValue): boolean {
    const known = this.#topics.get(infoHash.hex)?.get(k.toString('hex'))
    if (!known || known.seq < seq) return false
    if (known.sig.equals(sig)) return true
    throw new KRPCError(KRPC_ERROR.OLD_SEQUENCE, 'sequence number less than current')
  }

  #checkRoom(asker: Asker, infoHash: Id, value: TopicValue): void {
    this.#forgetExpired(infoHash.hex)
    if (this.#size >= MAX_ALL) for (const topic of [...this.#topics.keys()]) this.#forgetExpired(topic)
    if (this.#isStored(infoHash, value)) return // meanwhile
    const values = this.#topics.get(infoHash.hex)
    if (values?.has(value.k.toString('hex'))) return
    if (!this.#owners.hasRoom(asker)) throw shareUsedUp()
    if (this.#size >= MAX_ALL || (values?.size ?? 0) >= MAX_PER_TOPIC) {
      throw new KRPCError(KRPC_ERROR.FULL, 'too many values')
    }
  }

  #store(infoHash: Id, { k, sig, seq, until, v }: TopicValue): void {
    const values = this.#topics.get(infoHash.hex) ?? new Map<string, TopicValue>()
    this.#topics.set(infoHash.hex, values)
    const key = k.toString('hex')
    if (!values.has(key)) this.#size++
    // Copies: the fields are views of the message, and would keep all of it in memory.
    values.set(key, { k: Buffer.from(k), sig: Buffer.from(sig), seq, until, v: Buffer.from(v) })
  }

  #forgetExpired(topic: string): void {
    const values = this.#topics.get(topic)
    const now = Date.now()
    for (const [key, { until }] of values ?? []) {
      if (until > now) continue
      values?.delete(key)
      this.#size--
      this.#owners.forget(nameOf(topic, key))
    }
    if (values?.size === 0) this.#topics.delete(topic)
  }
}

function nameOf(topic: string, key: string): string {
  return `${topic} ${key}`
}

/** @throws KRPCError for a value that has expired, or whose clock is wrong: a version of the future could not be replaced */
function checkTimes({ seq, until }: TopicValue): void {
  const now = Date.now()
  if (until <= now) throw new KRPCError(KRPC_ERROR.PROTOCOL, 'the value has expired')
  if (seq > now + MAX_CLOCK_SKEW || until > now + MAX_LIFETIME + MAX_CLOCK_SKEW) {
    throw new KRPCError(KRPC_ERROR.PROTOCOL, 'the value is of the future: whose clock is wrong?')
  }
}
