/**
 * The database of a directory store. After a failed write, for example on a full disk, the memory and the disk may differ: so it is
 * opened and read again. The time from an opening to a failure is a session.
 */

import { messageOf, WebTorrentDHTError } from '../../errors.js'
import type { Contents } from './contents.js'
import { applyChanges, type Change, type Level, toKey } from './level.js'
import { Writer } from './writer.js'

/** Milliseconds between two attempts to open a database again. */
const RETRY_PAUSE = 5000

/** A database that has been opened. */
export interface Opened {
  level: Level
  contents: Contents
  /** The entries to write first. */
  changes: Change[]
}

/** From an opening of the database to the first failure. */
export interface Session {
  readonly contents: Contents
  /** Reads the bytes under a name. */
  read(name: string): Promise<Buffer | undefined>
  /** Writes changes, all or none, in the order of the calls: see `Writer`. */
  write(prepare: () => Change[]): Promise<void>
}

interface Open {
  session: Session
  level: Level
  writer: Writer
}

type State =
  | { name: 'opening'; done: Promise<Session> }
  | ({ name: 'open' } & Open)
  | { name: 'failed'; level: Level | null; error: WebTorrentDHTError; retryAt: number }
  | { name: 'closed'; done: Promise<void> }

export class Disk {
  readonly #openDatabase: () => Promise<Opened>
  #state: State

  /** Begins to open the database: wait for `session` then. */
  constructor(openDatabase: () => Promise<Opened>) {
    this.#openDatabase = openDatabase
    this.#state = { name: 'opening', done: this.#open() }
  }

  /** The session. Opens the database again if it has failed. @throws WebTorrentDHTError `ESTORE`, `ELOCKED`, `ECLOSED` */
  async session(): Promise<Session> {
    const state = this.#state
    if (state.name === 'closed') throw new WebTorrentDHTError('ECLOSED', 'the store was closed')
    if (state.name === 'opening') return state.done
    if (state.name === 'open') return state.session
    if (performance.now() < state.retryAt) throw state.error
    const done = this.#open(state.level)
    this.#state = { name: 'opening', done }
    return done
  }

  /** Writes what waits, and closes the database. */
  close(): Promise<void> {
    if (this.#state.name === 'closed') return this.#state.done
    const done = this.#close(this.#state)
    this.#state = { name: 'closed', done }
    return done
  }

  /** @param failed the database as it was open before */
  async #open(failed: Level | null = null): Promise<Session> {
    try {
      await failed?.close()
      const { level, contents, changes } = await this.#openDatabase()
      const writer = new Writer({
        apply: (applied, options) => applyChanges(level, applied, options),
        total: () => contents.totals(),
        onFailure: error => this.#fail({ level, error, retryAt: performance.now() })
      })
      const session: Session = {
        contents,
        read: name => level.get(toKey(name)),
        write: prepare => writer.write(prepare)
      }
      if (this.#state.name === 'closed') await closeOpen({ session, level, writer })
      else this.#state = { name: 'open', session, level, writer }
      // The log is never empty, so that one which has lost its contents is noticed. Whoever writes next hears of a failure.
      writer.write(() => [contents.totals(), ...changes]).catch(() => {})
      return session
    } catch (error) {
      const isOwn = error instanceof WebTorrentDHTError
      const own = isOwn ? error : new WebTorrentDHTError('ESTORE', messageOf(error), { cause: error })
      this.#fail({ level: null, error: own, retryAt: performance.now() + RETRY_PAUSE })
      throw own
    }
  }

  #fail(failure: Omit<Extract<State, { name: 'failed' }>, 'name'>): void {
    if (this.#state.name !== 'closed') this.#state = { name: 'failed', ...failure }
  }

  async #close(state: State): Promise<void> {
    if (state.name === 'opening') await state.done.catch(() => {})
    else if (state.name === 'failed') await state.level?.close()
    else if (state.name === 'open') await closeOpen(state)
  }
}

async function closeOpen({ session, level, writer }: Open): Promise<void> {
  await writer.close()
  try {
    // Moves all from the log to tables. One that was cut off is noticed later; a log that was cut off between two records is not.
    await level.compactRange(Buffer.of(0), Buffer.of(255))
    await applyChanges(level, [session.contents.totals()], { sync: true })
  } catch {
    // The disk does not write: who put something was told so.
  }
  await level.close()
}
