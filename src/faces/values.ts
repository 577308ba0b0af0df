/** `put` and `get` (BEP 44): from what the caller passes to what it is called back with. */

import { invalid, readCallback, readId } from '../arguments.js'
import { orElse } from '../awaitable.js'
import type { Bytes } from '../bytes.js'
import { hasCode, messageOf, WebTorrentDHTError } from '../errors.js'
import { Id } from '../id.js'
import { type GettingNode, getFromNetwork, type Wanted } from '../storing/getting.js'
import { type PuttingNode, putToNetwork } from '../storing/putting.js'
import { copyOf, type StoredValues } from '../storing/stored-values.js'
import type {
  BittorrentDHT,
  Contact,
  GetCallback,
  GetOptions,
  KRPCMessage,
  PutCallback,
  PutTally,
  Query,
  QueryCallback,
  StoredValue,
  Verify
} from '../upstream.js'
import { signedBytes } from '../wire/value-limits.js'
import type { Calls } from './calls.js'
import {
  type PutRequest,
  readGetOptions,
  readPut,
  readSignature,
  type Sign,
  type Unsigned
} from './value-arguments.js'

/** The part of the DHT that putting and getting need. */
type DHT = Pick<BittorrentDHT, 'destroyed' | 'nodes' | '_closest' | '_hash' | '_rpc' | '_tables'>

export interface ValuesOptions {
  id: Id
  idLength: number
  verify: Verify | null
  stored: StoredValues
  calls: Calls
  /** Forgets what a search for a key has found if too much of it cannot be reached. */
  refresh(key: Id): void
}

export class Values implements PuttingNode, GettingNode {
  readonly #dht: DHT
  readonly #options: ValuesOptions

  constructor(dht: DHT, options: ValuesOptions) {
    this.#dht = dht
    this.#options = options
  }

  get id(): Id {
    return this.#options.id
  }

  /** @throws WebTorrentDHTError `EINVAL` */
  put(given: unknown, callback: PutCallback | null | undefined): Bytes {
    const request = readPut(given)
    const done = readCallback('callback', callback)
    const key = this.#options.stored.keyOf(request.value)
    const bytes = Buffer.from(key.bytes) // the caller's own
    const end = this.#options.calls.begin<[nodes: number, tally: PutTally]>(
      'put',
      (error, ...[nodes = 0, tally]) => done(error, bytes, nodes, tally)
    )
    if (!this.#dht.destroyed) this.#put(key, request).then(tally => end(null, tally.stored, tally), end)
    return bytes
  }

  /** @throws WebTorrentDHTError `EINVAL` */
  get(
    given: unknown,
    options: GetOptions | GetCallback | null | undefined,
    callback?: GetCallback | null
  ): void {
    if (typeof options === 'function') return this.get(given, null, options)
    const key = readId('key', given, this.#options.idLength)
    const wanted = readGetOptions(options)
    const { k, salt } = wanted
    if (k && !this.#options.stored.keyOf({ v: 0, k, ...(salt && { salt }) }).equals(key))
      throw invalid('key', key.hex, 'the hash of `options.k` and `options.salt`')
    const done = readCallback('callback', callback)
    const end = this.#options.calls.begin<[value: StoredValue | null]>('get', (error, ...[value = null]) =>
      done(error, value)
    )
    if (this.#dht.destroyed) return
    const verify = wanted.verify ?? this.#options.verify
    this.#get({ ...wanted, key, verify }).then(value => end(null, value), end)
  }

  /**
   * Puts a stored value again. Never rejects.
   *
   * @param isWanted which of the closest nodes get it. Default: all
   * @returns how many have taken it
   */
  async republish(value: StoredValue, isWanted = (_: Id) => true): Promise<number> {
    const closest = async (key: Id) =>
      (await this.closest(key)).filter(({ id }) => id === undefined || isWanted(Id.of(id)))
    const query: PuttingNode['query'] = (...args) => this.query(...args)
    const put = putToNetwork({ id: this.id, closest, query }, this.#options.stored.keyOf(value), value)
    return put.then(
      ({ stored }) => stored,
      () => 0 // it will be done again
    )
  }

  get hash(): GettingNode['hash'] {
    return this.#dht._hash
  }

  search(key: Id, onReply: (reply: KRPCMessage) => boolean): Promise<void> {
    const query = { q: 'get', a: { id: this.id.bytes, target: key.bytes } }
    return new Promise((resolve, reject) => {
      this.#dht._closest(key.bytes, query, onReply, error => (error ? reject(error) : resolve()))
    })
  }

  /**
   * The nodes closest to a key, with their tokens: those of an earlier search, if it is not long ago. If none has replied, those that
   * are connected: they say why.
   */
  async closest(key: Id): Promise<Contact[]> {
    this.#options.refresh(key)
    const connected = this.#dht.nodes.closest(key.bytes)
    if (!this.#dht._tables.get(key.hex)) await this.search(key, () => true)
    const found = this.#dht._tables.get(key.hex)?.closest(key.bytes) ?? []
    return found.length > 0 ? found : connected
  }

  query(node: Contact, query: Query, callback: QueryCallback): void {
    this.#dht._rpc.query(node, query, callback)
  }

  async #put(key: Id, { value: unsigned, sig: given, cas }: PutRequest): Promise<PutTally> {
    const sig = typeof given === 'function' ? await signWith(given, unsigned) : given
    const value = { ...unsigned, id: this.id.bytes, ...(sig && { sig }) }
    try {
      const tally = await putToNetwork(this, key, value, cas)
      this.#keep(key, value)
      return tally
    } catch (error) {
      if (hasCode(error, 'ENONODES')) this.#keep(key, value)
      throw error
    }
  }

  /** Keeps an immutable value here, too; of a mutable one only the newest version, if one is here. */
  #keep(key: Id, value: StoredValue): void {
    if (this.#dht.destroyed) return
    void orElse(
      value.k ? this.#options.stored.update(key, value) : this.#options.stored.keep(key, value),
      undefined
    )
  }

  async #get(wanted: Wanted): Promise<StoredValue | null> {
    const own = await orElse(this.#options.stored.get(wanted.key), undefined)
    const found = await getFromNetwork(this, wanted, own)
    return own && found === own ? ofNode(this.id, own) : found
  }
}

/** A copy of a value of this node's own, as a reply has it. */
function ofNode({ bytes }: Id, value: StoredValue): StoredValue & { token: null } {
  return { ...copyOf(value), id: bytes, token: null }
}

async function signWith(sign: Sign, value: Unsigned): Promise<Buffer> {
  let signature: unknown
  try {
    signature = await sign(signedBytes(value))
  } catch (cause) {
    throw new WebTorrentDHTError('EAPPLICATION', `sign failed: ${messageOf(cause)}`, { cause })
  }
  return readSignature('what sign returned', signature)
}
