/** One network of the scenario `lookups`, from its first node to its last lookup. Imported once the globals are replaced. */

import type { Host } from '../host.js'
import { Http } from '../http.js'
import { Network } from '../network.js'
import { Population } from '../population.js'
import { Random } from '../random.js'
import type { Design, Settings } from '../settings.js'
import { replaceFetch, watchProcess } from '../surroundings.js'
import { Sample } from '../tally.js'
import { Violations } from '../violations.js'
import type { VirtualClock } from '../virtual-clock.js'
import { BadRelays } from './bad-relays.js'
import { describe, type LookupFigures, orNull } from './figures.js'
import { Gets } from './gets.js'
import { Lookups } from './lookups.js'
import { Meter } from './meter.js'

const SECONDS = 1000
/** Nodes with a server that a newcomer knows of. */
const PLACES = 3
const TORRENTS = 100
const VALUES = 40
/** Nothing is waited for longer than this after the last lookup or get has begun. */
const PATIENCE = 15 * SECONDS
const WITHOUT: Record<Design, readonly string[]> = { routes: [], eager: ['route', 'introduce'] }

export async function measure(
  settings: Settings,
  design: Design,
  clock: VirtualClock,
  now: () => number
): Promise<LookupFigures> {
  const startedAt = now()
  const violations = new Violations(clock)
  clock.onError = error => violations.addUncaught(error)
  const network = new Network(clock, new Random(settings.seed, 'network'), settings.faults)
  const http = new Http(network)
  const population = new Population(network, http, new Random(settings.seed, 'churn'), settings, violations)
  const stopWatching = watchProcess(violations)
  const undoFetch = replaceFetch(http)
  try {
    const test = new LookupTest(population, settings, design, violations)
    await clock.run(() => test.run(now))
    return test.describe((now() - startedAt) / SECONDS)
  } finally {
    undoFetch()
    stopWatching()
  }
}

class LookupTest {
  readonly #population: Population
  readonly #settings: Settings
  readonly #design: Design
  readonly #violations: Violations
  readonly #lookups: Lookups
  readonly #gets: Gets
  readonly #meter: Meter
  readonly #badRelays: BadRelays
  readonly #overBudget = new Set<Host>()
  #dropsBefore: Record<string, number> = {}
  #joiningTime = 0

  constructor(population: Population, settings: Settings, design: Design, violations: Violations) {
    const { seed } = settings
    this.#population = population
    this.#settings = settings
    this.#design = design
    this.#violations = violations
    this.#meter = new Meter(population.network)
    this.#lookups = new Lookups(population, new Random(seed, 'lookups'))
    this.#gets = new Gets(population, new Random(seed, 'gets'))
    this.#badRelays = new BadRelays(population, new Random(seed, 'bad relays'), settings.lookups.badRelays)
    population.without = WITHOUT[design]
    population.network.onOverBudget = host => this.#overBudget.add(host)
    this.#spreadNewcomers(new Random(seed, 'places'))
  }

