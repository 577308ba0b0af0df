/** The graph that the open connections make, as nobody in the network sees it. */

import type { Host } from '../host.js'

/** Connections on the shortest path to the nearest host with a property; `null` if none leads to one. */
export function countHops(from: Host, isWanted: (host: Host) => boolean): number | null {
  const seen = new Set([from])
  let ring = [from]
  for (let hops = 0; ring.length > 0; hops++) {
    if (ring.some(isWanted)) return hops
    const next: Host[] = []
    for (const host of ring) {
      for (const neighbour of host.neighbours) {
        if (seen.has(neighbour)) continue
        seen.add(neighbour)
        next.push(neighbour)
      }
    }
    ring = next
  }
  return null
}
