/**
 * Application signals: the `dial` query carries the offer of an application's own peer connection to a node, and its reply carries
 * the answer back (docs/beps/dials.md). The DHT only carries them; the application gets none of the DHT's connections.
 */

import { abortable } from '../abort-signals.js'
import type { Connector } from '../connections/connector.js'
import type { Link } from '../connections/link.js'
import { cannotMeet } from '../connections/meeting.js'
import { attemptAlone, openInTwo, timeAlone } from '../connections/retry.js'
import { closedError, hasCode, WebTorrentDHTError } from '../errors.js'
import { TRICKLE } from '../extensions.js'
import type { Id } from '../id.js'
import { KRPC_ERROR, KRPCError, refusalOf } from '../krpc/errors.js'
import type { Ledger } from '../krpc/ledger.js'
import type { ResolvedOptions } from '../options.js'
import { forDial } from '../proofs.js'
import type { LateCandidates } from '../signal-exchange/late-candidates.js'
import type { SimplePeer } from '../simple-peer.js'
import { type Description, isBeside, markBeside } from '../wire/description.js'
import { encodeSignal, MAX_SDP_BYTES, type Signal, ufragOf } from '../wire/signal.js'
import { within } from './abortable.js'
import { ConnectingPeer, destroyPeer } from './connecting-peer.js'
import type { DialHandler, HandleOptions } from './incoming-dial.js'
import type { Sealer } from './sealer.js'

const SECONDS = 1000
/** For the peer's offer: simple-peer gathers candidates for five seconds at most. */
const DESCRIPTION_TIMEOUT = 10 * SECONDS
/** For the way there and back, and for the other side's answer. */
const REPLY_TIMEOUT = 10 * SECONDS
/** For the handler, and for its peer to gather candidates: less than the above, so that the other side gets the error. */
const ANSWER_TIMEOUT = 9 * SECONDS
/** From the answer to an open connection, over the slowest links. */
const OPEN_TIMEOUT = 10 * SECONDS
/** A first attempt is alone for this time, where a browser is at an end. Firefox may learn the mDNS name of a tab only after a second. */
const SHORTEST_TIME_ALONE = 2 * SECONDS
/** A peer has this long, in milliseconds, to connect after the other one for the same dial: that one may have been later at the other end. */
const LOSER_GRACE = 2500
/** Dials of other nodes that are being answered at the same time. */
const MAX_ANSWERED = 16
/** Peers for dials of other nodes that are not open yet: an abandoned dial costs one until its timeout. */
const MAX_OPENING = 32

/** A dial of the application. */
interface Call {
  /** Finds the link to the node. Called again once the offer is there, since the link may have changed meanwhile. */
  findLink(): Promise<Link>
  protocol: string
  signal: AbortSignal
  sealer?: Sealer | undefined
}

/** A dial of another node, while the application is asked. */
interface Answered {
  id: Id
  protocol: string
  offer: Signal
  isProven: boolean
  /** Whether no connection opens without a relayed candidate in the answer. */
  needsTurn: boolean
  canMeet(own: Description): boolean
  /** That the offer came over. */
  link: DialLink
  /** The name of the dial that it goes with, or replaces. */
  earlier: string | undefined
  sealer: Sealer | undefined
}

type DialLink = Pick<Link, 'id' | 'via' | 'isRoute' | 'extensions'>

/** The part of the connector that is used here. */
type DialConnector = Pick<Connector, 'proofs' | 'factory' | 'surroundings' | 'meeting' | 'reachOf'>

/** A handler with what the application says of the peers that it makes itself. */
interface Handling {
  handler: DialHandler
  hasTurn: boolean | undefined
  sealer: Sealer | undefined
}

/** @internal */
export class ApplicationSignals {
  readonly #options: ResolvedOptions
  readonly #ledger: Ledger
  readonly #connector: DialConnector
  readonly #late: Pick<LateCandidates, 'wayTo'>
  readonly #handlers = new Map<string, Handling>()
  /** Peers that answer a dial and are not open yet, with the name of the dial. */
  readonly #answering = new Map<SimplePeer, string>()
  /** One for each dial whose handler is asked. */
  readonly #asking = new Set<AbortController>()
  #isClosed = false

  constructor(
    options: ResolvedOptions,
    ledger: Ledger,
    connector: DialConnector,
    late: Pick<LateCandidates, 'wayTo'>
  ) {
    this.#options = options
    this.#ledger = ledger
    this.#connector = connector
    this.#late = late
  }

