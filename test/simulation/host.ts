/** A machine or a page in the simulated network, with one node: where it is, what it may do, and what it has sent. */

import type { ClockEvent, Owner } from './clock-event.js'

export interface HostOptions {
  /** Whether it is a Node.js program: it can listen, and others see its address. */
  isNodeJs: boolean
  maxConnections: number
}

/** One end of a connection, as its host and the network see it. */
export interface ConnectionEnd {
  readonly number: number
  readonly connected: boolean
  readonly isOpenAtBothEnds: boolean
  /** The host at the other end, once both descriptions are known. */
  readonly remoteHost: Host | undefined
  /** Ends it without a word, with its host. Nothing of the host's is kept by the other end, which may live long. */
  abandon(): void
  /** Lets nothing of this end reach the other one for some milliseconds. */
  mute(duration: number): void
  /** Looks whether the ends hear each other, after something has changed. */
  review(): void
}

export class Host implements Owner {
  readonly number: number
  readonly ip: string
  readonly isNodeJs: boolean
  readonly maxConnections: number
  isDead = false
  isSuspended = false
  timers = 0
  backlog: ClockEvent[] = []
  /** Hosts of different groups do not reach each other. */
  group = 0
  /** Whether connections of which others made the offer never open: a liar's. */
  isDeaf = false
  /** What becomes of a message that it is about to send, where it does not simply go out. */
  meddle: ((data: Uint8Array, send: (data: Uint8Array) => void) => void) | null = null
  /** Its `RTCPeerConnection`s that exist. */
  readonly peers = new Set<ConnectionEnd>()
  /** `RTCPeerConnection`s made since the start. */
  made = 0
  messages = 0
  bytes = 0

  constructor(number: number, { isNodeJs, maxConnections }: HostOptions) {
    this.number = number
    this.isNodeJs = isNodeJs
    this.maxConnections = maxConnections
    // 5.0.0.0/8 is public: no rule for private networks applies.
    this.ip = [5, ...[16, 8, 0].map(shift => (number >>> shift) & 0xff)].join('.')
  }

  /** The hosts at the other ends of its open connections. */
  get neighbours(): Host[] {
    return [...this.peers].flatMap(peer => (peer.isOpenAtBothEnds && peer.remoteHost) || [])
  }
}
