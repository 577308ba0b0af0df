/** A signed value that its owner replaces by newer versions (BEP 44, mutable items). */

import { type Abortable, abortable, throwIfAborted } from '../abort-signals.js'
import { optional, readInteger, readOptions, readSafely, readSignal } from '../arguments.js'
import { type Awaitable, andThen, inTime, isPromise, orElse } from '../awaitable.js'
import type { Bytes } from '../bytes.js'
import { WebTorrentDHTError } from '../errors.js'
import { Id } from '../id.js'
import { type Owner, readOwner, type Signer } from '../key-pair.js'
import { KRPC_ERROR } from '../krpc/errors.js'
import type { PromiseOptions } from '../reaching/abortable.js'
import type { PerKey } from '../storing/per-key.js'
import type { GetOptions, MutablePut, PutValue, StoredValue } from '../upstream.js'
import { LONGEST_TIME } from '../upstream-options.js'
import { encode } from '../wire/bencode.js'
import type { PutOutcome, PutResult } from './put-outcome.js'
import type { Queue, Source } from './queue.js'
import { readOptionalSalt, readValue } from './value-arguments.js'

/** How often `set` writes before it gives up, while others write at the same time. */
const MAX_ATTEMPTS = 5
/** Milliseconds before the next attempt, at most. Random, or two writers could meet again and again. */
const MAX_PAUSE = 250

/** Milliseconds that `sign` may take: somebody may be asked. */
const SIGNING_TIME = 120_000

/** Milliseconds between two searches of `watch`: each asks some ten nodes. */
const WATCH_INTERVAL = 60_000
const MIN_WATCH_INTERVAL = 1000

/** A version of a record. */
export interface RecordVersion {
  readonly value: StoredValue['v']
  /** Its sequence number: a newer version has a higher one. */
  readonly seq: number
}

/** The outcome of a `set`. */
export interface SetResult extends PutResult {
  /** The sequence number of the new version. */
  seq: number
}

/** @internal The part of the node that a record needs. */
export interface RecordNode {
  /** The key of a value. */
  hash(bytes: Uint8Array): Bytes
  get(key: Bytes, options: GetOptions & PromiseOptions): Promise<StoredValue | null>
  put(value: MutablePut, options: PromiseOptions): Promise<PutOutcome>
  iterate(source: Source<RecordVersion>): Queue<RecordVersion>
  /** One `set` of a key at a time. */
  readonly turns: PerKey
  /** The keys, in hex, whose `sign` is being called. */
  readonly signing: Set<string>
  /** Called with the key of each record that this node has set. */
  readonly watchers: Set<(key: Id, version: RecordVersion) => void>
}

type Sign = Signer['sign']

/** The public key, and the key that the record is stored under. */
interface Names {
  k: Buffer
  key: Id
}

export class SignedRecord {
  readonly #node: RecordNode
  readonly #owner: Owner
  readonly #salt: Buffer | undefined
  #names: Awaitable<Names> | undefined
  /** The highest sequence number that was used here. */
  #lastSeq = 0

  /** @internal @throws WebTorrentDHTError `EINVAL` */
  constructor(node: RecordNode, key: unknown, salt: unknown) {
    this.#node = node
    this.#owner = readSafely('key', () => readOwner(key))
    this.#salt = readOptionalSalt('options.salt', salt)
  }

  /**
   * Finds the newest version; `null` if nobody has any.
   *
   * @param options `signal`: an `AbortSignal`
   * @throws WebTorrentDHTError `EINVAL`; `ECLOSED`
   */
  async get(options?: PromiseOptions): Promise<RecordVersion | null> {
    const found = await this.#find(readSignal(readOptions(options, ['signal'])))
    return found && { value: found.v, seq: found.seq ?? 0 }
  }

