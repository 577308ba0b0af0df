/** One network with all that is watched in it. */

import { Census } from './census.js'
import { DeathWatch } from './death-watch.js'
import { Http } from './http.js'
import { Liars } from './liars.js'
import { Network } from './network.js'
import { Newcomers } from './newcomers.js'
import { Population } from './population.js'
import { Random } from './random.js'
import type { Settings } from './settings.js'
import { Torrents } from './torrents.js'
import { Values } from './values.js'
import { Violations } from './violations.js'
import type { VirtualClock } from './virtual-clock.js'

export class Simulation {
  readonly settings: Settings
  readonly clock: VirtualClock
  readonly violations: Violations
  readonly network: Network
  readonly http: Http
  readonly population: Population
  readonly deaths: DeathWatch
  readonly census: Census
  readonly newcomers: Newcomers
  readonly torrents: Torrents
  readonly values: Values
  /** Milliseconds until what befell the network was over; infinite if it was not. */
  recoveredAfter: number | null = null
  /** Figures of the scenario, with their names. */
  readonly notes: [name: string, value: string][] = []

  constructor(settings: Settings, clock: VirtualClock) {
    const { seed } = settings
    this.settings = settings
    this.clock = clock
    this.violations = new Violations(clock)
    clock.onError = error => this.violations.addUncaught(error)
    this.network = new Network(clock, new Random(seed, 'network'), settings.faults)
    this.http = new Http(this.network)
    const churn = new Random(seed, 'churn')
    this.population = new Population(this.network, this.http, churn, settings, this.violations)
    this.deaths = new DeathWatch(this.population)
    this.census = new Census(this.population, this.violations)
    this.newcomers = new Newcomers(this.population)
    new Liars(this.population, new Random(seed, 'liars'))
    this.torrents = new Torrents(this.population, new Random(seed, 'torrents'), settings.nodes)
    this.values = new Values(this.population, new Random(seed, 'values'))
  }

  /** Has all nodes join, and what they do begin. */
  async start(): Promise<void> {
    await this.population.start()
    await this.clock.sleep(30_000)
    this.network.startSilences()
    this.census.start()
    this.torrents.start(this.settings.lookupRate)
    this.values.start(this.settings.getRate)
  }

  /** Forgets the figures so far: what counts comes now. */
  resetFigures(): void {
    const { torrents, values, census, newcomers } = this
    const tallies = [torrents.lookups, torrents.peers, values.immutable, values.mutable, ...values.byAge]
    const samples = [torrents.times, torrents.durations, census.reachable, newcomers.times]
    for (const figure of [...tallies, newcomers.joined, ...samples]) figure.reset()
  }

  /** Destroys all nodes, and looks what they leave. */
  async stop(): Promise<void> {
    this.census.stop()
    this.torrents.stop()
    this.values.stop()
    this.population.stopChurn()
    await Promise.all([...this.population.living].map(node => this.population.leave(node)))
    if (this.network.peers.size > 0) this.violations.add(`${this.network.peers.size} connections left`)
  }
}
