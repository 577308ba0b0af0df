/** The nodes that live: how they come and go. Their number stays about the same; the bootstrap nodes live on. */

import type { WebTorrentDHTOptions } from '../../src/options.js'
import type { BootstrapPlace } from '../../src/ways-in.js'
import { Host } from './host.js'
import type { Http } from './http.js'
import type { Network } from './network.js'
import { type NodeOptions, SimulatedNode } from './node.js'
import type { Random } from './random.js'
import type { Settings } from './settings.js'
import type { Violations } from './violations.js'

const SECONDS = 1000
const MINUTES = 60 * SECONDS
/** Spread of the sessions' logarithm: their mean is 1.65 medians. */
const SESSION_SIGMA = 1
/** Share of those that leave who say so; the others are killed. */
const CLEAN_SHARE = 0.5
/** Until somebody comes in the place of one who left, on average. */
const REPLACEMENT_PAUSE = 5 * SECONDS
/** Until everything that a destroyed node left must be gone. */
const GRACE = 10 * SECONDS

type Listener = (node: SimulatedNode) => void

export class Population {
  readonly network: Network
  readonly living = new Set<SimulatedNode>()
  readonly bootstrapNodes: SimulatedNode[] = []
  /** Where newcomers join. */
  placesToJoin: () => BootstrapPlace[] = () => this.bootstrapNodes.map(node => node.place)
  /** Built-in extensions that the nodes do not speak. */
  without: readonly string[] = []
  /** Makes a liar of a node. */
  corrupt: Listener = () => {}
  started = 0
  left = 0
  killed = 0
  /** Most timers that a node had left, at the call back of `destroy`. */
  timersLeft = new Map<string, number>()
  readonly #http: Http
  readonly #random: Random
  readonly #settings: Settings
  readonly #violations: Violations
  readonly #onStart: Listener[] = []
  readonly #onEnd: Listener[] = []
  #isChurning = false

  constructor(network: Network, http: Http, random: Random, settings: Settings, violations: Violations) {
    this.network = network
    this.#http = http
    this.#random = random
    this.#settings = settings
    this.#violations = violations
  }

  /** Calls back for each node that has been made, as it is made. */
  readonly onStart = (listener: Listener): void => {
    this.#onStart.push(listener)
  }

  /** Calls back for each node that is gone. */
  onEnd(listener: Listener): void {
    this.#onEnd.push(listener)
  }

  /** Living nodes with this property. */
  those(holds: (node: SimulatedNode) => boolean): SimulatedNode[] {
    return [...this.living].filter(node => node.isAlive && holds(node))
  }

  /** Some living nodes with this property, at random; fewer if there are not that many. */
  pick(count: number, holds: (node: SimulatedNode) => boolean): SimulatedNode[] {
    const nodes = this.those(holds)
    const picked = Array.from({ length: Math.min(count, nodes.length) }, () =>
      nodes.splice(this.#random.below(nodes.length), 1)
    )
    return picked.flat()
  }

  /** Starts the bootstrap nodes, then all others. */
  async start(): Promise<void> {
    const { clock } = this.network
    for (let i = 0; i < this.#settings.bootstrapNodes; i++) {
      const bootstrap = i === 0 ? (false as const) : this.placesToJoin()
      const options = { bootstrap, isListening: true, isBootstrap: true }
      this.bootstrapNodes.push(await this.#create(options, this.#settings.maxConnections.nodeJs))
    }
    while (this.living.size < this.#settings.nodes) {
      await clock.sleep(this.#random.exponential((1 * SECONDS) / this.#settings.joinRate))
      await this.add()
    }
  }

  /** From now on nodes come and go. */
  startChurn(): void {
    if (this.#settings.medianSession <= 0) return
    this.#isChurning = true
    for (const node of this.living) this.#endLater(node)
  }

  stopChurn(): void {
    this.#isChurning = false
  }

  /** A newcomer. @param given options of its node */
  async add(given: WebTorrentDHTOptions = {}): Promise<SimulatedNode> {
    const { servers, maxConnections, liars } = this.#settings
    const isListening = this.#random.isLucky(servers)
    const isLiar = this.#random.isLucky(liars)
    const byDefault = isListening ? maxConnections.nodeJs : (this.#random.pick(maxConnections.pages) ?? 64)
    const max = given.maxConnections ?? byDefault
    const node = await this.#create({ bootstrap: this.placesToJoin(), isListening, isLiar, given }, max)
    if (this.#isChurning) this.#endLater(node)
    return node
  }

  /** Ends a node without a word. */
  kill(node: SimulatedNode): void {
    this.killed++
    this.network.kill(node.host)
    this.#http.closeAll(node.host)
    this.#ended(node)
  }

  /** Has a node leave, and looks what it leaves. */
  async leave(node: SimulatedNode): Promise<void> {
    const { clock } = this.network
    if (this.#isChurning) this.left++
    node.isLeaving = true
    this.#ended(node)
    await clock.runAs(node.host, () => node.destroy()).then(destroyed => destroyed)
    for (const timer of clock.timersOf(node.host)) {
      this.timersLeft.set(timer, (this.timersLeft.get(timer) ?? 0) + 1)
    }
    await clock.sleep(GRACE)
    this.#checkLeft(node)
    node.host.isDead = true
    clock.forget(node.host)
  }

  async #create(options: NodeOptions, maxConnections: number): Promise<SimulatedNode> {
    const { network } = this
    const host = network.addHost(
      number => new Host(number, { isNodeJs: options.isListening, maxConnections })
    )
    return network.clock.runAs(host, () => {
      const node = new SimulatedNode(host, network, this.#http, {
        ...options,
        without: this.without,
        given: { ...this.#settings.nodeOptions, ...options.given }
      })
      node.dht.on('error', error => this.#violations.add(`'error': ${String(error)}`, host))
      this.started++
      this.living.add(node)
      if (node.isLiar) this.corrupt(node)
      for (const listener of this.#onStart) listener(node)
      return node
    })
  }

  #endLater(node: SimulatedNode): void {
    if (node.isBootstrap) return
    const { clock } = this.network
    const session = this.#random.logNormal(this.#settings.medianSession * MINUTES, SESSION_SIGMA)
    const isClean = this.#random.isLucky(CLEAN_SHARE)
    clock.schedule(null, session, () => {
      if (!this.#isChurning || !node.isAlive) return
      clock.schedule(null, this.#random.exponential(REPLACEMENT_PAUSE), () => void this.#replace())
      if (isClean) this.leave(node)
      else this.kill(node)
    })
  }

  async #replace(): Promise<void> {
    if (this.#isChurning) await this.add()
  }

  #ended(node: SimulatedNode): void {
    this.living.delete(node)
    for (const listener of this.#onEnd) listener(node)
  }

  #checkLeft({ host }: SimulatedNode): void {
    const { clock } = this.network
    if (host.timers > 0) this.#violations.add(`timers left: ${clock.timersOf(host).join('; ')}`, host)
    if (host.peers.size > 0) this.#violations.add(`${host.peers.size} connections left`, host)
    if (this.#http.serversOf(host) > 0) this.#violations.add('an HTTP server left', host)
  }
}
