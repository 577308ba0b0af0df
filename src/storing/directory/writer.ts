/**
 * Writes changes in order; changes that come during a write are written together after it. An acknowledged write is with the
 * operating system, so a killed process loses nothing. Within a second it is on the disk, too.
 */

import { messageOf, WebTorrentDHTError } from '../../errors.js'
import type { Change } from './level.js'

/**
 * Milliseconds from a write to the one that is synced, which takes all before it to the disk: together with the time that the disk
 * takes, less than the second that is promised.
 */
const SYNC_DELAY = 500
/** Changes that wait for the disk. Each is about 1 kB at most. */
const MAX_WAITING = 10_000

export interface WriterOptions {
  /** Applies changes, all or none. */
  apply(changes: Change[], options: { sync: boolean }): Promise<void>
  /** A change that goes with every write: it says what there is after all changes up to now. */
  total(): Change
  /** Called once, with the first error. Nothing is written after it. */
  onFailure(error: WebTorrentDHTError): void
}

interface Batch {
  readonly changes: Change[]
  readonly done: Promise<void>
  settle(error?: Error): void
}

export class Writer {
  readonly #options: WriterOptions
  /** The next batch. */
  #batch: Batch | null = null
  #running: Promise<void> | null = null
  #syncTimer: ReturnType<typeof setTimeout> | null = null
  #isSyncDue = false
  /** Why nothing is written any more. */
  #failure: WebTorrentDHTError | null = null

  constructor(options: WriterOptions) {
    this.#options = options
  }

  /**
   * Writes changes, all or none.
   *
   * @param prepare makes the changes, and notes in memory what they do. It is called at once, or not at all.
   * @throws WebTorrentDHTError `ESTORE`, `ECLOSED`, or `EFULL` if too much waits
   */
  async write(prepare: () => Change[]): Promise<void> {
    if (this.#failure) throw this.#failure
    if (this.#batch && this.#batch.changes.length >= MAX_WAITING)
      throw new WebTorrentDHTError('EFULL', `${MAX_WAITING} changes wait for the disk`)
    const changes = prepare()
    if (changes.length === 0) return
    this.#batch ??= createBatch()
    this.#batch.changes.push(...changes)
    const { done } = this.#batch
    this.#run()
    return done
  }

  /** Writes what waits, and all to the disk. */
  async close(): Promise<void> {
    this.#isSyncDue ||= this.#syncTimer !== null
    this.#run()
    await this.#running
    this.#stopTimer()
    this.#failure ??= new WebTorrentDHTError('ECLOSED', 'the store was closed')
  }

  #run(): void {
    const hasWork = this.#batch !== null || this.#isSyncDue
    if (hasWork && !this.#failure) this.#running ??= this.#writeAll()
  }

  async #writeAll(): Promise<void> {
    while ((this.#batch || this.#isSyncDue) && !this.#failure) {
      const { changes, settle } = this.#batch ?? createBatch()
      const sync = this.#isSyncDue
      this.#batch = null
      this.#isSyncDue = false
      if (sync) this.#stopTimer()
      else this.#syncTimer ??= setTimeout(() => this.#sync(), SYNC_DELAY)
      try {
        await this.#options.apply([...changes, this.#options.total()], { sync })
        settle()
      } catch (cause) {
        this.#fail(cause)
        settle(this.#failure ?? undefined)
      }
    }
    this.#running = null
  }

  #sync(): void {
    this.#syncTimer = null
    this.#isSyncDue = true
    this.#run()
  }

  #stopTimer(): void {
    clearTimeout(this.#syncTimer ?? undefined)
    this.#syncTimer = null
  }

  /** A write that failed may have left a part of itself in the log, behind which LevelDB reads nothing: this is the end. */
  #fail(cause: unknown): void {
    this.#stopTimer()
    this.#failure = new WebTorrentDHTError('ESTORE', `The store cannot be written: ${messageOf(cause)}`, {
      cause
    })
    this.#batch?.settle(this.#failure)
    this.#batch = null
    this.#options.onFailure(this.#failure)
  }
}

function createBatch(): Batch {
  let settle: (error?: Error) => void = () => {}
  const done = new Promise<void>((resolve, reject) => {
    settle = error => (error ? reject(error) : resolve())
  })
  done.catch(() => {}) // a write that only syncs has nobody who waits
  return { changes: [], done, settle }
}
