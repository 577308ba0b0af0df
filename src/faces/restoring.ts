/** Goes on with the state of an earlier node. */

import { WebTorrentDHTError } from '../errors.js'
import type { GivenState } from '../storing/given-state.js'
import type { StoredValues } from '../storing/stored-values.js'

/** Stores the values of an earlier node again. Warnings of its state wait for listeners. */
export function restore(
  { values, warnings }: GivenState,
  stored: StoredValues,
  warn: (warning: WebTorrentDHTError) => void
): void {
  process.nextTick(() => warnings.forEach(warn))
  void stored.restore(values).then(leftOut => {
    if (leftOut === 0) return
    const of = `${leftOut} of ${Object.keys(values).length} values in options.state.values`
    warn(
      new WebTorrentDHTError(
        'ESTATE',
        `${of} were left out: they do not belong to their keys, or are too long`
      )
    )
  })
}
