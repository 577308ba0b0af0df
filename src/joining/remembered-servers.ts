/** The HTTP servers that this node has met: places to join at again, for a page that loses all connections while it sleeps. */

import { type AddressBook, keyOf } from '../connections/address-book.js'
import { parsePlace } from '../place.js'
import { LRU } from '../upstream.js'
import type { Address } from '../wire/compact.js'
import type { HttpServerInfo } from '../wire/server-info.js'

const MAX_REMEMBERED = 16

/** A server, and its local address once there is one. */
interface Remembered {
  server: HttpServerInfo
  address?: Address | undefined
}

export class RememberedServers {
  readonly #addresses: Pick<AddressBook, 'addPlace'>
  readonly #servers = new LRU<Remembered>({ max: MAX_REMEMBERED })

  /** @param known servers from an earlier time */
  constructor(addresses: Pick<AddressBook, 'addPlace'>, known: readonly HttpServerInfo[]) {
    this.#addresses = addresses
    for (const { host, port } of known) this.#servers.set(keyOf({ host, port }), { server: { host, port } })
  }

  get list(): HttpServerInfo[] {
    return this.#all.map(({ server }) => server)
  }

  /** Their local addresses. */
  get places(): Address[] {
    return this.#all.flatMap(remembered => this.#placeOf(remembered) ?? [])
  }

  /** Remembers a server. @returns a function that gives its local address, unless no place can be there */
  add(server: HttpServerInfo): () => Address | undefined {
    const key = keyOf(server)
    const remembered = this.#servers.get(key) ?? { server }
    this.#servers.set(key, remembered)
    return () => this.#placeOf(remembered)
  }

  get #all(): Remembered[] {
    return this.#servers.keys.flatMap(key => this.#servers.peek(key) ?? [])
  }

  #placeOf(remembered: Remembered): Address | undefined {
    if (remembered.address) return remembered.address
    const place = parsePlace(remembered.server)
    remembered.address = place && this.#addresses.addPlace(place)
    return remembered.address
  }
}
