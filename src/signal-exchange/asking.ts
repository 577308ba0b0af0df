/**
 * The asking role: connects to a node that others have named. The offer takes a route to the node, or one of the others relays it.
 * Two searches for the same node share one attempt.
 */

import type { Connector } from '../connections/connector.js'
import type { Link } from '../connections/link.js'
import { cannotMeet } from '../connections/meeting.js'
import type { Lease } from '../connections/offers.js'
import type { PeerConnection } from '../connections/peer-connection.js'
import { type Attempt, attemptAlone, openInTwo } from '../connections/retry.js'
import { hasCode, WebTorrentDHTError } from '../errors.js'
import { INTRODUCE } from '../extensions.js'
import type { Id } from '../id.js'
import type { Ledger } from '../krpc/ledger.js'
import type { ResolvedOptions } from '../options.js'
import { Route } from '../routes/route.js'
import type { Routes } from '../routes/routes.js'
import { decodeNodes } from '../wire/compact.js'
import { markBeside } from '../wire/description.js'
import { encodeSignal, type SignalReply } from '../wire/signal.js'
import type { LateCandidates } from './late-candidates.js'

/** Milliseconds for the way to the relay, to the target, and back. The relay's own timeout for the target is shorter. */
const INTRODUCTION_TIMEOUT = 1800
/** Milliseconds that we wait for a connection which the other side reports as open. */
const CROSSING_TIMEOUT = 500

/** Errors of targets that have made nothing of the offer. */
const UNSEEN = ['EFULL', 'ECANNOTMEET'] as const
/** Errors of first attempts: the connection has not opened, or nobody on this way has made one. */
const RETRIED = ['ECONNFAILED', 'EREFUSED'] as const

export class Asking {
  readonly #options: ResolvedOptions
  readonly #connector: Connector
  readonly #ledger: Ledger
  readonly #routes: Routes
  readonly #late: LateCandidates
  readonly #attempts = new Map<string, Promise<PeerConnection>>()

  constructor(
    options: ResolvedOptions,
    connector: Connector,
    ledger: Ledger,
    { routes, late }: { routes: Routes; late: LateCandidates }
  ) {
    this.#options = options
    this.#connector = connector
    this.#ledger = ledger
    this.#routes = routes
    this.#late = late
  }

  /** The current attempt to connect to a node. */
  attemptFor(id: Id): Promise<PeerConnection> | undefined {
    return this.#attempts.get(id.hex)
  }

  /** Whether an offer can get to a node. */
  canConnect(id: Id): boolean {
    return this.#waysTo(id).length > 0
  }

  /**
   * Connects to a node through the nodes that have named it.
   *
   * @throws WebTorrentDHTError `ECANNOTMEET`, `EFULL`, `EREFUSED`, `ENOTPROVEN`, `ETIMEDOUT` or `ECONNFAILED`
   */
  connect(id: Id): Promise<PeerConnection> {
    const connection = this.#connector.table.get(id)
    if (connection) return Promise.resolve(connection)
    const current = this.#attempts.get(id.hex)
    if (current) return current
    if (this.#connector.meeting.isHopeless(id)) return Promise.reject(cannotMeet())
    if (!this.#connector.udp.mayTry()) {
      const text = 'no WebRTC connection opens here of late; is UDP blocked?'
      return Promise.reject(new WebTorrentDHTError('ECONNFAILED', text))
    }
    return this.#begin(
      id,
      openInTwo(attempt => this.#connect(id, attempt), RETRIED)
    )
  }

  #begin(id: Id, connecting: Promise<PeerConnection>): Promise<PeerConnection> {
    const attempt = connecting.finally(() => this.#attempts.delete(id.hex))
    this.#attempts.set(id.hex, attempt)
    return attempt
  }

  /** The same, over a TURN server where nothing else leads through the NATs. */
  async connectAnyhow(id: Id): Promise<PeerConnection> {
    try {
      return await this.connect(id)
    } catch (error) {
      if (!hasCode(error, 'ECANNOTMEET') || !this.#connector.factory.hasTurn) throw error
      return this.#attempts.get(id.hex) ?? this.#begin(id, this.#connect(id, attemptAlone(true)))
    }
  }

  /** The route to the node itself, and the links to its introducers. */
  #waysTo(id: Id): Link[] {
    const { table } = this.#connector
    const routeTo = (other: Id) => this.#routes.to(other, { mayRepeat: false })
    const introducers = table.addresses.introducersOf(id)
    return [routeTo(id), ...introducers.map(other => table.get(other) ?? routeTo(other))].filter(
      way => way !== undefined
    )
  }

  /** Tries the ways in turn until the offer gets to the node. The second attempt starts with the second way. */
  async #connect(id: Id, attempt: Attempt): Promise<PeerConnection> {
    const ways = this.#waysTo(id)
    let failure = new WebTorrentDHTError('ETIMEDOUT', 'no connected node can introduce us')
    for (let i = 0; i < ways.length; i++) {
      const way = ways[(i + Number(attempt.isSecond)) % ways.length]
      try {
        const connection = way?.isOpen ? await this.#connectThrough(way, id, attempt) : undefined
        if (connection) return connection
      } catch (error) {
        // A relay on this way has changed a signal; another may not.
        if (!hasCode(error, 'ENOTPROVEN')) throw error
        failure = error
      }
    }
    throw failure
  }

