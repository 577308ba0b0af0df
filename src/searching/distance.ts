/** Kademlia's distance between ids: their bytes, one XORed with the other, read as a number. */

/** Negative if `first` is nearer to `target` than `second` is, positive if it is farther, 0 if they are the same id. */
export function compareDistances(target: Uint8Array, first: Uint8Array, second: Uint8Array): number {
  for (const [i, byte] of target.entries()) {
    const difference = ((first[i] ?? 0) ^ byte) - ((second[i] ?? 0) ^ byte)
    if (difference !== 0) return difference
  }
  return 0
}
