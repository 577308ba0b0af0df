/** `webtorrent-dht/rooms`: rooms whose members find each other through a node of this DHT, and talk directly; topics that it stores. */

import { invalid } from '../arguments.js'
import { sha256 } from '../bound-id.js'
import { closedError } from '../errors.js'
import { Identity } from './identity.js'
import { JoinedRoom } from './joined-room.js'
import { type RoomDHT, type RoomOptions, readRoomOptions } from './options.js'
import type { Room } from './room.js'
import { createRoomNames } from './room-names.js'
import { Sealing } from './sealing.js'

export { openTopic, type TopicOptions } from '../topics/open-topic.js'
export type { Published, PublishOptions, PublishResult, Topic, TopicDHT } from '../topics/topic.js'
export type { Channel, ChannelEvents } from './channel.js'
export type { Member, Receivers } from './member.js'
export type { Admit, RoomDHT, RoomOptions } from './options.js'
export type { Sendable, SendableAs, StreamSource } from './outgoing.js'
export type { Room, RoomEvents } from './room.js'
export type { RoomStream } from './streams.js'

/**
 * Joins a room: everybody who joins it by the same name, and secret, in the same network. The room stays when the nodes that introduced
 * its members are gone.
 *
 * @param dht a node. It stays the caller's, who may use it for other things, and destroys it
 * @param name of the room, 1 to 1024 bytes of text
 * @throws WebTorrentDHTError `EINVAL` for a wrong argument, and for a room that this node is in already; `ECLOSED`
 */
export function join(dht: RoomDHT, name: string, options?: RoomOptions | null): Room
/**
 * The same, with types. They are a promise of yours: nobody checks what strangers send.
 *
 * @typeParam Presence what members say of themselves
 * @typeParam Data what they send; with {@link RoomStream} where that may be files and streams
 */
export function join<Presence, Data = unknown>(
  dht: RoomDHT,
  name: string,
  options?: RoomOptions<Presence> | null
): Room<Presence, Data>
export function join(dht: RoomDHT, name: string, options?: RoomOptions | null): Room {
  if (typeof dht?.dial !== 'function' || typeof dht.watch !== 'function') {
    throw invalid('dht', dht, 'a node of webtorrent-dht')
  }
  const given = readRoomOptions(options)
  if (dht.destroyed) throw closedError('join')
  const names = createRoomNames(name, given.secret, bytes => sha256(bytes))
  const { keyPair, platform } = dht.socket.node.options
  const identity = new Identity({ infoHash: names.infoHash, keys: keyPair, verify: platform.verify })
  const sealing = names.secret === null ? null : new Sealing(names.infoHash, names.secret)
  return new JoinedRoom(name, { dht, names, identity, sealing, options: given })
}
