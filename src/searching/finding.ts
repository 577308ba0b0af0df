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
    if (this.#node.table.get(id)) return true
    const asked = this.#ask(id)
    if (await asked) return true
    let isFound = false
    await this.#options.search(id, other => {
      isFound ||= other.equals(id)
      return !isFound
    })
    // A search does not wait for the slowest nodes: this one may have been named, and not have replied yet.
    return isFound || (asked === null && (await this.#ask(id)) === true)
  }

  /** Whether it replies at its last known address; `null` if no way leads there. */
  #ask(id: Id): Promise<boolean> | null {
    const address = this.#node.addresses.addressOf(id)
    return address && this.#node.destinations.canReach(address) ? this.#options.ping(id, address) : null
  }
}
