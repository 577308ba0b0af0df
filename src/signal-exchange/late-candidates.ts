/**
 * Candidates that come after their description (docs/beps/candidates.md): they take the way of the offer, and of its answer back, in
 * `candidates` queries. Only the node that brought a description brings its candidates, and a relay says whose they are.
 */

import type { LateWay } from '../connections/late-way.js'
import type { Link } from '../connections/link.js'
import type { ConnectionTable } from '../connections/table.js'
import { TRICKLE } from '../extensions.js'
import type { Id } from '../id.js'
import type { Ledger } from '../krpc/ledger.js'
import type { ResolvedOptions } from '../options.js'
import type { Routes } from '../routes/routes.js'

/** Milliseconds for a reply, which only says that the query has arrived. */
const REPLY_TIMEOUT = 2000

/** Candidates of the connection that `ufrag`, of its offer, names. Each is a line of SDP. */
export interface Late {
  ufrag: string
  candidates: readonly string[]
}

interface Expected {
  take(lines: readonly string[]): void
  /** A description that came on a connection has its candidates on it, too. Over a route an id is only a claim. */
  mayComeOverRoute: boolean
}

export class LateCandidates {
  readonly #options: ResolvedOptions
  readonly #table: ConnectionTable
  readonly #ledger: Ledger
  readonly #routes: Routes
  /** By offer, and by the nodes that it came from and was sent by. There are as many as connections that are not open. */
  readonly #expected = new Map<string, Expected>()
  #relayed = 0

  constructor(options: ResolvedOptions, table: ConnectionTable, ledger: Ledger, routes: Routes) {
    this.#options = options
    this.#table = table
    this.#ledger = ledger
    this.#routes = routes
  }

  /** Connections that wait for candidates. */
  get count(): number {
    return this.#expected.size
  }

  /**
   * The way of candidates to and from a node at the other end of an offer.
   *
   * @param link that the offer is sent or came on: to that node, or to a relay
   * @returns `null` if none can follow there
   */
  wayTo({ id, isRoute, extensions }: Pick<Link, 'id' | 'isRoute' | 'extensions'>, end: Id): LateWay | null {
    if (!id || !extensions.has(TRICKLE)) return null
    const target = id.equals(end) ? {} : { target: end.bytes }
    return {
      expect: (ufrag, take) => {
        const key = keyOf(ufrag, id, end)
        const expected = { take, mayComeOverRoute: isRoute }
        this.#expected.set(key, expected)
        return () => {
          if (this.#expected.get(key) === expected) this.#expected.delete(key)
        }
      },
      send: (ufrag, candidates) => void this.#send(id, { ufrag, candidates, ...target })
    }
  }

  /** Takes candidates that came on a link. Those that nobody waits for are ignored. @param from the node that they are of */
  take(link: Link, from: Id, { ufrag, candidates }: Late): void {
    const expected = link.id && this.#expected.get(keyOf(ufrag, link.id, from))
    if (expected && (expected.mayComeOverRoute || !link.isRoute)) expected.take(candidates)
  }

  /** Relays candidates of the node at the other end of a link. */
  relay({ id: from }: Link, target: Id, late: Late): void {
    if (!from || from.equals(target)) return
    if (this.#relayed >= this.#options.limits.introductionsAtOnce) {
      this.#table.counters.drops['too many introductions']++
      return
    }
    this.#relayed++
    void this.#send(target, { ...late, from: from.bytes }).finally(() => this.#relayed--)
  }

  async #send(to: Id, args: Record<string, unknown>): Promise<void> {
    const link = this.#table.get(to) ?? this.#routes.to(to, { mayRepeat: false })
    if (!link?.extensions.has(TRICKLE)) return
    try {
      await this.#ledger.query(link, 'candidates', { id: this.#options.id.bytes, ...args }, REPLY_TIMEOUT)
    } catch {
      // The connection opens without them, or another attempt is made.
    }
  }
}

function keyOf(ufrag: string, by: Id, from: Id): string {
  return `${by.hex} ${from.hex} ${ufrag}`
}
