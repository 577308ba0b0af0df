/**
 * `webtorrent-dht/directory-store`: a store on disk, for Node.js, over LevelDB. A finished `put` survives a killed process; a second
 * later it is on the disk, and survives a power cut. Damaged files end neither the process nor the store: `onWarning` is called, and
 * everything readable is kept.
 *
 * Names and announcements are in memory, too: about 200 bytes per entry. Values are read from the disk on demand.
 */

import { invalid, readCount, readFunction, readPositive } from '../arguments.js'
import type { Bytes } from '../bytes.js'
import { WebTorrentDHTError } from '../errors.js'
import type { StoredValue } from '../upstream.js'
import { Contents, countLost, nameOfPeer, nameOfValue, scan } from './directory/contents.js'
import { Disk, type Opened, type Session } from './directory/disk.js'
import { openFolder } from './directory/folder.js'
import { nameOf } from './directory/held-peers.js'
import { type Change, levelCodeOf, loadLevel } from './directory/level.js'
import { decodeValue, encodeHeld, encodeValue } from './directory/records.js'
import type { PeerEntry, PeerStore, Store, ValueEntry, ValueStore } from './store.js'

/** Milliseconds between two sweeps. Expired entries are skipped before, so this only bounds how long they take room. */
const SWEEP_INTERVAL = 60_000

export interface DirectoryStoreOptions {
  /** Values that are kept. A full store evicts the least recently used one. Default: 1000. */
  maxValues?: number
  /** Announcements that are kept. A full store evicts the one put least recently. Default: 10,000. */
  maxPeers?: number
  /** Milliseconds after which an entry expires unless it is put again. Default: as each `put` says. */
  maxAge?: number
  /**
   * Called when damage was found: the `code` is `EDAMAGED`, `EREPAIRED` or `EREPLACED`, the `cause` the damage. Default:
   * `process.emitWarning`.
   */
  onWarning?: (warning: WebTorrentDHTError) => void
}

/** A store on disk. The node closes it when it is destroyed; the application may close it, too. */
export interface DirectoryStore extends Store<Bytes> {
  /** Writes everything to the disk, and unlocks the directory. May be called twice. */
  close(): Promise<void>
}

/**
 * Opens the store in a directory, and makes the directory if it is missing. Only one process may use it at a time.
 *
 * @throws WebTorrentDHTError (the promise is rejected) `EINVAL` for a wrong option; `ENOLEVEL` if the package `classic-level` is
 * not installed; `ELOCKED` if the directory is in use; `ESTORE` if the disk is full or cannot be written
 */
export async function openDirectoryStore(
  path: string,
  options: DirectoryStoreOptions = {}
): Promise<DirectoryStore> {
  const settings = resolveSettings(path, options)
  const ClassicLevel = await loadLevel()
  const disk = new Disk(async (): Promise<Opened> => {
    const { warn } = settings
    const { level, content } = await openFolder(path, { ClassicLevel, read: scan, warn })
    const lost = countLost(content)
    if (lost > 0) warn(new WebTorrentDHTError('EDAMAGED', `${lost} entries of the store in ${path} are lost`))
    const contents = new Contents(settings)
    return { level, contents, changes: contents.load(content) }
  })
  const { contents } = await disk.session()
  return new Directory(disk, settings, contents)
}

interface Settings {
  maxValues: number
  maxPeers: number
  maxAge: number
  warn: (warning: WebTorrentDHTError) => void
}

function resolveSettings(path: unknown, options: DirectoryStoreOptions): Settings {
  if (typeof path !== 'string' || path === '') throw invalid('path', path, 'the path of a directory')
  const { maxValues = 1000, maxPeers = 10_000, maxAge = Number.POSITIVE_INFINITY } = options
  const { onWarning = (warning: WebTorrentDHTError) => process.emitWarning(warning) } = options
  readCount('maxValues', maxValues)
  readCount('maxPeers', maxPeers)
  readPositive('maxAge', maxAge)
  readFunction('onWarning', onWarning)
  return { maxValues, maxPeers, maxAge, warn: onWarning }
}

class Directory implements DirectoryStore {
  readonly values: ValueStore<Bytes>
  readonly peers: PeerStore<Bytes>
  readonly #disk: Disk
  readonly #settings: Settings
  /** Of the last session. */
  #contents: Contents
  #sweptAt = performance.now()