  /**
   * Replaces the newest version: finds it, and writes one with the next sequence number. Where another writer was first it tries again,
   * 5 times at most. Calls on one key take turns.
   *
   * @param value as `put` takes it
   * @param options `signal`: an `AbortSignal`
   * @throws WebTorrentDHTError `EINVAL` for a wrong value, or where the record has a public key only; `EREFUSED` if others were first
   * each time; `ECLOSED`; the error of `put` if nobody took it
   */
  async set(value: PutValue, options?: PromiseOptions): Promise<SetResult> {
    const signal = readSignal(readOptions(options, ['signal']))
    const { sign } = this.#owner
    if (!sign)
      throw new WebTorrentDHTError('EINVAL', 'the record has a public key; to set it, pass a key pair')
    const v = readSafely('value', () => readValue('value', value))
    if (this.#isSigning) throw new WebTorrentDHTError('EINVAL', '`sign` sets the record that it signs')
    const { key } = await this.#name()
    const written = this.#node.turns.run(key.hex, () => {
      throwIfAborted(signal)
      return this.#write(v, message => this.#sign(sign, key, message), signal)
    })
    return abortable(Promise.resolve(written), signal)
  }

  /** Whether the call comes from a `sign` of the same key, which waits for it: neither would end. */
  get #isSigning(): boolean {
    const names = this.#name()
    return !isPromise(names) && this.#node.signing.has(names.key.hex)
  }

  /** One that hangs must not hold the turn of its key for ever. */
  #sign(sign: Sign, { hex }: Id, message: Bytes): Awaitable<Uint8Array | ArrayBuffer> {
    this.#node.signing.add(hex)
    try {
      const signature = sign(message)
      return isPromise(signature) ? inTime(signature, SIGNING_TIME, '`sign`') : signature
    } finally {
      this.#node.signing.delete(hex)
    }
  }

  /**
   * Gives the newest version, and each newer one from then on: what this node sets at once, others when it searches again. A slow reader
   * gets the newest only. The first search begins when a version is wanted; a search that fails is repeated. It ends when the loop is
   * left.
   *
   * @param options `interval`: milliseconds between two searches, at least 1,000. Default: 60,000. `signal`: an `AbortSignal`
   * @throws WebTorrentDHTError `EINVAL` at once. In the loop `ECLOSED`, or the reason of the signal
   */
  watch(options?: PromiseOptions & { interval?: number }): AsyncIterableIterator<RecordVersion, undefined> {
    const given = readOptions(options, ['signal', 'interval'])
    const interval = optional(readInterval, 'options.interval', given.interval) ?? WATCH_INTERVAL
    return this.#node.iterate({
      signal: readSignal(given),
      max: 1,
      start: queue => this.#watch(version => queue.push(version), interval)
    })
  }

  #name(): Awaitable<Names> {
    this.#names ??= andThen(this.#owner.publicKey(), k => {
      const key = Id.of(this.#node.hash(this.#salt ? Buffer.concat([k, this.#salt]) : k))
      return { k, key }
    })
    return this.#names
  }

  async #find(signal: Abortable | undefined): Promise<StoredValue | null> {
    const { k, key } = await this.#name()
    return this.#node.get(key.bytes, { k, signal, ...(this.#salt && { salt: this.#salt }) })
  }

  async #write(value: StoredValue['v'], sign: Sign, signal: Abortable | undefined): Promise<SetResult> {
    const { k, key } = await this.#name()
    const owner = { k, sign, ...(this.#salt && { salt: this.#salt }) }
    let found = await this.#find(signal)
    let isOurs = false
    for (let attempt = 1; ; attempt++) {
      const seq = Math.max(found?.seq ?? 0, this.#lastSeq) + 1
      // Nodes that missed the version before ours would refuse for `cas`; they take what is newer than theirs.
      const cas = isOurs ? undefined : found?.seq
      this.#lastSeq = seq
      const put = await this.#node.put(
        { ...owner, v: value, seq, ...(cas !== undefined && { cas }) },
        { signal }
      )
      if (!isConflict(put)) return this.#written(key, { value, seq }, put)
      await abortable(pause(), signal)
      found = await this.#find(signal)
      isOurs = found?.seq === seq && encode(found.v).equals(encode(value))
      const mayHaveMissed = cas !== undefined && put.refused[KRPC_ERROR.CAS_MISMATCH] !== undefined
      const isLast = attempt === MAX_ATTEMPTS
      if (isOurs && (isLast || !mayHaveMissed)) return this.#written(key, { value, seq }, put)
      if (isLast) throw lostRace(put)
    }
  }

  /** @throws the error of a version that nobody has stored */
  #written(key: Id, version: RecordVersion, { error, ...result }: PutOutcome): SetResult {
    if (error) throw error
    for (const watcher of this.#node.watchers) watcher(key, version)
    return { ...result, seq: version.seq }
  }

  #watch(onVersion: (version: RecordVersion) => void, interval: number): () => void {
    let newest = -1
    let timer: ReturnType<typeof setTimeout> | undefined
    let isOver = false
    const note = (version: RecordVersion | null) => {
      if (!version || version.seq <= newest) return
      newest = version.seq
      onVersion(version)
    }
    const search = async () => {
      note(await this.get().catch(() => null)) // next time, perhaps
      if (!isOver) timer = setTimeout(search, interval)
    }
    const onSet = (of: Id, version: RecordVersion) =>
      andThen(orElse(this.#name(), undefined), names => {
        if (names?.key.equals(of)) note(version)
      })
    this.#node.watchers.add(onSet)
    search()
    return () => {
      isOver = true
      clearTimeout(timer)
      this.#node.watchers.delete(onSet)
    }
  }
}

function readInterval(name: string, value: unknown): number {
  return readInteger(name, value, MIN_WATCH_INTERVAL, LONGEST_TIME)
}

/** Whether a node holds another version. */
function isConflict({ refused }: PutOutcome): boolean {
  return [KRPC_ERROR.CAS_MISMATCH, KRPC_ERROR.OLD_SEQUENCE].some(code => refused[code] !== undefined)
}

function pause(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, MAX_PAUSE * Math.random()))
}

function lostRace({ error, refused }: PutOutcome): WebTorrentDHTError {
  const codes = JSON.stringify(refused)
  return new WebTorrentDHTError('EREFUSED', `others have set the record ${MAX_ATTEMPTS} times (${codes})`, {
    cause: error
  })
}
