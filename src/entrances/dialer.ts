/** Dials places: connects to nodes through their HTTP servers. A place is dialled only once at a time. */

import { keyOf } from '../connections/address-book.js'
import type { Connector } from '../connections/connector.js'
import type { PeerConnection } from '../connections/peer-connection.js'
import { retryFailedConnection } from '../connections/retry.js'
import { messageOf, WebTorrentDHTError } from '../errors.js'
import type { Id } from '../id.js'
import type { Log } from '../log.js'
import type { ResolvedOptions } from '../options.js'
import { nameOf, type Place } from '../place.js'
import type { Address } from '../wire/compact.js'
import { postOffer } from './client.js'

/** Milliseconds for a server to answer. */
const HTTP_TIMEOUT = 5000
/** Dials at once. Places come from the user, but an application may pass on strangers' places. */
const MAX_DIALS = 16

/** The result of dialling a place: a connection, or this node itself. */
export type Dialled = PeerConnection | 'self'

type OnFailed = (address: Address, error: WebTorrentDHTError) => void

export class Dialer {
  readonly #options: ResolvedOptions
  readonly #connector: Connector
  readonly #log: Log
  readonly #onFailed: OnFailed
  readonly #dials = new Map<string, Promise<Dialled>>()
  readonly #abort = new AbortController()

  /** @param onFailed told of each place that could not be dialled */
  constructor(options: ResolvedOptions, connector: Connector, log: Log, onFailed: OnFailed) {
    this.#options = options
    this.#onFailed = onFailed
    this.#connector = connector
    this.#log = log
  }

  /**
   * Dials a place.
   *
   * @param address the node's address here from now on
   * @throws WebTorrentDHTError why there is no connection
   */
  dialPlace(place: Place, address: Address): Promise<Dialled> {
    this.#connector.surroundings.noteHost(place.host)
    const key = keyOf(address)
    const current = this.#dials.get(key)
    if (current) return current
    if (this.#dials.size >= MAX_DIALS) {
      return Promise.reject(new WebTorrentDHTError('EFULL', `${MAX_DIALS} nodes are being dialled already`))
    }
    const dial = this.#dialPlace(place, address).finally(() => this.#dials.delete(key))
    this.#dials.set(key, dial)
    return dial
  }

  /** The dials that are under way. */
  get dials(): Promise<Dialled>[] {
    return [...this.#dials.values()]
  }

  /** Aborts all dials. */
  close(): void {
    this.#abort.abort()
  }

  async #dialPlace(place: Place, address: Address): Promise<Dialled> {
    try {
      return await retryFailedConnection(isSecond => this.#attempt(place, address, isSecond))
    } catch (thrown) {
      this.#log('cannot reach %s: %s', nameOf(place), messageOf(thrown))
      const error = describe(place, thrown)
      if (!this.#abort.signal.aborted) this.#onFailed(address, error)
      throw error
    }
  }

  async #attempt(place: Place, address: Address, isSecond: boolean): Promise<Dialled> {
    const { idLength, platform } = this.#options
    const lease = await this.#connector.offers.lease(isSecond)
    const signal = AbortSignal.any([this.#abort.signal, AbortSignal.timeout(HTTP_TIMEOUT)])
    const post = async () => {
      const offer = this.#connector.toSignal(lease.offer, null)
      return postOffer(place, offer, { idLength, allowsHttp: platform.allowsHttp, signal })
    }
    const postedAt = performance.now()
    const reply = await post().catch(error => {
      lease.giveBack() // without its answer no connection can come of it
      throw error
    })
    const { id } = reply
    if (reply.sdp !== undefined) {
      const signalTime = isSecond ? undefined : performance.now() - postedAt
      const reach = this.#connector.surroundings.ofPlace(place)
      return this.#connector.acceptAnswer(lease, reply, { id, dialled: address, reach }, signalTime)
    }
    lease.giveBack()
    return this.#connected(reply.id, address)
  }

  /** The server says that we are connected already: to ourselves, or from before. */
  #connected(id: Id, address: Address): Dialled {
    const { table } = this.#connector
    if (id.equals(table.id)) return 'self'
    const connection = table.get(id)
    if (!connection)
      throw new WebTorrentDHTError('ECONNFAILED', 'the node says that it is connected, but it is not')
    this.#connector.identify(connection, id, address)
    return connection
  }
}

/** The error with the name of the place, and a word on the usual cause. */
function describe(place: Place, error: unknown): WebTorrentDHTError {
  const name = nameOf(place)
  if (!(error instanceof WebTorrentDHTError)) {
    return new WebTorrentDHTError('EUNREACHABLE', `${name}: ${messageOf(error)}`, { cause: error })
  }
  const { code } = error
  if (code !== 'ECONNFAILED' && code !== 'ENOTPROVEN') return error
  const blocked = 'it answers, but no WebRTC connection to it opens; is UDP blocked?'
  const text = code === 'ECONNFAILED' ? blocked : error.message
  return new WebTorrentDHTError(code, `${name}: ${text}`, { cause: error })
}
