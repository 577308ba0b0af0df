/** A process with a directory store, driven over IPC: see `child.ts`. */

import { type DirectoryStore, openDirectoryStore } from '../../src/storing/directory-store.js'
import { serve } from './child.js'
import { createRecord, createValue, idOf } from './stored.js'

let store: DirectoryStore | null = null

async function getStore(path: string): Promise<DirectoryStore> {
  store ??= await openDirectoryStore(path, { onWarning: warning => process.emitWarning(warning) })
  return store
}

serve({
  async open(path: string): Promise<void> {
    await getStore(path)
  },

  /** Puts versions `first` to `last` of values under a few keys, one after the other. @returns which were acknowledged */
  async put(
    path: string,
    first: number,
    last: number,
    keys: number
  ): Promise<{ stored: number[]; errors: string[] }> {
    const { values } = await getStore(path)
    const stored: number[] = []
    const errors: string[] = []
    for (let version = first; version <= last; version++) {
      try {
        await values.put(idOf(version % keys), createValue(version))
        stored.push(version)
      } catch (error) {
        errors.push((error as { code: string }).code)
      }
    }
    return { stored, errors }
  },

  /**
   * Puts versions of values and announcements under a few keys, and removes some, until it is killed. Each batch is told twice: before
   * it begins, and when all of it is acknowledged.
   */
  async putForever(path: string, first: number, keys: number): Promise<void> {
    const { values, peers } = await getStore(path)
    const tell = (event: string, version: number) => process.send?.({ event, version })
    for (let version = first; ; version += BATCH) {
      tell('begun', version + BATCH - 1)
      const batch = Array.from({ length: BATCH }, (_, i) => version + i)
      await Promise.all(
        batch.flatMap(one => [
          values.put(idOf(one % keys), createValue(one)),
          peers.put(idOf(one % keys), createRecord(one), Number.MAX_SAFE_INTEGER),
          peers.remove(idOf(one % keys), createRecord(one - keys))
        ])
      )
      tell('stored', version + BATCH - 1)
      await new Promise(resolve => setImmediate(resolve)) // lets the messages go
    }
  },

  async close(): Promise<void> {
    await store?.close()
  },

  destroy(): void {
    process.disconnect()
  }
})

/** Puts that are not waited for one by one: some of them are written together. */
const BATCH = 20
