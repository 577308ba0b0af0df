/** A room, as applications see it: who is in it, and what they say to each other. */

import type { TypedEmitter } from '../events.js'
import type { Channel } from './channel.js'
import type { Member, Receivers } from './member.js'
import type { SendableAs } from './outgoing.js'

/** @typeParam Presence, Data as those of {@link Room} */
export type RoomEvents<Presence = unknown, Data = unknown> = {
  /** Somebody has come in. */
  join: [member: Member<Presence>]
  /** Somebody has left, or cannot be reached any more. */
  leave: [member: Member<Presence>]
  /** A member says something else of itself. */
  presence: [member: Member<Presence>]
  /**
   * A member has sent something: bytes, text, what JSON has, or a {@link RoomStream}.
   *
   * @param channel the name of the channel that it was sent in; `undefined` for the room itself
   */
  message: [data: Data, member: Member<Presence>, channel: string | undefined]
  /** A member has added a `MediaStream`. */
  stream: [stream: unknown, member: Member<Presence>]
  /** A listener has thrown, or others do not let this node in: `EFULL`, `EREFUSED`. */
  warning: [warning: Error]
  /** The room was left, or the node was destroyed. */
  close: []
}

/**
 * A room. Its types are a promise of the application's: nobody checks what strangers send.
 *
 * @typeParam Presence what members say of themselves
 * @typeParam Data what they send, in channels too; with {@link RoomStream} where they send files and streams
 */
export interface Room<Presence = unknown, Data = unknown> extends TypedEmitter<RoomEvents<Presence, Data>> {
  /** Its name. */
  readonly name: string
  /** Those who are in the room, without this node. */
  readonly members: readonly Member<Presence>[]
  /**
   * The presence of this member, which others see: a JSON value of 1024 bytes at most.
   *
   * @throws WebTorrentDHTError `EINVAL`, when it is set
   */
  presence: Presence
  /**
   * Sends something to all members, or to some.
   *
   * @param data bytes, text, or what JSON has, 16 MiB at most; or a stream of any length: a `Blob` or `File`, a `ReadableStream`, any async
   * iterable of bytes. A stream is read once, as fast as the slowest receiver reads
   * @param to default: all members
   * @returns to how many it was sent; of a stream, how many took all of it
   * @throws WebTorrentDHTError `EINVAL`; `ENOTFOUND` if `to` is not in the room; `ECONNFAILED` if it cannot be reached; `ECLOSED`
   */
  send(data: SendableAs<Data>, to?: Receivers | null): Promise<number>
  /** A channel of its own in the room: what is sent in it goes to its listeners alone. @param name 1 to 256 characters */
  channel<ChannelData extends Data = Data>(name: string): Channel<ChannelData, Presence>
  /** The round trip to a member, in milliseconds. @throws WebTorrentDHTError as `send` */
  ping(member: Member | string): Promise<number>
  /** Sends a `MediaStream` to members that are connected: in pages. @param to default: all, those who come later not included */
  addStream(stream: unknown, to?: Receivers | null): Promise<void>
  /** Ends that. */
  removeStream(stream: unknown, to?: Receivers | null): Promise<void>
  /** Leaves the room; resolves once the others have been told. May be called again. The node can join again at once. */
  leave(): Promise<void>
}
