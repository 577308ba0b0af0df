/** A channel of a room: what is sent in it comes to its own listeners. */

import { emitter } from '../events.js'
import { callListeners } from '../listeners.js'
import type { Member, Receivers } from './member.js'
import type { Sendable } from './outgoing.js'

export type ChannelEvents = {
  message: [data: unknown, member: Member]
  /** A listener has thrown. */
  warning: [warning: Error]
}

type Send = (data: Sendable, to?: Receivers | null) => Promise<number>

export class Channel extends emitter<ChannelEvents>() {
  readonly name: string
  readonly #send: Send

  /** @internal */
  constructor(name: string, send: Send) {
    super()
    this.name = name
    this.#send = send
  }

  override emit<Name extends keyof ChannelEvents>(event: Name, ...args: ChannelEvents[Name]): boolean {
    return callListeners(this, event, args)
  }

  /** As `send` of the room. */
  send(data: Sendable, to?: Receivers | null): Promise<number> {
    return this.#send(data, to)
  }
}
