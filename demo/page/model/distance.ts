/** The XOR metric of Kademlia, as the page shows it. Ids are hex strings of equal length. */

/** Digits that decide where a node is drawn: 48 bits, so that a number holds them. */
const SHOWN_DIGITS = 12
const BITS_PER_DIGIT = 4

/** The distance as a share of the greatest possible one: from 0 (this node) to just below 1. */
export function distanceShare(first: string, second: string): number {
  let distance = 0
  for (let index = 0; index < SHOWN_DIGITS; index++) distance = distance * 16 + xorDigit(first, second, index)
  return distance / 16 ** SHOWN_DIGITS
}

/** The bucket that a node belongs into: the index of the first bit in which the ids differ. */
export function bucketIndex(first: string, second: string): number {
  for (let index = 0; index < first.length; index++) {
    const difference = xorDigit(first, second, index)
    if (difference > 0) return index * BITS_PER_DIGIT + Math.clz32(difference) - 28
  }
  return first.length * BITS_PER_DIGIT
}

function xorDigit(first: string, second: string, index: number): number {
  return Number.parseInt(first[index] ?? '0', 16) ^ Number.parseInt(second[index] ?? '0', 16)
}
