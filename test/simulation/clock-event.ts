/** Something that happens at a time, to somebody. */

import type { HeapEntry } from './event-heap.js'

/** Who an event happens to. */
export interface Owner {
  /** Nothing happens to it any more. */
  isDead: boolean
  /** What happens to it waits until it is resumed. */
  isSuspended: boolean
  /** Its timers that run and keep a process alive: those that its code made by `setTimeout` and `setInterval`. */
  timers: number
  /** What has happened to it while it was suspended. */
  backlog: ClockEvent[]
}

export interface ClockEvent extends HeapEntry {
  owner: Owner | null
  run: () => void
  /** What it all began with, if that is watched: what an event schedules has the same cause as the event itself. */
  cause: unknown
  isCancelled: boolean
  /** The timer that it is, if it is one of the code that is simulated. */
  timer: { describe(): string; hasRef(): boolean } | null
}

/** What makes things happen. */
export interface Scheduler {
  schedule(owner: Owner | null, delay: number, run: () => void): ClockEvent
  cancel(event: ClockEvent | undefined): void
}