  constructor(disk: Disk, settings: Settings, contents: Contents) {
    this.#disk = disk
    this.#settings = settings
    this.#contents = contents
    this.values = this.#createValues()
    this.peers = this.#createPeers()
  }

  close(): Promise<void> {
    return this.#disk.close()
  }

  #createValues(): ValueStore<Bytes> {
    const size = () => this.#contents.values.size
    return {
      get size() {
        return size()
      },
      get: async key => {
        const session = await this.#session()
        return session.contents.values.use(key) && this.#readValue(session, key)
      },
      put: async (key, value, until) => {
        const { contents, write } = await this.#session()
        return write(() => {
          const held = contents.createHeld(this.#limit(until))
          const name = nameOfValue(key)
          const bytes = encodeValue(name, value, held)
          const evicted = contents.values.add(key, held)
          return [{ name, bytes }, ...removals(evicted.map(nameOfValue)), ...this.#sweep(contents)]
        })
      },
      remove: async key => {
        const { contents, write } = await this.#session()
        return write(() => removals(contents.values.remove(key) ? [nameOfValue(key)] : []))
      },
      entries: () => this.#valueEntries()
    }
  }

  #createPeers(): PeerStore<Bytes> {
    const size = () => this.#contents.peers.size
    return {
      get size() {
        return size()
      },
      get: async (infoHash, max = Number.POSITIVE_INFINITY) => {
        const { contents } = await this.#session()
        return contents.peers.get(infoHash, max)
      },
      put: async (infoHash, record, until) => {
        const { contents, write } = await this.#session()
        return write(() => {
          const held = contents.createHeld(this.#limit(until))
          const name = nameOfPeer(nameOf({ infoHash, record }))
          const bytes = encodeHeld(name, held)
          const evicted = contents.peers.add({ infoHash, record }, held)
          return [{ name, bytes }, ...removals(evicted.map(nameOfPeer)), ...this.#sweep(contents)]
        })
      },
      remove: async (infoHash, record) => {
        const { contents, write } = await this.#session()
        const name = nameOf({ infoHash, record })
        return write(() => removals(contents.peers.remove(name) ? [nameOfPeer(name)] : []))
      },
      entries: () => this.#peerEntries()
    }
  }

  async #session(): Promise<Session> {
    const session = await this.#disk.session()
    this.#contents = session.contents
    return session
  }

  #limit(until = Number.POSITIVE_INFINITY): number {
    return Math.min(until, Date.now() + this.#settings.maxAge)
  }

  #sweep(contents: Contents): Change[] {
    const now = performance.now()
    if (now - this.#sweptAt < SWEEP_INTERVAL) return []
    this.#sweptAt = now
    return contents.sweep()
  }

  async #readValue(session: Session, key: string): Promise<StoredValue | undefined> {
    const { contents } = session
    const name = nameOfValue(key)
    const held = contents.values.peek(key)
    let damage: unknown
    try {
      const bytes = await session.read(name)
      if (!bytes) return undefined // put, and not written yet
      const decoded = decodeValue(name, bytes)
      if (decoded) return decoded.value
    } catch (error) {
      if (levelCodeOf(error) !== 'LEVEL_CORRUPTION')
        throw new WebTorrentDHTError('ESTORE', `The value ${key} cannot be read`, { cause: error })
      damage = error
    }
    if (contents.values.peek(key) !== held) return undefined // put again meanwhile
    this.#settings.warn(new WebTorrentDHTError('EDAMAGED', `The value ${key} is damaged`, { cause: damage }))
    await session.write(() => removals(contents.values.remove(key) ? [name] : []))
    return undefined
  }

  async *#valueEntries(): AsyncIterable<ValueEntry<Bytes>> {
    const session = await this.#session()
    for (const key of session.contents.values.names()) {
      const held = session.contents.values.peek(key)
      const value = held && (await this.#readValue(session, key))
      if (value) yield { key, value, until: toUntil(held.until) }
    }
  }

  async *#peerEntries(): AsyncIterable<PeerEntry<Bytes>> {
    const { contents } = await this.#session()
    for (const { infoHash, record, until } of contents.peers.entries())
      yield { infoHash, record, until: toUntil(until) }
  }
}

function removals(names: string[]): Change[] {
  return names.map(name => ({ name }))
}

function toUntil(until: number): number | undefined {
  return until === Number.POSITIVE_INFINITY ? undefined : until
}
