/** `dht.promises`: the methods of the DHT with promises and async iterables in the place of callbacks and events. */

import { abortable, throwIfAborted } from '../abort-signals.js'
import { invalid, readAnnouncedPort, readId, readOptions, readSignal } from '../arguments.js'
import { withCode } from '../errors.js'
import type { CryptoKeys, Signer } from '../key-pair.js'
import type { PromiseOptions } from '../reaching/abortable.js'
import { PerKey } from '../storing/per-key.js'
import type {
  BareValue,
  BittorrentDHT,
  GetOptions,
  ImmutablePut,
  MutablePut,
  Peer,
  StoredValue
} from '../upstream.js'
import type { FoundPeer } from '../upstream-events.js'
import type { Calls } from './calls.js'
import type { PutOutcome, PutResult } from './put-outcome.js'
import { Queue, type Source } from './queue.js'
import { type RecordNode, SignedRecord } from './signed-record.js'
import type { PeerSearch } from './torrents.js'
import type { Watches } from './watches.js'

/** Peers of `watch` that wait to be taken. */
const MAX_WATCHED = 1000

/** The options of `promises.lookup` and `watch`. */
export interface LookupOptions extends PromiseOptions {
  /** Includes announcements of this node. Default: false. */
  own?: boolean
}

export class DHTPromises {
  readonly #dht: BittorrentDHT
  readonly #calls: Calls
  readonly #search: (infoHash: Uint8Array | string) => PeerSearch
  readonly #watches: Watches
  readonly #ready: Promise<void>
  readonly #recordNode: RecordNode

