/**
 * Extensions: an offer names the extensions of one side, and the answer repeats those that the other side speaks, too. These are in use
 * on the connection.
 */

/** The node replies to queries without `signals`, and relays a `peer_connection` query to its `target` (bep.md). */
export const INTRODUCE = 'introduce'

/** The node can be asked to release a connection, by a `release` query (docs/beps/letting-go.md). */
export const RELEASE = 'release'

/** The node relays frames between its neighbours, and takes queries in frames (bep.md). */
export const ROUTE = 'route'

/** The node takes candidates that come after their description, and relays those of others (docs/beps/candidates.md). */
export const TRICKLE = 'trickle'

/** Their order stands for itself in invitations. */
export const BUILT_IN = [INTRODUCE, RELEASE, ROUTE, TRICKLE]

/** The extensions in this node's offers: its own and the application's. */
export function offeredExtensions(ofApplication: readonly string[]): string[] {
  return [...new Set([...BUILT_IN, ...ofApplication])]
}

/** The extensions in an answer: the offered ones, in their order, that this node speaks. */
export function acceptedExtensions(offered: readonly string[], own: readonly string[]): string[] {
  return offered.filter(extension => own.includes(extension))
}
