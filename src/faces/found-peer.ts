/** Peers of torrents, as upstream gives them, with the id of the node that announced them. */

import { decodePeer } from '../wire/compact.js'

/** A peer of a torrent, as `'peer'` gives it. */
export interface FoundPeer {
  /** Its IPv4 address, where that is known, else a name from 240.0.0.0/4. */
  host: string
  /** The port that it announced. */
  port: number
  /**
   * The id of the node that announced it. Not enumerable, so that the peer looks as upstream's does; missing where the
   * announcement came from a node that does not give it.
   */
  readonly id?: Buffer
}

/** Gives a peer the id of its node, if that is known. */
export function withId(peer: FoundPeer, id: Buffer | null): FoundPeer {
  return id ? Object.defineProperty(peer, 'id', { value: id, configurable: true }) : peer
}

/** The peer that a value of a reply to `get_peers` is; `undefined` if it is none that can be connected to. */
export function decodeFoundPeer(value: Buffer, idLength: number): FoundPeer | undefined {
  const peer = decodePeer(value, idLength)
  return peer?.port ? withId({ host: peer.host, port: peer.port }, peer.id?.bytes ?? null) : undefined
}
