/** A simulated network that an attack is tried in: nodes of src/ in virtual time. Imported once the globals are replaced. */

import { Http } from '../../../test/simulation/http.js'
import { Network } from '../../../test/simulation/network.js'
import type { SimulatedNode } from '../../../test/simulation/node.js'
import { Population } from '../../../test/simulation/population.js'
import { Random } from '../../../test/simulation/random.js'
import { parseSettings } from '../../../test/simulation/settings.js'
import { replaceFetch } from '../../../test/simulation/surroundings.js'
import { Violations } from '../../../test/simulation/violations.js'
import type { VirtualClock } from '../../../test/simulation/virtual-clock.js'

const SECONDS = 1000
/** From the last node's joining on. */
const SETTLING = 60 * SECONDS
/** A call that has not ended by then has failed. */
const PATIENCE = 15 * SECONDS

export class World {
  readonly clock: VirtualClock
  readonly network: Network
  readonly population: Population
  readonly random: Random
  /** The nodes that are there before the attack. */
  honest: SimulatedNode[] = []

  constructor(clock: VirtualClock, nodes: number, seed: number) {
    const settings = parseSettings(['--nodes', String(nodes), '--seed', String(seed), '--join-rate', '20'])
    const violations = new Violations(clock)
    clock.onError = error => violations.addUncaught(error)
    this.clock = clock
    this.network = new Network(clock, new Random(seed, 'network'), settings.faults)
    const http = new Http(this.network)
    replaceFetch(http) // the process ends with the simulation
    this.random = new Random(seed, 'attack')
    this.population = new Population(this.network, http, new Random(seed, 'churn'), settings, violations)
  }

  /** Has all nodes join and settle. */
  async start(): Promise<void> {
    await this.population.start()
    await this.clock.sleep(SETTLING)
    this.honest = [...this.population.living]
  }

  /** Some honest nodes, at random. */
  pick(count: number): SimulatedNode[] {
    const isHonest = new Set(this.honest)
    return this.population.pick(count, node => isHonest.has(node) && node.readyAt !== null)
  }

  /** Calls something on a node's host. Gives what it calls back with; `undefined` if that takes too long. */
  call<Result>(
    { host }: SimulatedNode,
    begin: (done: (result: Result) => void) => void
  ): Promise<Result | undefined> {
    return new Promise(resolve => {
      this.clock.schedule(host, 0, () => begin(resolve))
      this.clock.schedule(null, PATIENCE, () => resolve(undefined))
    })
  }

  /** Whether a lookup finds a node's announcement. */
  async finds(asker: SimulatedNode, infoHash: Buffer, announcer: SimulatedNode): Promise<boolean> {
    let isFound = false
    const onPeer = ({ id }: { id?: Buffer }, hash: Buffer) => {
      isFound ||= hash.equals(infoHash) && id?.toString('hex') === announcer.id
    }
    asker.dht.on('peer', onPeer)
    await this.call(asker, done => asker.dht.lookup(infoHash, done))
    asker.dht.off('peer', onPeer)
    return isFound
  }
}
