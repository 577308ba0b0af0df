/** Where a message came from, as `dgram` says it, and the way back. */

import type { Link } from '../connections/link.js'
import type { RemoteInfo } from '../upstream-events.js'
import type { Address } from '../wire/compact.js'

export class Remote implements RemoteInfo {
  readonly address: string
  readonly host: string
  readonly port: number
  readonly family = 'IPv4'
  readonly size: number
  readonly #node: object
  readonly #link: Link
  #isAnswered = false

  /** @param node what the message came to: the way back is only good there */
  constructor({ host, port }: Address, size: number, link: Link, node: object) {
    this.address = host
    this.host = host
    this.port = port
    this.size = size
    this.#link = link
    this.#node = node
  }

  /** The way that a message came to a node, on which its reply goes back; `undefined` for what is no such remote. */
  static linkOf(remote: object, node: object): Link | undefined {
    return remote instanceof Remote && remote.#node === node ? remote.#link : undefined
  }

  /** Notes that somebody has answered the query that came from there. */
  static answered(remote: object): void {
    if (remote instanceof Remote) remote.#isAnswered = true
  }

  get isAnswered(): boolean {
    return this.#isAnswered
  }
}
