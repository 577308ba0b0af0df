/** The network that a node is in, as far as it has been found out, and the STUN servers that answer there. */

import { emitter } from '../events.js'
import type { NetworkKind, Probed } from '../network-kind.js'
import type { ResolvedOptions } from '../options.js'
import { type IceServer, StunServers } from './stun-servers.js'
import type { Surroundings } from './surroundings.js'

export type { NetworkKind } from '../network-kind.js'

const SECONDS = 1000
/** Milliseconds between the beginnings of two probes. While they find nothing, it doubles up to the last. */
const FIRST_PAUSE = 10 * SECONDS
const LAST_PAUSE = 300 * SECONDS
/** The same after a change of network. */
const SHORTEST_PAUSE = 1 * SECONDS
/** Connections that are given two STUN servers: where one is dead, each of them is slow. */
const MAX_TRIALS = 2
/** Milliseconds between two looks at this machine's addresses. */
const LOOK_PAUSE = 2 * SECONDS

type Events = { change: [kind: NetworkKind] }

export interface NetworkParts {
  options: Pick<ResolvedOptions, 'simplePeerOptions' | 'platform'>
  surroundings: Pick<Surroundings, 'isLocal' | 'kindOf'>
  /** Whether links over WebSocket open here, and WebRTC does not. */
  isBlocked(): boolean
}

export class Network extends emitter<Events>() {
  /** The STUN servers that this node asks, and TURN servers that the user gave. */
  readonly servers: StunServers
  readonly #parts: NetworkParts
  /** The kind that STUN servers have shown; until they answer, the kind that this machine's addresses show. */
  #found: NetworkKind = 'unknown'
  #kind: NetworkKind = 'unknown'
  /** Whether `#found` is what STUN servers have shown. */
  #isProven = false
  /** This machine's addresses, as one string; `null` before the first look. */
  #addresses: string | null = null
  #nextLook = Number.NEGATIVE_INFINITY
  #current: AbortController | null = null
  #probedAt = Number.NEGATIVE_INFINITY
  #pause = FIRST_PAUSE
  #timer: ReturnType<typeof setTimeout> | undefined
  /** Connections that were given two servers, to find out what the NAT does. */
  #trials = 0
  #isClosed = false

  constructor(parts: NetworkParts) {
    super()
    this.#parts = parts
    this.servers = new StunServers(parts.options.simplePeerOptions.config?.iceServers ?? [])
  }

  get kind(): NetworkKind {
    return this.#kind
  }

  /** Notes what STUN servers have shown. A later finding replaces an earlier one. */
  learn(kind: NetworkKind): void {
    this.#isProven = kind !== 'unknown'
    if (this.#isProven) this.#pause = FIRST_PAUSE
    this.#found = kind
    this.#update()
  }

  /** Looks again whether UDP is blocked. */
  blockedChanged(): void {
    this.#update()
    // It was not when a server answered: is this another network?
    if (this.#parts.isBlocked() && this.#isProven) this.probe()
  }

  /** Finds out what is not known yet. Called before each connection; mostly there is nothing to do. */
  check(): void {
    this.#look()
    if (!this.#isProven && this.#pauseLeft <= 0) this.#probe()
  }

  /** Asks the STUN servers again, soon: something has changed or failed. */
  probe(): void {
    if (this.#timer !== undefined || this.#current || !this.#canProbe) return
    if (this.#pauseLeft <= 0) return this.#probe()
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#probe()
    }, this.#pauseLeft)
    this.#timer.unref?.() // not where jsdom's timers are the global ones
  }

  /** The network may be another one: forgets what was found out, and asks again. */
  forget(): void {
    if (this.#isClosed) return
    this.#end()
    this.#pause = SHORTEST_PAUSE
    this.#trials = 0
    this.#addresses = null
    this.#nextLook = Number.NEGATIVE_INFINITY
    this.learn('unknown')
    this.#look()
    this.probe()
  }

  /**
   * The servers for one connection. Where no probe can be made, the first few are given two STUN servers: whether these see one port or
   * two tells the kind of NAT.
   *
   * @returns and which STUN servers are among them
   */
  chooseServers(): { iceServers: IceServer[]; asked: readonly string[] } {
    const { urls, turn } = this.servers
    const isTrial = !this.#isProven && !this.#parts.options.platform.probeNetwork && this.#trials < MAX_TRIALS
    const asked = this.#found === 'public' ? [] : urls.slice(0, isTrial ? 2 : 1)
    if (asked.length > 1) this.#trials++
    return { iceServers: [...asked.map(url => ({ urls: url })), ...turn], asked }
  }

  /** Notes that a description came without the address that `server` was asked for. */
  unanswered(server: string): void {
    if (this.servers.urls[0] !== server) return // another connection has noted it already
    this.servers.demote(server)
    this.probe()
  }

  close(): void {
    this.#isClosed = true
    this.#end()
  }

  get #canProbe(): boolean {
    const { options, surroundings } = this.#parts
    const isPossible = options.platform.probeNetwork && this.servers.urls.length > 0
    return Boolean(isPossible) && !surroundings.isLocal && !this.#isClosed
  }

  get #pauseLeft(): number {
    return this.#probedAt + this.#pause - performance.now()
  }

  #end(): void {
    this.#current?.abort()
    this.#current = null
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #update(): void {
    const kind = this.#found === 'unknown' && this.#parts.isBlocked() ? 'blocked' : this.#found
    if (kind === this.#kind || this.#isClosed) return
    this.#kind = kind
    this.emit('change', kind)
  }

  /** Looks whether this machine's addresses have changed, and whether one is public. */
  #look(): void {
    const { options, surroundings } = this.#parts
    const now = performance.now()
    if (now < this.#nextLook) return
    this.#nextLook = now + LOOK_PAUSE
    const own = options.platform.ownAddresses?.() ?? null
    if (!own) return
    const addresses = [...own].sort().join(' ')
    if (this.#addresses !== null && this.#addresses !== addresses) return this.forget()
    this.#addresses = addresses
    // One of IPv6 does not help those who have none, and is often behind a firewall.
    const isPublic = (address: string) => !address.includes(':') && surroundings.kindOf(address) === 'public'
    if (this.#isProven || !own.some(isPublic)) return
    this.#found = 'public' // unless a server tells otherwise: some networks use public addresses behind a NAT
    this.#update()
  }

  #probe(): void {
    const { probeNetwork } = this.#parts.options.platform
    if (this.#current || !this.#canProbe || !probeNetwork) return
    const current = new AbortController()
    this.#current = current
    this.#probedAt = performance.now()
    let isFirst = true
    const onAnswered = (server: string) => {
      if (isFirst) this.servers.prefer(server)
      isFirst = false
    }
    const { kindOf } = this.#parts.surroundings
    const own = this.#parts.options.platform.ownAddresses?.() ?? []
    probeNetwork(this.servers.urls, { signal: current.signal, own, kindOf, onAnswered }).then(
      probed => this.#probed(current, probed),
      () => this.#probed(current, { kind: 'unknown', silent: [] }) // no socket, for want of descriptors
    )
  }

  #probed(probe: AbortController, { kind, silent }: Probed): void {
    if (this.#current !== probe) return // it was of another network
    this.#current = null
    if (this.#isClosed) return
    if (silent.length < this.servers.urls.length) for (const server of silent) this.servers.demote(server)
    if (kind === 'unknown') this.#pause = Math.min(2 * this.#pause, LAST_PAUSE)
    // A server that is silent for once tells nothing.
    if (kind !== 'unknown' || this.#parts.isBlocked()) this.learn(kind)
  }
}
