/** Hands the values of a node that leaves to the nodes that should have them, the rarest first. */

import { inTime, orElse } from '../awaitable.js'
import type { Id } from '../id.js'
import type { HandedOver } from './handed-over.js'

/** Values that are handed over at once. Each takes a search, of some twenty queries. */
const AT_ONCE = 8

export interface HandOverOptions {
  keys: readonly Id[]
  /** How many nodes near the key have its value, as far as is known. */
  holdersOf(key: Id): number
  /** Puts one value to the nodes that lack it. @returns how many have it then */
  handOver(key: Id): Promise<number>
  /** Milliseconds. */
  timeout: number
}

export async function handOver({ keys, timeout, ...parts }: HandOverOptions): Promise<HandedOver> {
  const holders = new Map(keys.map(key => [key, parts.holdersOf(key)]))
  const rarestFirst = [...keys].sort((a, b) => (holders.get(a) ?? 0) - (holders.get(b) ?? 0))
  const waiting = rarestFirst[Symbol.iterator]()
  let safe = 0
  let isLate = false
  const work = async () => {
    for (const key of waiting) {
      if (isLate) return
      if ((await orElse(parts.handOver(key), 0)) > 0 && !isLate) safe++
    }
  }
  const all = Promise.all(Array.from({ length: AT_ONCE }, work))
  await orElse<unknown>(inTime(all, timeout, 'handing over'), undefined)
  isLate = true
  return { values: keys.length, safe }
}
