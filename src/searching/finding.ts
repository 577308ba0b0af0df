/** Finds out whether a node is there: where it was last known to be, or wherever a search for its id leads to it. */

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
  /** Whether the node at an address answers a ping. */
  ping(id: Id, address: Address): Promise<boolean>
  /** Searches for an id, until `visit` gives false for a node that replied. */
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
