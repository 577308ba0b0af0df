/** A way to a node over the connections of others. It is as good as a connection for queries, and costs none. */

import type { Allowance } from '../connections/allowance.js'
import type { Link } from '../connections/link.js'
import type { PeerConnection } from '../connections/peer-connection.js'
import { INTRODUCE, ROUTE } from '../extensions.js'
import type { Address } from '../wire/compact.js'

/** Who takes frames speaks these. */
const EXTENSIONS: ReadonlySet<string> = new Set([INTRODUCE, ROUTE])

export interface RouteOptions {
  /** The node that it leads to, in hex. */
  id: string
  /**
   * The node's address when the route was made: `k-rpc-socket` takes a reply only from where its query went, and the node may be
   * connected, under another address, meanwhile. `null` where only replies are sent.
   */
  address: Address | null
  /** The ids from who sent a query to this node, as bytes, where only replies to it are sent. */
  path?: Buffer[]
  /** The neighbour that it leads over, as far as that is known now. */
  neighbour: PeerConnection
  send(route: Route, bytes: Uint8Array): boolean
  missed(route: Route): void
}

export class Route implements Link {
  readonly id: string
  readonly address: Address | null
  readonly extensions = EXTENSIONS
  readonly awaited = new Set<string>()
  /** Whether what was sent last has got to nobody, and no other path is known. */
  isLost = false
  readonly #options: RouteOptions

  constructor(options: RouteOptions) {
    this.id = options.id
    this.address = options.address
    this.#options = options
  }

  /** The ids from who sent a query to this node; `undefined` where it is this node that asks. */
  get path(): Buffer[] | undefined {
    return this.#options.path
  }

  get via(): string | null {
    return this.#options.neighbour.id
  }

  get isOpen(): boolean {
    return this.#options.neighbour.isOpen
  }

  get allowance(): Allowance {
    return this.#options.neighbour.frameAllowance
  }

  get lastUsed(): number {
    return this.#options.neighbour.lastUsed
  }

  set lastUsed(time: number) {
    this.#options.neighbour.lastUsed = time
  }

  send(bytes: Uint8Array): boolean {
    return this.#options.send(this, bytes)
  }

  answered(): void {}

  missed(): void {
    this.#options.missed(this)
  }
}
