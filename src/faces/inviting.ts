/** `dht.invite` and `dht.accept`. Their code is loaded when it is used first: most pages never do. */

import { optional, readOptions, readSignal } from '../arguments.js'
import type { Connector } from '../connections/connector.js'
import type { AcceptedInvitation, Invitation, InviteOptions } from '../entrances/invitation.js'
import type { Invitations } from '../entrances/invitations.js'
import { closedError } from '../errors.js'
import type { ResolvedOptions } from '../options.js'
import { readTime } from '../upstream-options.js'

/** Milliseconds. The connection alone takes some hundred of them. */
const SHORTEST_LIFETIME = 1000

interface InvitingNode {
  readonly options: ResolvedOptions
  readonly connector: Connector
  readonly isClosed: boolean
}

export class Inviting {
  readonly #node: InvitingNode
  readonly #onMet: () => void
  #invitations: Promise<Invitations> | undefined

  /** @param onMet called when a node is connected: it may know others */
  constructor(node: InvitingNode, onMet: () => void) {
    this.#node = node
    this.#onMet = onMet
  }

  async invite(given: InviteOptions | null | undefined): Promise<Invitation> {
    const options = readInviteOptions(given)
    return (await this.#load()).invite(options)
  }

  async accept(text: string, given: InviteOptions | null | undefined): Promise<AcceptedInvitation> {
    const options = readInviteOptions(given)
    return (await this.#load()).accept(text, options)
  }

  async #load(): Promise<Invitations> {
    const { options, connector, isClosed } = this.#node
    if (isClosed) throw closedError()
    this.#invitations ??= import('../entrances/invitations.js').then(
      ({ Invitations }) => new Invitations(options, { connector, onMet: this.#onMet })
    )
    this.#invitations.catch(() => {
      this.#invitations = undefined // a page may be offline for a while
    })
    return this.#invitations
  }
}

function readInviteOptions(given: InviteOptions | null | undefined): InviteOptions {
  const options = readOptions(given, ['signal', 'lifetime'])
  return {
    signal: readSignal(options),
    lifetime: optional(readLifetime, 'options.lifetime', options.lifetime)
  }
}

function readLifetime(name: string, value: unknown): number {
  return readTime(name, value, SHORTEST_LIFETIME)
}
