/**
 * Invitations: the way in of two people who pass two texts on, by messenger or from screen to camera. The one who invites makes an offer,
 * which waits; the other gives the answer back. Each waits with one connection.
 */

import { type Abortable, onAbort, reasonOf, throwIfAborted } from '../abort-signals.js'
import { invalid } from '../arguments.js'
import type { Bytes } from '../bytes.js'
import type { Connector, RemoteEnd } from '../connections/connector.js'
import type { PeerConnection } from '../connections/peer-connection.js'
import type { CloseReason } from '../counters.js'
import { closedError, WebTorrentDHTError } from '../errors.js'
import type { ResolvedOptions } from '../options.js'
import { FOR_NODE } from '../proofs.js'
import { markCareful } from '../wire/description.js'
import type { Signal } from '../wire/signal.js'
import type { AcceptedInvitation, Invitation, InviteOptions } from './invitation.js'
import { explainUnreadable, type InvitationText, readInvitation, writeInvitation } from './invitation-text.js'
import { keepChecking, outliveFailures } from './patient-ice.js'

const SECONDS = 1000
const MINUTES = 60 * SECONDS
const DEFAULT_LIFETIME = 10 * MINUTES
/** Invitations and answers that wait. Each is a connection in the making, of which a node may have 32. */
const MAX_WAITING = 8
/** Milliseconds to connect once both texts are there: nobody likes to pass them on again. */
const OPEN_TIMEOUT = 15 * SECONDS
/** The part of a link's fragment before the text. */
const FRAGMENT = '#invitation='

export interface InvitationsParts {
  connector: Connector
  /** Called when a node is connected: it may know others. */
  onMet(): void
}

export class Invitations {
  readonly #options: ResolvedOptions
  readonly #connector: Connector
  readonly #onMet: () => void
  readonly #waiting = new Set<symbol>()

  constructor(options: ResolvedOptions, { connector, onMet }: InvitationsParts) {
    this.#options = options
    this.#connector = connector
    this.#onMet = onMet
  }

  async invite({ signal, lifetime = DEFAULT_LIFETIME }: InviteOptions): Promise<Invitation> {
    const wait = await this.#wait(true, lifetime, signal)
    const { connection, expiresAt } = wait
    return wait.orClose(async () => {
      const offer = await this.#connector.toSignal(await connection.describe(), null)
      const { text, check } = this.#write(offer, null)
      const accept = async (answer: string) => {
        const read = this.#read('answer', answer, true, /^a=mid:(\S+)/m.exec(offer.sdp)?.[1])
        if (!read.answers?.equals(check))
          throw invalid('answer', answer, 'the answer to this invitation, not to another one')
        return this.#connect(wait, read.signal)
      }
      const link = (page: string) => {
        if (typeof page !== 'string' || !URL.canParse(page))
          throw invalid('page', page, "the URL of a page: 'https://…'")
        return page.replace(/#.*|$/s, () => FRAGMENT + text)
      }
      return { text, expiresAt, accept, link }
    })
  }

  async accept(
    given: string,
    { signal, lifetime = DEFAULT_LIFETIME }: InviteOptions
  ): Promise<AcceptedInvitation> {
    const { signal: offer, check } = this.#read('text', given, false)
    const { proofs, table } = this.#connector
    if (table.id.equals(offer.id)) throw invalid('text', given, 'an invitation of another node')
    await proofs.check(offer.id, offer, FOR_NODE)
    if (table.get(offer.id))
      return { text: '', expiresAt: Date.now(), whenConnected: Promise.resolve(offer.id.bytes) }
    const wait = await this.#wait(false, lifetime, signal)
    const { connection, expiresAt } = wait
    return wait.orClose(async () => {
      // Else this end would begin the DTLS handshake, and give it up before the other end has the answer.
      const sdp = markCareful(offer.sdp.replace('a=setup:actpass', 'a=setup:active'))
      const passive = { ...offer, sdp }
      const answer = await this.#connector.answerWith(connection, passive, this.#remote(offer, lifetime))
      keepChecking(connection, this.#isNative)
      const { text } = this.#write(answer, check)
      const whenConnected = this.#whenConnected(wait, offer)
      whenConnected.catch(() => {}) // nobody need wait for it
      return { text, expiresAt, whenConnected }
    })
  }

  async #connect(wait: Waiting, answer: Signal): Promise<Bytes> {
    const { connection } = wait
    const { proofs, table } = this.#connector
    if (connection.isClosed) throw wait.failure('the invitation is void')
    await proofs.check(answer.id, answer, FOR_NODE) // the node itself may still answer
    if (table.get(answer.id)) {
      connection.close('duplicate')
      return answer.id.bytes
    }
    if (wait.isUsed) throw new WebTorrentDHTError('EREFUSED', 'the invitation was answered already')
    wait.isUsed = true
    if (!this.#isNative) outliveFailures(connection)
    this.#connector.acceptWith(connection, answer, this.#remote(answer, OPEN_TIMEOUT))
    return this.#whenConnected(wait, answer)
  }

  async #whenConnected({ connection, failure }: Waiting, { id }: Signal): Promise<Bytes> {
    if (!(await connection.whenOpen())) throw failure('the other end did not connect')
    const { remoteAddress = '' } = connection.peer
    const { surroundings } = this.#connector
    if (remoteAddress === '' || surroundings.ofNeighbour(connection.peer) === 'public')
      surroundings.noteStranger()
    this.#onMet()
    return id.bytes
  }

  /** Whether WebRTC is not a browser's. */
  get #isNative(): boolean {
    return this.#options.platform.createHttpServer !== null
  }

