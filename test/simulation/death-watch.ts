/** How long nodes that are gone stay in the tables of those that live. */

import type { SimulatedNode } from './node.js'
import type { Population } from './population.js'
import { Sample } from './tally.js'

export class DeathWatch {
  /** Milliseconds from the end of a killed node to its leaving the last table of a living node. */
  readonly killed = new Sample()
  /** The same for those that said goodbye. */
  readonly left = new Sample()
  /** Dead nodes that came into a table after they had left all. */
  returned = 0
  readonly #population: Population
  /** The nodes that have a node in their table, by its id. */
  readonly #holders = new Map<string, Set<SimulatedNode>>()
  readonly #endings = new Map<string, { at: number; wasKilled: boolean }>()
  readonly #gone = new Set<string>()

  constructor(population: Population) {
    this.#population = population
    population.onStart(node => this.#watch(node))
    population.onEnd(node => this.#ended(node))
  }

  /** Milliseconds since the end of each node that is dead and in a table still. */
  get pending(): number[] {
    const { clock } = this.#population.network
    return [...this.#endings.values()].map(({ at }) => clock.now - at)
  }

  #watch(node: SimulatedNode): void {
    node.dht.nodes.on('added', ({ id }: { id: Buffer }) => {
      const key = id.toString('hex')
      if (this.#gone.has(key)) this.returned++
      const holders = this.#holders.get(key) ?? new Set()
      this.#holders.set(key, holders.add(node))
    })
    node.dht.nodes.on('removed', ({ id }: { id: Buffer }) => this.#removed(id.toString('hex'), node))
  }

  #removed(id: string, holder: SimulatedNode): void {
    const holders = this.#holders.get(id)
    holders?.delete(holder)
    if (holders?.size === 0) this.#holders.delete(id)
    this.#check(id)
  }

  #ended(node: SimulatedNode): void {
    const { clock } = this.#population.network
    this.#endings.set(node.id, { at: clock.now, wasKilled: node.host.isDead })
    for (const { id } of node.dht.nodes.toArray()) this.#removed(id.toString('hex'), node)
    this.#check(node.id)
  }

  #check(id: string): void {
    const ending = this.#endings.get(id)
    const holders = [...(this.#holders.get(id) ?? [])]
    if (!ending || holders.some(({ host }) => !host.isSuspended)) return // who sleeps cannot know
    this.#endings.delete(id)
    this.#gone.add(id)
    const sample = ending.wasKilled ? this.killed : this.left
    sample.add(this.#population.network.clock.now - ending.at)
  }
}
