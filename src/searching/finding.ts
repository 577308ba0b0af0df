/** Finds out whether a node is alive: pings its last known address, then searches for its id. */

import type { AddressBook } from '../connections/address-book.js'
import type { ConnectionTable } from '../connections/table.js'
import type { Id } from '../id.js'
import type { Address } from '../wire/compact.js'

export interface FindingNode {
  readonly table: ConnectionTable
  readonly addresses: AddressBook
  readonly destinations: { canReach(address: Address): boolean }
}

export interface FindingOptions {
  /** Whether the node at an address replies to a ping. */
  ping(id: Id, address: Address): Promise<boolean>
  /** Searches for an id, until `visit` returns false for a node that replied. */
  search(target: Id, visit: (id: Id) => boolean): Promise<void>
}

export class Finding {
  readonly #node: FindingNode
  readonly #options: FindingOptions

  constructor(node: FindingNode, options: FindingOptions) {
    this.#node = node
    this.#options = options
  }

  async find(id: Id): Promise<boolean> {
    const { table, addresses, destinations } = this.#node
    if (table.get(id)) return true
    const address = addresses.addressOf(id)
    if (address && destinations.canReach(address) && (await this.#options.ping(id, address))) return true
    let isFound = false
    await this.#options.search(id, other => {
      isFound ||= other.equals(id)
      return !isFound
    })
    return isFound
  }
}
