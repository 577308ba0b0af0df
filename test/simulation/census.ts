/** What is looked at every minute: whether the network holds together, what each node sends, and its limits. */

import type { Host } from './host.js'
import type { SimulatedNode } from './node.js'
import type { Population } from './population.js'
import { Sample } from './tally.js'
import type { Violations } from './violations.js'

const MINUTE = 60_000
/** From when on a node must be part of the network. */
const SETTLED = 60_000

export class Census {
  /** Share of the honest nodes that the largest component holds. */
  readonly reachable = new Sample()
  readonly messages = new Sample()
  readonly bytes = new Sample()
  readonly connections = new Sample()
  readonly tables = new Sample()
  readonly #population: Population
  readonly #violations: Violations
  readonly #before = new WeakMap<Host, { messages: number; bytes: number }>()
  #isOn = false

  constructor(population: Population, violations: Violations) {
    this.#population = population
    this.#violations = violations
    population.network.onOverBudget = host => violations.add(`${host.peers.size} connections exist`, host)
  }

  start(): void {
    this.#isOn = true
    this.#lookLater()
  }

  stop(): void {
    this.#isOn = false
  }

  /** The share of honest nodes, of those that had time to join, in the largest component that open connections make. */
  measureReachability(): number {
    const { clock } = this.#population.network
    const nodes = this.#population.those(node => node.isHonest && clock.now - node.startedAt > SETTLED)
    return nodes.length === 0 ? 1 : largestComponent(nodes.map(({ host }) => host)) / nodes.length
  }

  #lookLater(): void {
    this.#population.network.clock.schedule(null, MINUTE, () => {
      if (!this.#isOn) return
      this.#look()
      this.#lookLater()
    })
  }

  #look(): void {
    this.reachable.add(this.measureReachability())
    for (const node of this.#population.those(() => true)) {
      this.#checkBudget(node)
      const { host } = node
      const { messages, bytes } = host
      const before = this.#before.get(host)
      this.#before.set(host, { messages, bytes })
      if (!before) continue
      this.messages.add(messages - before.messages)
      this.bytes.add(bytes - before.bytes)
      this.connections.add([...host.peers].filter(peer => peer.connected).length)
      this.tables.add(node.dht.nodes.count())
    }
  }

  #checkBudget({ host, dht }: SimulatedNode): void {
    const { existing, pending } = dht.socket.connection_counts()
    if (existing > host.maxConnections)
      this.#violations.add(`${existing} slots of the budget are taken`, host)
    if (existing !== host.peers.size)
      this.#violations.add(`${existing} slots of the budget for ${host.peers.size} connections`, host)
    if (pending > existing) this.#violations.add(`${pending} of ${existing} are pending`, host)
  }
}

/** How many of these hosts the largest component has, over open connections between them. */
function largestComponent(hosts: Host[]): number {
  const unvisited = new Set(hosts)
  let largest = 0
  for (const start of hosts) {
    if (!unvisited.delete(start)) continue
    const component = [start]
    for (const host of component) {
      for (const neighbour of host.neighbours) if (unvisited.delete(neighbour)) component.push(neighbour)
    }
    largest = Math.max(largest, component.length)
  }
  return largest
}
