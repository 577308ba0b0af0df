/** The outcome of a `put`, as promises give it. */

import type { Bytes } from '../bytes.js'
import type { PutError, PutTally } from '../upstream.js'

/** The outcome of a `put`. */
export interface PutResult extends PutTally {
  /** The key, to `get` it by. */
  key: Bytes
  /** How many nodes stored it, as the callback of `put` has it. */
  nodes: number
}

/** @internal The same, also of a value that nobody has stored: with the error. */
export interface PutOutcome extends PutResult {
  error: PutError | null
}
