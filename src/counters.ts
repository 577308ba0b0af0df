/**
 * The counters of a node: plain numbers, one addition each. All names are in closed lists, so that strangers cannot make them grow.
 */

/** Why a connection was closed. */
export const CLOSE_REASONS = [
  /** The other side closed it. */
  'disconnected',
  /** ICE found no way to the other side any more. */
  'broken',
  /** Signals were exchanged, but it did not open in time. */
  'not opened',
  /** WebRTC failed, or the description was bad. */
  'failed',
  /** An offer that was not answered in time, or cannot be used again. */
  'unused offer',
  /** Both ends are connected already, by another connection. */
  'duplicate',
  /** This node was full and evicted it. */
  'no room',
  /** The other node was full, and this node released it. */
  'released',
  /** The node does not reply. */
  'unresponsive',
  /** The node kept exceeding the rate limits. */
  'flooding',
  /** This node was destroyed. */
  'destroyed'
] as const

/** Why a message, or an HTTP request, led to nothing. */
export const DROP_REASONS = [
  /** Not a message of the protocol; as a query it was answered with error 203. */
  'malformed',
  'unknown method',
  /** It has another id than the connection's node. */
  'foreign id',
  /** An offer, an answer or a first message with an id that is bound to a key, without its proof. */
  'not proven',
  /** A reply to no query of ours. */
  'reply not awaited',
  /** Too many came before the connection was open. */
  'too early',
  /** It came on a connection whose node is not known. */
  'sender not known',
  /** More than `limits.messages`. */
  'too many messages',
  /** More than `limits.bytes`. */
  'too many bytes',
  /** More than `limits.queries`. */
  'too many queries',
  /** More than `limits.offers`. */
  'too many offers',
  /** More than `limits.dials`. */
  'too many dials',
  /** More than `limits.introductions`, or `limits.introductionsAtOnce`. */
  'too many introductions',
  /** More than `limits.frames`. */
  'too many frames',
  /** A frame whose path does not lead over this node, or not from where it came. */
  'wrong path',
  /** A frame whose next node is not connected to this one. */
  'no route',
  /** More than `limits.stores`. */
  'too many stores',
  /** More than `limits.peersPerNode` or `limits.valuesPerNode`. */
  'share of the store used up',
  /** The signature of a value is wrong. */
  'forged value',
  /** A message of ours: the connection was closed, or its other end does not read. */
  'not sent',
  /** HTTP requests, by the status that they were answered with. */
  'HTTP 400',
  'HTTP 405',
  'HTTP 413',
  'HTTP 421',
  'HTTP 429',
  'HTTP 500',
  'HTTP 503'
] as const

/** The outcome of a query of ours. */
export const OUTCOMES = [
  'replied',
  /** An error came back. */
  'refused',
  /** It was sent, and nothing came back. */
  'unanswered',
  /** There was no connection to send it on. */
  'not sent'
] as const

export type CloseReason = (typeof CLOSE_REASONS)[number]
export type DropReason = (typeof DROP_REASONS)[number]
export type Outcome = (typeof OUTCOMES)[number]

function zeros<Name extends string>(names: readonly Name[]): Record<Name, number> {
  return Object.fromEntries(names.map(name => [name, 0])) as Record<Name, number>
}

/** @internal */
export class Counters {
  /** `RTCPeerConnection`s made, and connections opened. */
  readonly connections = { made: 0, opened: 0 }
  readonly closed = zeros(CLOSE_REASONS)
  /** Offers lent to a query, how many of them not for the first time, and how many closed without use. */
  readonly offers = { leased: 0, reused: 0, wasted: 0 }
  /** By known method. */
  readonly sent: Record<string, Record<Outcome, number>> = {}
  readonly received: Record<string, number> = {}
  readonly drops = zeros(DROP_REASONS)
  readonly messages = { sent: 0, received: 0 }
  readonly bytes = { sent: 0, received: 0 }
  /** Frames that this node sent, relayed for others, and got back as failed. */
  readonly frames = { sent: 0, passedOn: 0, returned: 0 }

  /** Counts queries of this method, from now on. */
  addMethod(method: string): void {
    this.sent[method] ??= zeros(OUTCOMES)
    this.received[method] ??= 0
  }

  /** Counts a query of ours. An application's own methods are not counted. */
  query(method: string, outcome: Outcome): void {
    const outcomes = Object.hasOwn(this.sent, method) ? this.sent[method] : undefined
    if (outcomes) outcomes[outcome]++
  }

  /** Counts a refused HTTP request. The statuses that Node.js itself answers with are not in the list. */
  refusedRequest(status: number): void {
    const reason = `HTTP ${status}` as DropReason
    if (reason in this.drops) this.drops[reason]++
  }
}