  async run(now: () => number): Promise<void> {
    const { clock } = this.#population.network
    const { lookups, isVerbose } = this.#settings
    if (isVerbose) this.#reportProgress(now)
    await this.#population.start()
    this.#joiningTime = clock.now
    await clock.sleep(lookups.settling * SECONDS)
    this.#population.network.startSilences()
    this.#population.startChurn()
    await this.#lookups.announce(TORRENTS)
    await this.#gets.put(VALUES)
    this.#dropsBefore = this.#countDrops()
    const pause = (1 * SECONDS) / lookups.pace
    for (let i = 0; i < lookups.lookups; i++) {
      this.#lookups.begin()
      await clock.sleep(pause)
    }
    for (let i = 0; i < lookups.gets; i++) {
      this.#gets.begin()
      await clock.sleep(pause)
    }
    const end = clock.now + PATIENCE
    while (this.#lookups.underWay + this.#gets.underWay > 0 && clock.now < end) await clock.sleep(1 * SECONDS)
  }

  describe(realSeconds: number): LookupFigures {
    const { network, living } = this.#population
    const { seed, nodes, medianSession, lookups } = this.#settings
    const { found, costs, firstTimes, durations, idealHops, falsePeers } = this.#lookups
    for (const host of this.#overBudget) this.#violations.add('more connections than it may have', host)
    const open = [...living].map(({ host }) => [...host.peers].filter(peer => peer.connected).length)
    return {
      design: this.#design,
      nodes,
      seed,
      medianSession,
      badRelays: lookups.badRelays,
      meddledWith: this.#badRelays.meddledWith,
      lookups: { total: found.total, share: orNull(found.share) },
      gets: { total: this.#gets.found.total, share: orNull(this.#gets.found.share) },
      wrongValues: this.#gets.wrong,
      falsePeers,
      hops: {
        mean: orNull(sampleOf(costs.flatMap(({ hops }) => hops)).mean),
        longest: orNull(sampleOf(costs.map(({ hops }) => Math.max(0, ...hops))).mean)
      },
      idealHops: orNull(idealHops.mean),
      messages: describe(sampleOf(costs.map(({ messages }) => messages))),
      bytes: describe(sampleOf(costs.map(({ bytes }) => bytes))),
      connectionsMade: describe(sampleOf(costs.map(({ made }) => made))),
      connectionsMadeByAsker: describe(sampleOf(costs.map(({ madeByAsker }) => madeByAsker))),
      meanRoundTrip: network.meanRoundTrip,
      firstResult: describe(firstTimes),
      end: describe(durations),
      connections: describe(sampleOf(open)),
      overBudget: this.#overBudget.size,
      busiestRelayShare: orNull(this.#meter.busiestShare),
      drops: difference(this.#countDrops(), this.#dropsBefore),
      joiningTime: this.#joiningTime,
      virtualTime: network.clock.now,
      realSeconds,
      cpuSeconds: process.cpuUsage().user / 1e6,
      mebibytes: process.memoryUsage().rss / 2 ** 20,
      violations: this.#violations.list
    }
  }

  /** In a large network not everybody gets in through the same few: any node with a server will do. */
  #spreadNewcomers(random: Random): void {
    const population = this.#population
    const servers: typeof population.bootstrapNodes = []
    population.onStart(node => {
      if (node.isListening) node.dht.once('ready', () => servers.push(node))
    })
    population.placesToJoin = () => {
      const known = Array.from({ length: PLACES }, () => random.pick(servers) ?? population.bootstrapNodes[0])
      const places = new Set(known.filter(node => node?.isAlive)).add(population.bootstrapNodes[0])
      return [...places].slice(0, PLACES).flatMap(node => node?.place ?? [])
    }
  }

  #countDrops(): Record<string, number> {
    const sums: Record<string, number> = {}
    for (const { dht } of this.#population.living) {
      for (const [reason, count] of Object.entries(dht.socket.node.table.counters.drops)) {
        sums[reason] = (sums[reason] ?? 0) + count
      }
    }
    return sums
  }

  #reportProgress(now: () => number): void {
    const { network, living } = this.#population
    const { clock } = network
    clock.schedule(null, 10 * SECONDS, () => {
      const heap = (process.memoryUsage().heapUsed / 2 ** 20).toFixed(0)
      const times = `${(clock.now / SECONDS).toFixed(0)} s virtual, ${(now() / SECONDS).toFixed(0)} s real`
      process.stderr.write(`${times}, ${living.size} nodes, heap ${heap} MB, ${network.opened} opened\n`)
      this.#reportProgress(now)
    })
  }
}

function sampleOf(values: number[]): Sample {
  const sample = new Sample()
  sample.values = values
  return sample
}

function difference(after: Record<string, number>, before: Record<string, number>): Record<string, number> {
  const changes = Object.entries(after).map(([name, count]) => [name, count - (before[name] ?? 0)] as const)
  return Object.fromEntries(changes.filter(([, change]) => change !== 0))
}
