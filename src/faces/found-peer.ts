/** Peers of torrents, as upstream gives them, with the id of the node that announced them. */

import type { Id } from '../id.js'
import type { FoundPeer } from '../upstream-events.js'
import { decodePeer } from '../wire/compact.js'

/** @internal Gives a peer the id of its node, and whether that is bound to a key. */
export function withId(peer: FoundPeer, id: Id | null, isBound: (id: Id) => boolean): FoundPeer {
  if (!id) return peer
  return Object.defineProperties(peer, {
    id: { value: id.bytes, configurable: true },
    isBound: { value: isBound(id), configurable: true }
  })
}

/** @internal Decodes a value of a reply to `get_peers`; `undefined` if it has no usable port. */
export function decodeFoundPeer(
  value: Buffer,
  idLength: number,
  isBound: (id: Id) => boolean
): FoundPeer | undefined {
  const peer = decodePeer(value, idLength)
  return peer?.port ? withId({ host: peer.host, port: peer.port }, peer.id ?? null, isBound) : undefined
}

/** @internal The name that tells peers apart: the host of a node that has an id depends on who names it. */
export function nameOfPeer({ id, host, port }: FoundPeer): string {
  return `${id?.toString('hex') ?? host}:${port}`
}
