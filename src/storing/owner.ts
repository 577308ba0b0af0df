/**
 * Whose a stored thing is. An id that comes over a route is a claim by the neighbour that it came through: so it counts together with
 * that neighbour, apart from the connected node with this id. Otherwise a stranger could use up a share in somebody's name.
 */

import type { Id } from '../id.js'
import type { Asker } from '../krpc/method.js'

/** @param via the neighbour that the id came through; the node itself, if it is connected */
export function ownerName(id: Id, via: Id | null): string {
  return via === null || via.equals(id) ? id.hex : `${id.hex} over ${via.hex}`
}

export function ownerOf({ id, link }: Asker): string {
  return ownerName(id, link.via)
}

/** Whether a name is that of this id, over whichever way it comes. */
export function isOwner(name: string, { hex }: Id): boolean {
  return name.startsWith(hex)
}

/** The neighbour through which all of its claims together have a few shares; `null` for a connected node. */
export function neighbourOf({ id, link: { via } }: Asker): string | null {
  return via === null || via.equals(id) ? null : via.hex
}
