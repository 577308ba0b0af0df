/** The fields of values under topics, in queries and replies. */

import { encode } from '../wire/bencode.js'
import { byteString, type Field, integer, readFields, shape } from '../wire/check.js'
import { MAX_TOPIC_VALUE_BYTES, type TopicValue } from '../wire/topic-value.js'

/** Bytes of the values in one reply, so that it fits into a frame. */
export const MAX_PAGE_BYTES = 8 * 1024
/** Values in one reply: each has at least its key and its signature. */
const MAX_PAGE = 64

const time = integer(0, Number.MAX_SAFE_INTEGER)

export const TOPIC_VALUE_FIELDS = {
  k: byteString(32),
  sig: byteString(64),
  seq: time,
  until: time,
  v: byteString(0, MAX_TOPIC_VALUE_BYTES)
}

const SHAPE = shape(TOPIC_VALUE_FIELDS)

/** The values in a reply. */
export const TOPIC_VALUES: Field<TopicValue[]> = value => {
  if (!Array.isArray(value) || value.length > MAX_PAGE) return undefined
  const values = value.map(item => readFields(item, SHAPE))
  return values.every(read => 'fields' in read) ? values.map(({ fields }) => fields) : undefined
}

/** As many of the values as fit into one reply. */
export function pageOf(values: readonly TopicValue[]): TopicValue[] {
  let bytes = 0
  let count = 0
  for (const { k, sig, seq, until, v } of values.slice(0, MAX_PAGE)) {
    bytes += encode({ k, sig, seq, until, v }).length
    if (bytes > MAX_PAGE_BYTES) break
    count++
  }
  return values.slice(0, count)
}
