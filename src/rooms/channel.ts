/** A channel of a room: what is sent in it comes to its own listeners. */

import { emitter, type TypedEmitter } from '../events.js'
import { callListeners } from '../listeners.js'
import type { Member, Receivers } from './member.js'
import type { Sendable, SendableAs } from './outgoing.js'

export type ChannelEvents<Data = unknown, Presence = unknown> = {
  message: [data: Data, member: Member<Presence>]
  /** A listener has thrown. */
  warning: [warning: Error]
}

export interface Channel<Data = unknown, Presence = unknown>
  extends TypedEmitter<ChannelEvents<Data, Presence>> {
  readonly name: string
  /** As `send` of the room. */
  send(data: SendableAs<Data>, to?: Receivers | null): Promise<number>
}

type Send = (data: Sendable, to?: Receivers | null) => Promise<number>

export class RoomChannel extends emitter<ChannelEvents>() implements Channel {
  readonly name: string
  readonly #send: Send

  constructor(name: string, send: Send) {
    super()
    this.name = name
    this.#send = send
  }

  override emit<Name extends keyof ChannelEvents>(event: Name, ...args: ChannelEvents[Name]): boolean {
    return callListeners(this, event, args)
  }

  send(data: Sendable, to?: Receivers | null): Promise<number> {
    return this.#send(data, to)
  }
}
