/** What happened, the newest first. */

import { signal } from '@preact/signals'
import { visible } from '../text.js'

export type EventKind = 'joined' | 'left' | 'stored' | 'asked' | 'called' | 'own' | 'warning'

export interface LogEntry {
  at: Date
  kind: EventKind
  text: string
}

const MAX_ENTRIES = 200

export class EventLog {
  readonly entries = signal<readonly LogEntry[]>([])

  /** @param text in which a stranger's words may be */
  add(kind: EventKind, text: string): void {
    this.entries.value = [{ at: new Date(), kind, text: visible(text) }, ...this.entries.value].slice(
      0,
      MAX_ENTRIES
    )
  }
}
