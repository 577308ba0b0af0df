/**
 * The servers that a full node names to those whom it refuses: connected nodes with an HTTP server of their own, which have just said that
 * they have room.
 */

import { keyOf } from '../connections/address-book.js'
import type { PeerConnection } from '../connections/peer-connection.js'
import type { ConnectionTable } from '../connections/table.js'
import type { Ledger } from '../krpc/ledger.js'
import { parsePlace } from '../place.js'
import { mayBeNamed } from '../wire/address-kind.js'
import type { Reach } from '../wire/candidates.js'
import type { HttpServerInfo } from '../wire/server-info.js'

/** Named to one newcomer. */
export const MAX_NAMED = 2
/** Servers that are asked at a time. */
const MAX_ASKED = 8
/** Milliseconds for their replies: the newcomer waits. */
const ASKING_TIME = 500
/** Milliseconds that their replies are good for. */
const MAX_AGE = 2000

export class OtherServers {
  readonly #table: ConnectionTable
  readonly #ledger: Ledger
  #asked: Promise<HttpServerInfo[]> = Promise.resolve([])
  #askedAt = Number.NEGATIVE_INFINITY

  constructor(table: ConnectionTable, ledger: Ledger) {
    this.#table = table
    this.#ledger = ledger
  }

  /** Servers that have room, in random order. @param reach of the newcomer: who comes from elsewhere is sent to no private place */
  async withRoom(reach: Reach): Promise<HttpServerInfo[]> {
    if (!this.#table.isFull) return [] // it refuses for another reason
    if (performance.now() - this.#askedAt > MAX_AGE) {
      this.#askedAt = performance.now()
      this.#asked = this.#ask()
    }
    const isNear = reach === 'loopback' || reach === 'private'
    const named = (await this.#asked).filter(server => mayBeNamed(server, isNear))
    return shuffle(named).slice(0, MAX_NAMED)
  }

  async #ask(): Promise<HttpServerInfo[]> {
    const servers = new Map<string, [server: HttpServerInfo, connection: PeerConnection]>()
    for (const connection of this.#table.connections) {
      const server = connection.peer.http_server
      if (server) servers.set(keyOf(server), [server, connection])
    }
    const asked = shuffle([...servers.values()]).slice(0, MAX_ASKED)
    const have = await Promise.all(asked.map(([, connection]) => this.#hasRoom(connection)))
    return asked.flatMap(([server], i) => (have[i] ? [server] : []))
  }

  async #hasRoom(connection: PeerConnection): Promise<boolean> {
    try {
      const reply = await this.#ledger.query(connection, 'ping', { id: this.#table.id.bytes }, ASKING_TIME)
      return reply.full !== 1
    } catch {
      return false // too slow, or gone
    }
  }
}

/** The text of a refusal that names other servers: a line each after the reason. */
export function encodeRefusal(reason: string, others: readonly HttpServerInfo[]): string {
  return [reason, ...others.map(({ host, port }) => `try ${host}:${port}`)].join('\n')
}

/** Reads the text of a refusal. */
export function parseRefusal(body: string): { reason: string; others: HttpServerInfo[] } {
  const [reason = '', ...lines] = body.trim().split('\n')
  const places = lines.flatMap(line => parsePlace(/^try ([^\s/]+)$/.exec(line)?.[1]) ?? [])
  return { reason, others: places.slice(0, MAX_NAMED).map(({ host, port }) => ({ host, port })) }
}

function shuffle<Item>(items: Item[]): Item[] {
  const keyed = items.map((item): [number, Item] => [Math.random(), item])
  return keyed.sort(([first], [second]) => first - second).map(([, item]) => item)
}
