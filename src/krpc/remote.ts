/** The sender of a message, as `dgram` describes it, with the link for the reply. */

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

  /** @param node the node that received the message: only it may use the link */
  constructor({ host, port }: Address, size: number, link: Link, node: object) {
    this.address = host
    this.host = host
    this.port = port
    this.size = size
    this.#link = link
    this.#node = node
  }

  /** The link for the reply; `undefined` if `remote` was not made by `node`. */
  static linkOf(remote: object, node: object): Link | undefined {
    return remote instanceof Remote && remote.#node === node ? remote.#link : undefined
  }

  /** Notes that a listener has answered the query. */
  static answered(remote: object): void {
    if (remote instanceof Remote) remote.#isAnswered = true
  }

  get isAnswered(): boolean {
    return this.#isAnswered
  }
}
