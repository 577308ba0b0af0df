/** The counters over the last two minutes. */

import { signal } from '@preact/signals'
import type { Counts } from './neighbourhood.js'

/** One sample a second. */
export const HISTORY_LENGTH = 120

export type Sample = Counts & {
  /** KRPC messages that came in during this second. */
  messages: number
}

export class History {
  /** The newest last. */
  readonly samples = signal<readonly Sample[]>([])

  add(sample: Sample): void {
    this.samples.value = [...this.samples.value, sample].slice(-HISTORY_LENGTH)
  }
}
