/** A value under a topic: a key has signed it, with its version and the time until which it is kept (docs/beps/topics.md). */

/** Bytes of a value. */
export const MAX_TOPIC_VALUE_BYTES = 512
/** Milliseconds that a value is kept at most. */
export const MAX_LIFETIME = 24 * 60 * 60_000
/** Milliseconds that the clocks of two nodes may differ by. */
export const MAX_CLOCK_SKEW = 10 * 60_000

export interface TopicValue {
  readonly k: Buffer
  readonly sig: Buffer
  /** Its version: when it was published, in milliseconds since the epoch. */
  readonly seq: number
  /** When it expires, likewise. */
  readonly until: number
  /** JSON. Empty, which no JSON is: it withdraws what its key has published. */
  readonly v: Buffer
}

/** What the key signs: text, and the value. A value of one topic is none of another. */
export function signedTopicValue(
  infoHash: Uint8Array,
  { seq, until, v }: Pick<TopicValue, 'seq' | 'until' | 'v'>
): Buffer {
  const text = `wdht topic value 1 ${Buffer.from(infoHash).toString('hex')} ${seq} ${until} `
  return Buffer.concat([Buffer.from(text), v])
}
