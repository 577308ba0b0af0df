/**
 * Torrents that one node each has announced, and lookups of them by nodes that neither announced nor store them. A lookup
 * succeeds with the announcer. Each is measured for itself, so several may be under way.
 */

import type { SimulatedNode } from '../node.js'
import type { Population } from '../population.js'
import type { Random } from '../random.js'
import { Sample, Tally } from '../tally.js'
import { Cost } from './meter.js'
import { countHops } from './open-graph.js'

const SECONDS = 1000
/** From when on an announcement must be found. */
const SETTLED = 5 * SECONDS
/** Announcements that begin in a second. */
const ANNOUNCING_RATE = 20
const PORT = 6881

interface Torrent {
  infoHash: Buffer
  announcer: SimulatedNode
  /** When it had been announced; `null` before. */
  announcedAt: number | null
}

export class Lookups {
  readonly found = new Tally()
  /** Begun, and not over. */
  underWay = 0
  readonly costs: Cost[] = []
  /** Milliseconds to the announcer. */
  readonly firstTimes = new Sample()
  readonly durations = new Sample()
  /** Connections on the shortest path from the asker to a node that stores the announcement. */
  readonly idealHops = new Sample()
  /** Peers that nobody is. */
  falsePeers = 0
  readonly #population: Population
  readonly #random: Random
  readonly #torrents = new Set<Torrent>()
  /** Who stores announcements of a torrent, by its info hash in hex. */
  readonly #holders = new Map<string, Set<SimulatedNode>>()
  #wanted = 0

  constructor(population: Population, random: Random) {
    this.#population = population
    this.#random = random
    population.onStart(node => {
      node.dht.on('announce', (_: unknown, infoHash: Buffer) => {
        const key = infoHash.toString('hex')
        this.#holders.set(key, (this.#holders.get(key) ?? new Set()).add(node))
      })
    })
    population.onEnd(node => {
      for (const torrent of this.#torrents) {
        if (torrent.announcer === node) this.#torrents.delete(torrent)
      }
    })
  }

  /** Has nodes announce torrents, until that many have been. */
  async announce(count: number): Promise<void> {
    this.#wanted = count
    const { clock } = this.#population.network
    for (let i = 0; i < count; i++) {
      this.#announceOne()
      await clock.sleep((1 * SECONDS) / ANNOUNCING_RATE)
    }
  }

  /** Begins a lookup, if there is something to look for. */
  begin(): void {
    if (this.#torrents.size < this.#wanted) this.#announceOne() // its announcer has left
    const { clock } = this.#population.network
    const isThere = ({ announcedAt }: Torrent) => announcedAt !== null && clock.now - announcedAt >= SETTLED
    const torrent = this.#random.pick([...this.#torrents].filter(isThere))
    if (!torrent) return
    const holders = this.#holders.get(torrent.infoHash.toString('hex')) ?? new Set()
    const isStranger = (node: SimulatedNode) =>
      node.readyAt !== null && node !== torrent.announcer && !holders.has(node)
    const [asker] = this.#population.pick(1, isStranger)
    if (!asker) return
    this.underWay++
    clock.schedule(asker.host, 0, () => this.#lookUp(asker, torrent, holders))
  }

  #lookUp(asker: SimulatedNode, torrent: Torrent, holders: Set<SimulatedNode>): void {
    const { clock } = this.#population.network
    const { infoHash, announcer } = torrent
    const holdingHosts = new Set([...holders].filter(node => node.isAlive).map(({ host }) => host))
    const idealHops = countHops(asker.host, host => holdingHosts.has(host))
    const cost = new Cost(asker.host)
    clock.cause = cost
    const startedAt = clock.now
    let foundAt: number | null = null
    const onPeer = ({ id }: { id?: Buffer }, hash: Buffer) => {
      if (!hash.equals(infoHash)) return
      if (id?.toString('hex') === announcer.id) foundAt ??= clock.now
      else this.falsePeers++
    }
    asker.dht.on('peer', onPeer)
    asker.dht.lookup(infoHash, () => {
      this.underWay--
      asker.dht.off('peer', onPeer)
      if (!announcer.isAlive || !asker.isAlive) return
      this.found.add(foundAt !== null)
      this.costs.push(cost)
      this.durations.add(clock.now - startedAt)
      if (foundAt !== null) this.firstTimes.add(foundAt - startedAt)
      if (idealHops !== null) this.idealHops.add(idealHops)
    })
  }

  #announceOne(): void {
    const { clock } = this.#population.network
    const [announcer] = this.#population.pick(1, node => node.readyAt !== null && !node.isBootstrap)
    if (!announcer) return
    const torrent: Torrent = { infoHash: this.#random.bytes(20), announcer, announcedAt: null }
    this.#torrents.add(torrent)
    clock.schedule(announcer.host, 0, () => {
      announcer.dht.announce(torrent.infoHash, PORT, error => {
        if (error) this.#torrents.delete(torrent)
        else torrent.announcedAt = clock.now
      })
    })
  }
}
