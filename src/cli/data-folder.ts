/** The folder of `--data`: the node's key, the places that it has met, and the values and announcements that it stores. */

import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { NodeState, WebTorrentDHT } from '../index.js'
import { type DirectoryStore, openDirectoryStore } from '../storing/directory-store.js'
import { removeDrafts, writeWhole } from './files.js'
import { keyIn } from './node-key.js'
import type { Settings } from './settings.js'
import { messageOf } from './text.js'
import { UserError } from './user-error.js'

/** Milliseconds between two times that the places are written. */
const SAVE_INTERVAL = 60_000

export interface DataFolder {
  /** The node's key, in hex. */
  key: string
  /** The places of an earlier node. */
  state: Partial<NodeState>
  store: DirectoryStore
  /** Writes the places that a node knows, now and then. @returns a function that writes them for the last time */
  keepPlaces(dht: WebTorrentDHT, onFailed: (message: string) => void): () => void
}

/** @throws UserError, WebTorrentDHTError */
export async function openDataFolder(
  { data, identity, maxValues, maxPeers }: Settings & { data: string },
  onWarning: (warning: Error) => void
): Promise<DataFolder> {
  const statePath = join(data, 'state.json')
  makeFolder(data)
  // The store is locked first: of two processes with one folder, the second one ends here.
  const store = await openDirectoryStore(join(data, 'store'), { maxValues, maxPeers, onWarning })
  for (const path of [statePath, join(data, 'key')]) removeDrafts(path)
  const key = identity === null ? keyIn(join(data, 'key'), '--data') : keyIn(identity, '--identity')
  return {
    key,
    state: readState(statePath, onWarning),
    store,
    keepPlaces: (dht, onFailed) => keepPlaces(statePath, dht, onFailed)
  }
}

/** Makes the folder of `--data` if it is missing. @throws UserError */
export function makeFolder(data: string): void {
  try {
    const missing: string[] = []
    for (let folder = data; !existsSync(folder); folder = dirname(folder)) missing.unshift(folder)
    // One by one: `recursive` tries for ever under /proc.
    for (const folder of missing) if (!existsSync(folder)) mkdirSync(folder, { mode: 0o700 })
    mkdirSync(data, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new UserError(`--data is '${data}', which cannot be used: ${messageOf(error)}`)
  }
}

function keepPlaces(path: string, dht: WebTorrentDHT, onFailed: (message: string) => void): () => void {
  let written = ''
  const save = () => {
    const text = `${JSON.stringify({ nodes: dht.toJSON().nodes })}\n`
    if (text === written) return
    try {
      writeWhole(path, text)
      written = text
    } catch (error) {
      onFailed(messageOf(error))
    }
  }
  const timer = setInterval(save, SAVE_INTERVAL)
  return () => {
    clearInterval(timer)
    save()
  }
}

/** Without the file, or with one that was damaged, the node starts from `--bootstrap` alone. */
function readState(path: string, onWarning: (warning: Error) => void): Partial<NodeState> {
  try {
    const state: unknown = JSON.parse(readFileSync(path, 'utf8'))
    if (typeof state === 'object' && state !== null && 'nodes' in state)
      return { nodes: state.nodes as NodeState['nodes'] }
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    if (!isMissing) onWarning(new Error(`${path} cannot be read: ${messageOf(error)}`))
  }
  return {}
}
