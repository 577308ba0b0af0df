/** How near two ids are, in bits. */

/** The number of leading bits that two ids have in common. It is also the index of a bucket: 0 is the far half of all ids. */
export function countCommonBits(first: Uint8Array, second: Uint8Array): number {
  for (let i = 0; i < first.length; i++) {
    const difference = (first[i] ?? 0) ^ (second[i] ?? 0)
    if (difference !== 0) return 8 * i + Math.clz32(difference) - 24
  }
  return 8 * first.length
}