  /** People who pass texts on know each other: they may show each other private addresses. */
  #remote({ id }: Signal, patience: number): RemoteEnd {
    return { id, dialled: null, reach: this.#connector.surroundings.ofEntrance(true), patience }
  }

  /** Makes a connection that waits for people. @throws WebTorrentDHTError `EFULL` */
  async #wait(isInviting: boolean, lifetime: number, signal: Abortable | undefined): Promise<Waiting> {
    throwIfAborted(signal)
    if (this.#waiting.size >= MAX_WAITING)
      throw new WebTorrentDHTError('EFULL', `${MAX_WAITING} invitations and answers are waiting already`)
    const place = Symbol()
    this.#waiting.add(place)
    const leave = () => void this.#waiting.delete(place)
    try {
      // The careful way: an attempt that failed would mean two more texts.
      const connection = await this.#connector.factory.create(isInviting, isInviting)
      connection.setDeadline(lifetime)
      void connection.whenOpen().then(leave)
      return new Waiting(connection, lifetime, signal)
    } catch (error) {
      leave()
      throw error
    }
  }

  #write(signal: Signal, answers: Buffer | null): { text: string; check: Buffer } {
    const written = writeInvitation(signal, answers, this.#options)
    if (written) return written
    throw new WebTorrentDHTError('ECONNFAILED', 'the description of this WebRTC is none of a data channel')
  }

  #read(name: string, given: unknown, isAnswer: boolean, mid?: string): InvitationText {
    const wanted = isAnswer ? 'an answer to an invitation' : 'an invitation'
    if (typeof given !== 'string') throw invalid(name, given, `${wanted}, as text`)
    const read = readInvitation(given, this.#options, mid)
    if (!read) throw invalid(name, given, wanted + explainUnreadable(given, this.#options, mid))
    if (isAnswer === (read.answers !== null)) return read
    const is = isAnswer ? 'an invitation: give it to dht.accept' : 'an answer: give it to invitation.accept'
    throw invalid(name, given, `${wanted}; this is ${is}`)
  }
}

/** A connection that waits for people. */
class Waiting {
  readonly connection: PeerConnection
  readonly expiresAt: number
  isUsed = false
  readonly #signal: Abortable | undefined
  #closedFor: CloseReason | undefined

  constructor(connection: PeerConnection, lifetime: number, signal: Abortable | undefined) {
    this.connection = connection
    this.expiresAt = Date.now() + lifetime
    this.#signal = signal
    connection.once('close', reason => {
      this.#closedFor = reason
    })
    const stop = signal && onAbort(signal, () => connection.close('unused offer'))
    if (signal?.aborted) connection.close('unused offer')
    void connection.whenOpen().then(stop)
  }

  /** Why the connection was closed. */
  readonly failure = (text: string): unknown => {
    if (this.#signal?.aborted) return reasonOf(this.#signal)
    if (this.#closedFor === 'destroyed') return closedError()
    const isLate = this.#closedFor === 'not opened' && !this.isUsed
    return new WebTorrentDHTError(
      isLate ? 'ETIMEDOUT' : 'ECONNFAILED',
      isLate ? `${text}: its time is over` : text
    )
  }

  /** Does something with the connection, which is closed if that fails. */
  async orClose<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      const failure = this.connection.isClosed ? this.failure('the connection was closed') : error
      this.connection.close('unused offer')
      throw failure
    }
  }
}
