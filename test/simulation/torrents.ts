/**
 * Nodes that announce torrents, as WebTorrent does every 15 minutes, and nodes that look for them. A lookup succeeds with a
 * living announcer. Only honest nodes count, on both sides.
 */

import type { SimulatedNode } from './node.js'
import type { Population } from './population.js'
import type { Random } from './random.js'
import { Sample, Tally } from './tally.js'

const SECONDS = 1000
const MINUTES = 60 * SECONDS
const ANNOUNCING_SHARE = 0.3
/** Announcers of a torrent, on average. */
const ANNOUNCERS_PER_TORRENT = 5
const ANNOUNCING_INTERVAL = 15 * MINUTES
/** From when on an announcement must be found. */
const SETTLED = 5 * SECONDS
const PORT = 6881

interface Announcer {
  node: SimulatedNode
  /** When it had announced for the first time. */
  since: number
}

export class Torrents {
  readonly lookups = new Tally()
  /** Milliseconds to the first living announcer. */
  readonly times = new Sample()
  readonly durations = new Sample()
  readonly announcements = new Tally()
  /** Peers found that live, of all. */
  readonly peers = new Tally()
  readonly #population: Population
  readonly #random: Random
  readonly #infoHashes: Buffer[]
  readonly #announcers = new Map<string, Announcer>()
  readonly #byTorrent = new Map<Buffer, Set<Announcer>>()
  /** Whether nodes look for torrents now. */
  #isOn = false

  constructor(population: Population, random: Random, nodes: number) {
    this.#population = population
    this.#random = random
    const count = Math.ceil((nodes * ANNOUNCING_SHARE) / ANNOUNCERS_PER_TORRENT)
    this.#infoHashes = Array.from({ length: count }, () => random.bytes(20))
    for (const infoHash of this.#infoHashes) this.#byTorrent.set(infoHash, new Set())
    population.onStart(node => {
      const infoHash = random.pick(this.#infoHashes)
      if (infoHash && random.isLucky(ANNOUNCING_SHARE) && node.isHonest && !node.isBootstrap) {
        node.dht.once('ready', () => this.#announce(node, infoHash))
      }
    })
    population.onEnd(node => {
      const announcer = this.#announcers.get(node.id)
      this.#announcers.delete(node.id)
      if (announcer) for (const set of this.#byTorrent.values()) set.delete(announcer)
    })
  }

  /** @param rate lookups a minute and node */
  start(rate: number): void {
    this.#isOn = true
    this.#lookUpLater(rate)
  }

  stop(): void {
    this.#isOn = false
  }

  /** Has a random node look for a torrent that somebody of `announcers` has. Does nothing if there is none. */
  lookUp(
    askers: (node: SimulatedNode) => boolean = () => true,
    announcers: (node: SimulatedNode) => boolean = () => true,
    tally = this.lookups
  ): void {
    const { clock } = this.#population.network
    const asker = this.#random.pick(
      this.#population.those(node => node.isHonest && node.readyAt !== null && askers(node))
    )
    if (!asker) return
    const isWanted = ({ node, since }: Announcer) =>
      node !== asker && node.isAlive && clock.now - since >= SETTLED && announcers(node)
    const infoHash = this.#random.pick(
      this.#infoHashes.filter(hash => [...(this.#byTorrent.get(hash) ?? [])].some(isWanted))
    )
    if (infoHash) clock.schedule(asker.host, 0, () => this.#lookUp(asker, infoHash, isWanted, tally))
  }

  #lookUp(
    { dht }: SimulatedNode,
    infoHash: Buffer,
    isWanted: (announcer: Announcer) => boolean,
    tally: Tally
  ): void {
    const { clock } = this.#population.network
    const startedAt = clock.now
    let foundAt: number | null = null
    const onPeer = (peer: { id?: Buffer }, hash: Buffer) => {
      if (!hash.equals(infoHash)) return
      const announcer = peer.id && this.#announcers.get(peer.id.toString('hex'))
      const isFound = announcer !== undefined && isWanted(announcer)
      this.peers.add(announcer?.node.isAlive === true)
      if (isFound) foundAt ??= clock.now
    }
    dht.on('peer', onPeer)
    dht.lookup(infoHash, () => {
      dht.off('peer', onPeer)
      this.durations.add(clock.now - startedAt)
      if (foundAt !== null) this.times.add(foundAt - startedAt)
      const isThere = [...(this.#byTorrent.get(infoHash) ?? [])].some(isWanted)
      if (foundAt !== null || isThere) tally.add(foundAt !== null) // else all have left meanwhile
    })
  }

  #lookUpLater(rate: number): void {
    const { network, living } = this.#population
    const pause = this.#random.exponential((1 * MINUTES) / (rate * living.size))
    network.clock.schedule(null, pause, () => {
      if (!this.#isOn) return
      this.lookUp()
      this.#lookUpLater(rate)
    })
  }

  #announce(node: SimulatedNode, infoHash: Buffer): void {
    const { clock } = this.#population.network
    node.dht.announce(infoHash, PORT, error => {
      if (!node.isAlive) return
      this.announcements.add(!error)
      if (!error && !this.#announcers.has(node.id)) {
        const announcer = { node, since: clock.now }
        this.#announcers.set(node.id, announcer)
        this.#byTorrent.get(infoHash)?.add(announcer)
      }
    })
    clock.schedule(node.host, ANNOUNCING_INTERVAL, () => {
      if (node.isAlive) this.#announce(node, infoHash)
    })
  }
}