  /** @returns undefined if the offer did not get to the node */
  async #connectThrough(way: Link, id: Id, attempt: Attempt): Promise<PeerConnection | undefined> {
    const lease = await this.#connector.offers.lease(attempt.isSecond)
    const askedAt = performance.now()
    const reply = await this.#introduce(way, id, lease, attempt.isBeside).catch(error => {
      const isLost = way instanceof Route && way.isLost
      if (hasCode(error, 'ECANNOTMEET')) this.#connector.meeting.note(id)
      if (isLost || UNSEEN.some(code => hasCode(error, code))) lease.giveBack()
      else lease.discard() // the target may be answering it
      if (!isLost) throw error
      return null
    })
    if (reply?.sdp !== undefined) {
      const signalTime = performance.now() - askedAt
      const reach = this.#connector.reachOf(way)
      return this.#connector.acceptAnswer(lease, reply, { id, dialled: null, reach }, { signalTime, attempt })
    }
    if (reply === null) return undefined
    lease.giveBack()
    return reply && this.#waitForCrossing(id)
  }

  /** Sends an offer to the node, or to a relay. Only an answer by that node counts. */
  async #introduce(way: Link, id: Id, lease: Lease, isBeside: boolean): Promise<SignalReply | undefined> {
    const target = id.bytes
    const own = { id: this.#options.id.bytes, ...(!way.id?.equals(id) && { target }) }
    const late = this.#late.wayTo(way, id)
    const description = await lease.describe(late, !late || this.#connector.meeting.isHard)
    const offer = await this.#connector.toSignal(description, id)
    const signal = encodeSignal(isBeside ? markBeside(offer) : offer)
    const query = (method: string, args: Record<string, unknown>) =>
      this.#ledger.query(way, method, args, INTRODUCTION_TIMEOUT)
    let reply: SignalReply | undefined
    if (way.extensions.has(INTRODUCE)) {
      reply = (await query('peer_connection', { ...own, signal })).signal as SignalReply | undefined
    } else {
      reply = answerOf(id, await query('find_node', { ...own, target, signals: [signal] }))
    }
    if (reply && !reply.id.equals(id))
      throw new WebTorrentDHTError('EREFUSED', 'another node has answered the offer')
    return reply
  }

  /** The target says that we are connected already. After a glare its connection may open here in a moment. */
  async #waitForCrossing(id: Id): Promise<PeerConnection> {
    const connection = await this.#connector.table.whenConnected(id, CROSSING_TIMEOUT)
    if (connection) return connection
    throw new WebTorrentDHTError('ECONNFAILED', 'the node says that it is connected, but it is not')
  }
}

/**
 * The target's answer in a reply to `find_node`, by a relay without the extension.
 *
 * @returns undefined if no node has seen the offer
 * @throws WebTorrentDHTError `EREFUSED` if another node has answered it
 */
function answerOf(target: Id, reply: Record<string, unknown>): SignalReply | undefined {
  const ids = decodeNodes((reply.nodes as Buffer | undefined) ?? Buffer.alloc(0), target.bytes.length).map(
    node => node.id
  )
  const signals = (reply.signals as (SignalReply | 0)[] | undefined) ?? []
  const answer = signals.find(signal => signal !== 0 && signal.id.equals(target))
  if (answer && ids.some(id => id.equals(target))) return answer
  const isAnswered = signals.some(signal => signal !== 0 && signal.sdp !== undefined)
  if (isAnswered) throw new WebTorrentDHTError('EREFUSED', 'the offer was passed on to another node')
  return undefined
}