  /** @throws WebTorrentDHTError `EINVAL` if the protocol has a handler; `ECLOSED` */
  handle(protocol: string, handler: DialHandler, { hasTurn, sealer }: HandleOptions = {}): () => void {
    if (this.#isClosed) throw closedError()
    if (this.#handlers.has(protocol)) {
      throw new WebTorrentDHTError('EINVAL', `protocol '${protocol}' has a handler already`)
    }
    const handling = { handler, hasTurn, sealer }
    this.#handlers.set(protocol, handling)
    return () => {
      if (this.#handlers.get(protocol) === handling) this.#handlers.delete(protocol)
    }
  }

  /**
   * Opens a connection to a node, and retries once if it fails. A given peer has one offer, and so one attempt. A failed peer is
   * destroyed.
   *
   * @throws WebTorrentDHTError `ECANNOTMEET` at once if NATs are in the way, and there is no TURN server
   */
  async dial(call: Call, given?: ConnectingPeer): Promise<SimplePeer> {
    const { findLink, signal } = call
    await abortable(findLink(), signal) // before a peer is made in vain
    if (given) return this.#attempt(call, given)
    const { factory, meeting } = this.#connector
    const needsTurn = meeting.isHard || factory.hasOwnTurn
    let first: ConnectingPeer | undefined
    try {
      return await openInTwo(async attempt => {
        const earlier = await first?.description // without one, nobody was asked
        const connecting = await this.#createPeer(signal, attempt.isSecond, needsTurn)
        first ??= connecting
        return this.#attempt(call, connecting, attempt, earlier && ufragOf(earlier.sdp))
      })
    } catch (error) {
      const canRelay = hasCode(error, 'ECANNOTMEET') && !meeting.isHard && factory.hasTurn
      if (canRelay) return this.#attempt(call, await this.#createPeer(signal, false, true))
      throw error
    }
  }

  /**
   * Answers a dial.
   *
   * @param link that the offer came over
   * @param replaces the `ice-ufrag` of the node's earlier, failed offer
   * @throws KRPCError with a KRPC error code; WebTorrentDHTError `ENOTPROVEN` if the offer lacks the proof of its id
   */
  async answer(id: Id, protocol: string, given: Signal, link: DialLink, replaces?: string): Promise<Signal> {
    const isProven = await this.#connector.proofs.check(id, given, forDial(protocol))
    const earlier = replaces === undefined ? undefined : nameOf(id, protocol, replaces)
    if (earlier !== undefined && !isBeside(given)) this.#drop(earlier)
    const handling = this.#handlers.get(protocol)
    if (!handling) throw new KRPCError(KRPC_ERROR.NO_PROTOCOL, 'nobody handles this protocol')
    if (this.#asking.size >= MAX_ANSWERED || this.#answering.size >= MAX_OPENING) {
      throw new KRPCError(KRPC_ERROR.FULL, 'too many dials')
    }
    const asking = new AbortController()
    this.#asking.add(asking)
    try {
      await abortable(this.#connector.factory.prepare(), asking.signal)
      const hasTurn = handling.hasTurn ?? this.#connector.factory.hasTurn
      const { factory, meeting } = this.#connector
      const { handler, sealer } = handling
      const offer = await abortable(opened(given, sealer), asking.signal)
      if (!meeting.isPossible(offer, { hasTurn })) throw cannotMeet()
      const needsTurn = !meeting.isPossible(offer) || factory.hasOwnTurn
      const canMeet = (own: Description) => meeting.isPossible(offer, { own })
      const dial = { id, protocol, offer, isProven, needsTurn, canMeet, link, earlier, sealer }
      return await this.#ask(handler, dial, asking.signal)
    } catch (error) {
      throw refusalOf(error)
    } finally {
      this.#asking.delete(asking)
    }
  }

  /** Aborts the dials of other nodes. `Reaching` aborts this node's own. */
  close(): void {
    this.#isClosed = true
    this.#handlers.clear()
    const error = closedError()
    for (const asking of this.#asking) asking.abort(error)
    for (const peer of this.#answering.keys()) destroyPeer(peer)
  }

  async #createPeer(signal: AbortSignal, isCareful: boolean, needsTurn = false): Promise<ConnectingPeer> {
    await abortable(this.#connector.factory.prepare(), signal)
    const { factory } = this.#connector
    return new ConnectingPeer(factory.createPeer(true, isCareful, needsTurn), true, peer =>
      factory.gather(peer, isCareful, needsTurn)
    )
  }

  /** @param replaces the `ice-ufrag` of the earlier attempt's offer */
  async #attempt(
    { findLink, protocol, signal, sealer }: Call,
    connecting: ConnectingPeer,
    attempt = attemptAlone(false),
    replaces?: string
  ): Promise<SimplePeer> {
    const { peer } = connecting
    this.#closeOnLeave(peer)
    const failing = new AbortController()
    connecting.failed.catch(error => failing.abort(error))
    const end = AbortSignal.any([signal, failing.signal, attempt.lost])
    try {
      const { extensions } = await abortable(findLink(), end)
      const isWhole = sealer !== undefined || !extensions.has(TRICKLE) || this.#connector.meeting.isHard
      const description = await within(connecting.describe(isWhole), DESCRIPTION_TIMEOUT, end)
      const link = await abortable(findLink(), end)
      const way = sealer || !link.id ? null : this.#late.wayTo(link, link.id)
      if (way) connecting.trickleOver(way, description)
      const signed = await this.#toSignal(description, protocol, link.id, way !== null, sealer)
      const offer = attempt.isBeside ? markBeside(signed) : signed
      const args = { id: this.#options.id.bytes, protocol, signal: encodeSignal(offer) }
      const askedAt = performance.now()
      const query = replaces === undefined ? args : { ...args, replaces }
      const reply = await this.#ledger.query(link, 'dial', query, REPLY_TIMEOUT, end)
      const answer = reply.signal as Signal | undefined
      if (answer?.sdp === undefined || !isBy(answer, link)) {
        throw new WebTorrentDHTError('EREFUSED', 'the node gave no answer')
      }
      await abortable(this.#connector.proofs.check(answer.id, answer, forDial(protocol)), end)
      const theirs = await abortable(opened(answer, sealer), end)
      if (!this.#connector.meeting.isPossible(theirs, { own: description })) throw cannotMeet()
      const signalTime = performance.now() - askedAt
      this.#accept(connecting, theirs, link)
      if (answer.extensions.includes(TRICKLE)) connecting.trickling?.follow()
      attempt.answered(timeAlone(SHORTEST_TIME_ALONE, signalTime, [description, theirs]))
      await within(connecting.opening, OPEN_TIMEOUT, end, 'ECONNFAILED')
      return peer
    } catch (error) {
      peer.destroy()
      throw error
    } finally {
      connecting.detach()
    }
  }

  /** Gives a peer the other side's description, without the candidates that its way here does not allow. */
  #accept({ peer, trickling }: ConnectingPeer, given: Signal, link: Pick<Link, 'via'>): void {
    const { surroundings } = this.#connector
    const reach = this.#connector.reachOf(link)
    const { type, sdp } = surroundings.limit(given, reach)
    const checks = surroundings.limitChecks(peer, { type, sdp }, () => destroyPeer(peer))
    peer.signal({ type, sdp })
    trickling?.remote.described({ type, sdp }, reach, surroundings, checks)
  }

  /** Closes a peer with its page, if it does not end before: the other end would wait for ICE. It outlives the node. */
  #closeOnLeave(peer: SimplePeer): void {
    peer.on(
      'close',
      this.#options.platform.onLeave(() => destroyPeer(peer))
    )
  }

  /** Drops a dial that its node has abandoned. */
  #drop(name: string): void {
    for (const [peer, given] of this.#answering) {
      if (given !== name) continue
      this.#answering.delete(peer)
      peer.destroy()
    }
  }

  /** Of two peers for one dial the one that is not connected in a while after the other is let go: at the other end it has lost. */
  #keepOne(earlier: string, second: SimplePeer): void {
    const letGo = (peer: SimplePeer) => {
      const timer = setTimeout(() => {
        if (this.#answering.has(peer)) destroyPeer(peer)
      }, LOSER_GRACE)
      for (const event of ['connect', 'close']) peer.once(event, () => clearTimeout(timer))
    }
    for (const [first, name] of this.#answering) {
      if (name !== earlier) continue
      first.once('connect', () => letGo(second))
      second.once('connect', () => letGo(first))
    }
  }

  async #ask(
    handler: DialHandler,
    { id, protocol, offer, isProven, needsTurn, canMeet, link, earlier, sealer }: Answered,
    signal: AbortSignal
  ): Promise<Signal> {
    let taken: ConnectingPeer | undefined
    let isOver = false
    let noteTaken = () => {}
    const taking = new Promise<void>(resolve => {
      noteTaken = resolve
    })
    const accept = <P extends SimplePeer = SimplePeer>(given?: P): P => {
      if (isOver || taken || signal.aborted) {
        throw new WebTorrentDHTError('EINVAL', 'the dial was taken, or is over')
      }
      const { factory } = this.#connector
      const peer = given ?? factory.createPeer(false, false, needsTurn)
      const gather = (own: SimplePeer) => factory.gather(own, false, needsTurn)
      taken = new ConnectingPeer(peer, false, given ? undefined : gather)
      this.#closeOnLeave(peer)
      this.#answering.set(peer, nameOf(id, protocol, ufragOf(offer.sdp)))
      if (earlier !== undefined) this.#keepOne(earlier, peer)
      noteTaken()
      return peer as P
    }
    const askAndDescribe = async (): Promise<Description> => {
      const handling = called(() => handler({ id: id.bytes, isProven, protocol, accept }))
      handling.catch(() => {
        if (taken && this.#answering.has(taken.peer)) taken.peer.destroy()
      })
      await Promise.race([taking, handling]) // it may go on, and wait for its peer to connect
      isOver = true
      if (!taken) throw new KRPCError(KRPC_ERROR.REFUSED, 'the dial was refused')
      const way = !sealer && offer.extensions.includes(TRICKLE) ? this.#late.wayTo(link, id) : null
      if (way) taken.trickleOver(way, offer)
      this.#accept(taken, offer, link)
      return taken.describe(!way || needsTurn || this.#connector.meeting.isHard)
    }
    try {
      const description = await within(askAndDescribe(), ANSWER_TIMEOUT, signal)
      if (!canMeet(description)) throw cannotMeet() // a peer of the application's own has no relayed candidate
      const answer = await this.#toSignal(description, protocol, id, Boolean(taken?.trickling), sealer)
      taken?.trickling?.follow(description)
      if (taken) void this.#open(taken)
      return answer
    } catch (error) {
      isOver = true
      if (taken) this.#close(taken)
      throw error
    }
  }

  async #open(connecting: ConnectingPeer): Promise<void> {
    try {
      await within(connecting.opening, OPEN_TIMEOUT)
      connecting.detach()
      this.#answering.delete(connecting.peer)
    } catch {
      this.#close(connecting) // its 'close' says so to the application
    }
  }

  #close(connecting: ConnectingPeer): void {
    this.#answering.delete(connecting.peer)
    destroyPeer(connecting.peer)
    connecting.detach()
  }

  /**
   * Encloses a description in a signal, with the proof of this node's id: whoever made the peer, its certificate is signed.
   *
   * @throws WebTorrentDHTError `EINVAL` for a description that other nodes would not take; `ENOTPROVEN`
   */
  async #toSignal(
    given: Description,
    protocol: string,
    to: Id | null,
    trickles: boolean,
    sealer?: Sealer
  ): Promise<Signal> {
    const { meeting, proofs } = this.#connector
    const own = meeting.describe({ type: given.type, sdp: given.sdp }, true)
    const sent = sealer ? await sealer.seal(own) : own
    const { type, sdp } = await proofs.prove(sent, forDial(protocol), to)
    const length = Buffer.byteLength(sdp)
    if (length > MAX_SDP_BYTES) {
      const reason = `the description of the peer has ${length} bytes, which should be ${MAX_SDP_BYTES} at most`
      throw new WebTorrentDHTError('EINVAL', reason)
    }
    return { id: this.#options.id, type, sdp, extensions: trickles ? [TRICKLE] : [] }
  }
}

/** A signal with its description as it was before it was sealed. */
async function opened(signal: Signal, sealer: Sealer | undefined): Promise<Signal> {
  return sealer ? { ...signal, ...(await sealer.open({ type: signal.type, sdp: signal.sdp })) } : signal
}

/** Waits for a handler, and hides its exception from strangers. */
async function called(work: () => unknown): Promise<void> {
  try {
    await work()
  } catch {
    throw new KRPCError(KRPC_ERROR.REFUSED, 'the dial was refused')
  }
}

/** The name of a dial while it is answered. */
function nameOf(id: Id, protocol: string, ufrag: string | undefined): string {
  return [id.hex, ufrag, protocol].join(' ')
}

function isBy(signal: Signal, { id }: Link): boolean {
  return id?.equals(signal.id) === true
}