  /**
   * @internal
   * @param calls the calls of the DHT that are under way
   * @param search a search for the peers of a torrent; throws `EINVAL`
   */
  constructor(
    dht: BittorrentDHT,
    calls: Calls,
    search: (infoHash: Uint8Array | string) => PeerSearch,
    watches: Watches
  ) {
    this.#dht = dht
    this.#watches = watches
    this.#calls = calls
    this.#search = search
    this.#ready = new Promise(resolve => {
      if (dht.ready) resolve()
      else dht.once('ready', resolve)
    })
    this.#recordNode = {
      hash: bytes => dht._hash(bytes),
      get: (key, options) => this.get(key, options),
      put: (value, options) => this.#put(value, options),
      iterate: source => this.#iterate('watch', source),
      turns: new PerKey(),
      signing: new Set(),
      watchers: new Set()
    }
  }

  /**
   * Waits until the node has joined, or has tried to: `'ready'`.
   *
   * @throws WebTorrentDHTError `ECLOSED`
   */
  async ready(options?: PromiseOptions): Promise<void> {
    await this.#call(options, done => {
      const end = this.#calls.begin('ready', done)
      this.#ready.then(() => end(null))
    })
  }

  /**
   * Finds a value (BEP 44); `null` if nobody has it.
   *
   * @throws WebTorrentDHTError `EINVAL`; `ECLOSED`
   */
  async get(
    key: Uint8Array | string,
    options: GetOptions & PromiseOptions = {}
  ): Promise<StoredValue | null> {
    const { signal, ...others } = readOptions(options, ['signal', 'verify', 'salt', 'k', 'cache'])
    const [value] = await this.#call<[StoredValue | null]>({ signal }, done =>
      this.#dht.get(key, others, done)
    )
    return value
  }

  /**
   * Stores a value (BEP 44).
   *
   * @param value as `put` of the DHT takes it
   * @throws WebTorrentDHTError with the codes of `put`, and a {@link PutTally} in its fields if nobody took it
   */
  async put(value: BareValue | ImmutablePut | MutablePut, options?: PromiseOptions): Promise<PutResult> {
    const { error, ...result } = await this.#put(value, options)
    if (error) throw error
    return result
  }

  /**
   * Announces that this node has the torrent.
   *
   * @param port where peers reach it. Default: the port that other nodes see
   * @returns how many nodes keep the announcement
   * @throws WebTorrentDHTError `EINVAL`; `ECLOSED`; an error if nobody took it
   */
  async announce(infoHash: Uint8Array | string, port?: number, options?: PromiseOptions): Promise<number> {
    const announced = readAnnouncedPort('port', port)
    const [nodes = 0] = await this.#call<[number?]>(options, done =>
      this.#dht.announce(infoHash, announced, done)
    )
    return nodes
  }

  /**
   * Finds peers of a torrent: each once, without a `'peer'` event. The search begins when the first one is wanted, and ends by itself or
   * when the loop is left. Peers that were not taken yet wait: at most 64 of each node that replied.
   *
   * @throws WebTorrentDHTError `EINVAL` at once. In the loop `ECLOSED`, or the reason of the signal
   */
  lookup(
    infoHash: Uint8Array | string,
    options: LookupOptions = {}
  ): AsyncIterableIterator<FoundPeer, undefined> {
    const given = readOptions(options, ['signal', 'own'])
    const own = given.own ?? false
    if (typeof own !== 'boolean') throw invalid('options.own', own, 'true or false')
    const search = this.#search(infoHash)
    const start: Source<FoundPeer>['start'] = queue =>
      search(
        (peer, from) => {
          if (own || !this.#isOwn(peer, from)) queue.push(peer)
        },
        error => queue.end(error ? { error: withCode(error) } : undefined)
      )
    return this.#iterate('lookup', { signal: readSignal(given), start })
  }

  /**
   * Finds the peers of a torrent, and goes on: nodes that store announcements tell of later ones, so that nobody polls. Each peer comes
   * once; one that announces again after it was gone comes again. It ends with the loop, the signal, or the node. At most 1000 peers
   * that were not taken yet wait: the latest.
   *
   * @param options `own`: includes announcements of this node
   * @throws WebTorrentDHTError `EINVAL` at once. In the loop `ECLOSED`, or the reason of the signal
   */
  watch(
    infoHash: Uint8Array | string,
    options: LookupOptions = {}
  ): AsyncIterableIterator<FoundPeer, undefined> {
    const given = readOptions(options, ['signal', 'own'])
    const own = given.own ?? false
    if (typeof own !== 'boolean') throw invalid('options.own', own, 'true or false')
    const id = readId('infoHash', infoHash, this.#dht.nodeId.length)
    const start: Source<FoundPeer>['start'] = queue =>
      this.#watches.start(id, peer => {
        if (own || !peer.id?.equals(this.#dht.nodeId)) queue.push(peer)
      })
    return this.#iterate('watch', { signal: readSignal(given), start, max: MAX_WATCHED })
  }

  /**
   * A value that its owner replaces by newer versions, under a public key. Nothing is sent yet.
   *
   * @param key to read: the public key, as 32 bytes or hex; to write: what `keyPair` gives, or an ed25519 `CryptoKeyPair` of WebCrypto
   * @param options `salt`: at most 64 bytes, for several records of one key
   * @throws WebTorrentDHTError `EINVAL`
   */
  record(
    key: Uint8Array | string | Signer | CryptoKeys,
    options?: { salt?: Uint8Array | string | undefined }
  ): SignedRecord {
    return new SignedRecord(this.#recordNode, key, readOptions(options, ['salt']).salt)
  }

  async #put(value: BareValue | ImmutablePut | MutablePut, options?: PromiseOptions): Promise<PutOutcome> {
    const [outcome] = await this.#call<[PutOutcome]>(options, done =>
      this.#dht.put(value, (error, key, nodes, tally) => {
        const { stored = 0, refused = {}, unanswered = 0 } = tally ?? error ?? {}
        done(null, { error, key, nodes, stored, refused, unanswered })
      })
    )
    return outcome
  }

  /** Waits for the callback of a call. */
  async #call<Results extends unknown[]>(
    options: PromiseOptions | undefined,
    begin: (callback: (error: Error | null, ...results: Results) => void) => unknown
  ): Promise<Results> {
    const signal = readSignal(readOptions(options, ['signal']))
    throwIfAborted(signal)
    const results = new Promise<Results>((resolve, reject) => {
      begin((error, ...results) => (error ? reject(error) : resolve(results)))
    })
    return abortable(results, signal)
  }

  /** An iterable that the end of the node ends, too. */
  #iterate<Item>(name: string, { start, ...others }: Source<Item>): Queue<Item> {
    return new Queue<Item>({
      ...others,
      start: queue => {
        const end = this.#calls.begin(name, error => queue.end(error ? { error } : undefined))
        const stop = this.#dht.destroyed ? () => {} : start(queue)
        return () => {
          end(null)
          stop()
        }
      }
    })
  }

  /** Without an id it is this node's if it was found here, under the address of the option `host`. */
  #isOwn({ id, host }: FoundPeer, from: Peer | null): boolean {
    return id ? id.equals(this.#dht.nodeId) : from === null && host === this.#dht._host
  }
}
