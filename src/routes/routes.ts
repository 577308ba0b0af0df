/** All routes of a node (extension `route`, bep.md): it finds paths over neighbours, and tracks the routes with a query under way. */

import type { PeerConnection } from '../connections/peer-connection.js'
import type { ConnectionTable } from '../connections/table.js'
import type { Id } from '../id.js'
import type { Ledger } from '../krpc/ledger.js'
import type { ResolvedOptions } from '../options.js'
import type { Address, Contact } from '../wire/compact.js'
import type { FrameView } from '../wire/frame.js'
import { NeighboursOfNeighbours } from './neighbours-of-neighbours.js'
import { findPath } from './path-finding.js'
import { RelayCosts } from './relay-costs.js'
import { Route } from './route.js'
import { WayBack } from './way-back.js'

export interface RouteSettings {
  /** Whether the query may reach the node twice. Default: true. */
  mayRepeat?: boolean
  /** The first relays of a lookup's routes, in hex: others are preferred, and this route's is added. */
  usedRelays?: Set<string> | undefined
}

/** Extra cost, in hops, of a relay that the lookup uses already: below 1, so that no path gets longer. */
const USED = 0.2
/**
 * Extra cost, in hops, of a relay that names as many neighbours as it may: it leads everywhere, and could read most lookups. More than
 * that of a used relay, or each lookup would take in every such relay once.
 */
const BROAD = 0.6

export class Routes {
  /** The costs of relays. */
  readonly costs: RelayCosts
  readonly neighboursOfNeighbours: NeighboursOfNeighbours
  readonly #table: ConnectionTable
  readonly #underWay = new Set<Route>()
  readonly #ways

  constructor(options: ResolvedOptions, table: ConnectionTable, ledger: Ledger) {
    this.#table = table
    this.neighboursOfNeighbours = new NeighboursOfNeighbours(options, table, ledger)
    this.costs = new RelayCosts(table)
    table.on('disconnected', id => {
      for (const route of [...this.#underWay]) route.neighbourLost(id)
    })
    this.#ways = {
      own: table.id,
      neighbour: (id: Id | undefined) => table.get(id),
      sent: () => {
        table.counters.frames.sent++
      },
      suspect: (relays: readonly Id[]) => this.costs.suspect(relays),
      trust: (relays: readonly Id[]) => this.costs.trust(relays),
      unlearn: (id: Id, relay: Id) => this.#unlearn(id, relay),
      begun: (route: Route) => this.#underWay.add(route),
      ended: (route: Route) => this.#underWay.delete(route)
    }
  }

  /** A route to a node, for one query; `undefined` if none is known. */
  to(id: Id, { mayRepeat = true, usedRelays }: RouteSettings = {}): Route | undefined {
    const [first] = this.#findPath(id, usedRelays) ?? []
    const neighbour = this.#table.get(first)
    if (!first || !neighbour) return undefined
    // Those used so far: its own relay must not seem used when the query is sent.
    const others = new Set(usedRelays)
    usedRelays?.add(first.hex)
    const ways = { ...this.#ways, findPath: (id: Id) => this.#findPath(id, others) }
    return new Route(id, neighbour, ways, mayRepeat)
  }

  /** The relays on the way to a node: empty for a neighbour; `undefined` if no way is known. */
  relaysTo(id: Id): Id[] | undefined {
    return this.#findPath(id)?.slice(0, -1)
  }

  /** The nodes one relay away that are nearest to an id. Nodes behind more relays are likelier to be gone. */
  nearest(target: Id, count: number): Contact[] {
    const { addresses } = this.#table
    const { neighboursOfNeighbours } = this
    const breadthOf = ({ relay }: { relay: Id }) => neighboursOfNeighbours.breadthOf(relay)
    const ways = neighboursOfNeighbours.waysTo(target, count)
    // Of many relays the last ones learnt stay: those that lead to few nodes.
    ways.sort((a, b) => breadthOf(b) - breadthOf(a))
    for (const { id, relay } of ways) addresses.learn(id, relay, true)
    const isOneRelayAway = (id: Id) => addresses.relaysTo(id).some(relay => this.#isNeighbour(relay))
    return addresses.nearestStrangers(target, count, isOneRelayAway).flatMap(id => {
      const address = addresses.addressOf(id)
      return address ? { id, ...address } : []
    })
  }

  /** The way back to the node that sent a query. */
  wayBack(frame: FrameView, neighbour: PeerConnection): WayBack {
    const path = Array.from({ length: frame.pathLength }, (_, i) => frame.idAt(i))
    return new WayBack(neighbour, path, frame.transaction, this.#ways.sent)
  }

  /** Learns the way to the node that sent a query, from the frame's path. @returns its address here */
  visited(frame: FrameView): Address {
    const { addresses } = this.#table
    for (let i = 1; i < frame.pathLength - 2; i++) addresses.visited(frame.idAt(i), frame.idAt(i + 1))
    return addresses.visited(frame.idAt(0), frame.idAt(1))
  }

  close(): void {
    this.neighboursOfNeighbours.close()
    for (const route of [...this.#underWay]) route.fail()
  }

  #findPath(id: Id, usedRelays?: ReadonlySet<string>): Id[] | undefined {
    return findPath(id, this.#table.id, {
      isNeighbour: other => this.#isNeighbour(other),
      relaysTo: other => this.#table.addresses.relaysTo(other),
      costOf: other =>
        this.costs.of(other) +
        (usedRelays?.has(other.hex) ? USED : 0) +
        BROAD * this.neighboursOfNeighbours.breadthOf(other)
    })
  }

  #isNeighbour(id: Id): boolean {
    return this.#table.get(id)?.takesFrames === true
  }

  #unlearn(id: Id, relay: Id): void {
    this.#table.addresses.unlearn(id, relay)
    this.neighboursOfNeighbours.forget(id, relay)
  }
}
