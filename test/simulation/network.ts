/**
 * The network between hosts: how long things take, and what goes wrong. The round trip between two hosts is drawn once for
 * each pair, log-uniformly from 20 to 300 ms (half of all are below 77 ms, the mean is 103 ms); each message takes up to a
 * tenth more.
 */

import type { ConnectionEnd, Host } from './host.js'
import { mix, type Random } from './random.js'
import type { VirtualClock } from './virtual-clock.js'

const SECONDS = 1000
const SHORTEST_ROUND_TRIP = 20
const LONGEST_ROUND_TRIP = 300
const MAX_JITTER = 0.1
/** Milliseconds beyond the round trip until SCTP sends a lost message again. Doubles if that is lost too. */
const RETRANSMISSION_DELAY = 200
/** Milliseconds that candidates are gathered: 2 in Node.js, some 120 in Chromium. */
const GATHERING_TIME: Record<'nodeJs' | 'page', [number, number]> = { nodeJs: [2, 20], page: [50, 150] }
/** How long one direction of a connection stays silent. */
const SILENCE = [1 * SECONDS, 40 * SECONDS] as const

export interface Faults {
  /** Share of messages that are lost once, and come later. */
  loss: number
  /** Share of connection attempts that come to nothing, without an event. */
  failingAttempts: number
  /** Times an hour that a connection falls silent in one direction, for up to 40 s. */
  silencesPerHour: number
}

export class Network {
  readonly clock: VirtualClock
  readonly faults: Faults
  readonly hosts: Host[] = []
  readonly peers = new Map<number, ConnectionEnd>()
  /** What has happened, as a number: it is the same where the same things happened. */
  digest = 0
  /** Connections that have opened. */
  opened = 0
  /** Called when a host has more `RTCPeerConnection`s than it may. */
  onOverBudget: (host: Host) => void = () => {}
  /** Called when a host has made an `RTCPeerConnection`. */
  onMade: (host: Host) => void = () => {}
  /** Called when a host sends a message. */
  onMessage: (from: Host, data: Uint8Array) => void = () => {}
  readonly #random: Random
  readonly #salt: number
  #peerNumber = 0
  #groupOf: (host: Host) => number = () => 0

  constructor(clock: VirtualClock, random: Random, faults: Faults) {
    this.clock = clock
    this.faults = faults
    this.#random = random
    this.#salt = random.bits()
  }

  addHost(create: (number: number) => Host): Host {
    const host = create(this.hosts.length + 1)
    host.group = this.#groupOf(host)
    this.hosts.push(host)
    return host
  }

  hostAt(ip: string): Host | undefined {
    const number = ip
      .split('.')
      .slice(1)
      .reduce((sum, byte) => sum * 256 + Number(byte), 0)
    return ip.startsWith('5.') ? this.hosts[number - 1] : undefined
  }

  /** Notes a new `RTCPeerConnection`; gives its number. */
  addPeer(peer: ConnectionEnd, host: Host): number {
    this.#peerNumber++
    this.peers.set(this.#peerNumber, peer)
    host.peers.add(peer)
    host.made++
    this.onMade(host)
    if (host.peers.size > host.maxConnections) this.onOverBudget(host)
    return this.#peerNumber
  }

  removePeer(number: number, peer: ConnectionEnd, host: Host): void {
    this.peers.delete(number)
    host.peers.delete(peer)
  }

  /** Of two hosts at random, in milliseconds, with what is added to a message on average. */
  get meanRoundTrip(): number {
    const ofPairs =
      (LONGEST_ROUND_TRIP - SHORTEST_ROUND_TRIP) / Math.log(LONGEST_ROUND_TRIP / SHORTEST_ROUND_TRIP)
    return ofPairs * (1 + MAX_JITTER / 2)
  }

  /** Milliseconds. */
  roundTrip(from: Host, to: Host): number {
    const [low, high] = from.number < to.number ? [from.number, to.number] : [to.number, from.number]
    const share = mix(mix(low ^ this.#salt) ^ Math.imul(high, 0x9e3779b1)) / 2 ** 32
    return SHORTEST_ROUND_TRIP * (LONGEST_ROUND_TRIP / SHORTEST_ROUND_TRIP) ** share
  }

  /** Milliseconds that a message takes over a link with this round trip. */
  messageTime(roundTrip: number): number {
    let time = (roundTrip / 2) * (1 + MAX_JITTER * this.#random.next())
    for (let delay = RETRANSMISSION_DELAY; this.#random.isLucky(this.faults.loss); delay *= 2) {
      time += roundTrip + delay
    }
    return time
  }

  /** A random number. */
  draw(min: number, max: number): number {
    return this.#random.uniform(min, max)
  }

  gatheringTime({ isNodeJs }: Host): number {
    return this.#random.uniform(...GATHERING_TIME[isNodeJs ? 'nodeJs' : 'page'])
  }

  /** Whether an attempt of `from`, which made the offer, to connect to `to` comes to nothing. */
  isFailing(from: Host, to: Host): boolean {
    const isBadLuck = this.#random.isLucky(this.faults.failingAttempts)
    return isBadLuck || to.isDeaf || this.isCut(from, to)
  }

  /** Whether nothing gets from one host to another. */
  isCut(from: Host, to: Host): boolean {
    return from.group !== to.group || isAbsent(from) || isAbsent(to)
  }

  /** Adds something that has happened to the digest. */
  note(what: number): void {
    this.digest = mix(this.digest ^ what ^ Math.imul(Math.floor(this.clock.now * 16), 0x9e3779b1))
  }

  /** Ends a host without a word. */
  kill(host: Host): void {
    host.isDead = true
    host.timers = 0
    this.#review(host)
    for (const peer of [...host.peers]) peer.abandon()
    this.clock.forget(host)
  }

  /** As SIGSTOP does, or the lid of a laptop. */
  suspend(host: Host): void {
    this.clock.suspend(host)
    this.#review(host)
  }

  resume(host: Host): void {
    this.clock.resume(host)
    this.#review(host)
  }

  /** Puts hosts into groups that do not reach each other. */
  partition(groupOf: (host: Host) => number): void {
    this.#groupOf = groupOf
    for (const host of this.hosts) host.group = groupOf(host)
    for (const host of this.hosts) this.#review(host)
  }

  /** Ends the partition. */
  heal(): void {
    this.partition(() => 0)
  }

  /** Makes one direction of a connection silent for a while, now and then. */
  startSilences(): void {
    const { silencesPerHour } = this.faults
    if (silencesPerHour <= 0) return
    const connections = Math.max(1, this.peers.size)
    const pause = this.#random.exponential((3600 * SECONDS) / (silencesPerHour * connections))
    this.clock.schedule(null, Math.min(pause, 60 * SECONDS), () => {
      const peer = this.#anyOpenPeer()
      if (peer && pause <= 60 * SECONDS) peer.mute(this.#random.uniform(...SILENCE))
      this.startSilences()
    })
  }

  #anyOpenPeer(): ConnectionEnd | undefined {
    const host = this.#random.pick(this.hosts)
    return host && this.#random.pick([...host.peers].filter(peer => peer.connected))
  }

  #review(host: Host): void {
    for (const peer of host.peers) peer.review()
  }
}

function isAbsent({ isDead, isSuspended }: Host): boolean {
  return isDead || isSuspended
}
