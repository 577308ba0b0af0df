/** Merges the replies of several nodes about a topic: the newest value that each key has signed. */

import type { Id } from '../id.js'
import type { Platform } from '../platform.js'
import { signedTopicValue, type TopicValue } from '../wire/topic-value.js'

/** @returns by key, in hex; withdrawn values included */
export async function newestValues(
  infoHash: Id,
  lists: Iterable<readonly TopicValue[]>,
  verify: Platform['verify']
): Promise<Map<string, TopicValue>> {
  const isGood = async (value: TopicValue) => {
    try {
      return await verify(value.sig, signedTopicValue(infoHash.bytes, value), value.k)
    } catch {
      return false // no point of the curve
    }
  }
  const newest = [...byKey(lists)].map(async ([key, values]): Promise<[string, TopicValue][]> => {
    for (const value of values.sort((a, b) => b.seq - a.seq)) if (await isGood(value)) return [[key, value]]
    return []
  })
  return new Map((await Promise.all(newest)).flat())
}

/** The different values of each key that have not expired. */
function byKey(lists: Iterable<readonly TopicValue[]>): Map<string, TopicValue[]> {
  const now = Date.now()
  const values = new Map<string, TopicValue[]>()
  for (const list of lists) {
    for (const value of list) {
      if (value.until <= now) continue
      const key = value.k.toString('hex')
      const others = values.get(key) ?? []
      if (!others.some(other => isSame(other, value))) values.set(key, [...others, value])
    }
  }
  return values
}

function isSame(a: TopicValue, b: TopicValue): boolean {
  return a.seq === b.seq && a.until === b.until && a.sig.equals(b.sig) && a.v.equals(b.v)
}
