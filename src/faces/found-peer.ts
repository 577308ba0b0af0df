/** Peers of torrents, as upstream gives them, with the id of the node that announced them. */

import type { FoundPeer } from '../upstream-events.js'
import { decodePeer } from '../wire/compact.js'

/** @internal Gives a peer the id of its node, if that is known. */
export function withId(peer: FoundPeer, id: Buffer | null): FoundPeer {
  return id ? Object.defineProperty(peer, 'id', { value: id, configurable: true }) : peer
}

/** @internal Decodes a value of a reply to `get_peers`; `undefined` if it has no usable port. */
export function decodeFoundPeer(value: Buffer, idLength: number): FoundPeer | undefined {
  const peer = decodePeer(value, idLength)
  return peer?.port ? withId({ host: peer.host, port: peer.port }, peer.id?.bytes ?? null) : undefined
}

/** @internal What tells peers apart: the host of a node that has an id depends on who names it. */
export function nameOfPeer({ id, host, port }: FoundPeer): string {
  return `${id?.toString('hex') ?? host}:${port}`
}
