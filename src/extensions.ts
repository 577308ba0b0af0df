/**
 * Extensions: names in an offer, of which the answer repeats those that it also speaks. What both have is in use on that
 * connection.
 */

/** The node answers queries without `signals`, and passes a `peer_connection` query with a `target` on to it (bep.md). */
export const INTRODUCE = 'introduce'

/** The node can be asked to release a connection, by a `release` query (bep.md). */
export const RELEASE = 'release'

/** The node passes frames on between its neighbours, and takes queries that come in them (bep.md). */
export const ROUTE = 'route'

const BUILT_IN = [INTRODUCE, RELEASE, ROUTE]

/** What this node offers: its own extensions and the application's. */
export function offeredExtensions(ofApplication: readonly string[]): string[] {
  return [...new Set([...BUILT_IN, ...ofApplication])]
}

/** What an answer lists: of the offered ones, in their order, those that this node speaks. */
export function acceptedExtensions(offered: readonly string[], own: readonly string[]): string[] {
  return offered.filter(extension => own.includes(extension))
}
