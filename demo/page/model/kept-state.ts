/**
 * What this browser keeps of the node between two loads of the page: its key, and so its id; the places to join at, its stored values.
 *
 * All tabs share one localStorage, and two nodes must not have the same key. So the kept state belongs to one tab: that which
 * holds a lock, which the browser takes from it when the tab is closed. The other tabs start afresh and keep nothing.
 */

import type { NodeState } from 'webtorrent-dht'
import { readItem, removeItem, writeItem } from './storage.js'

const STORAGE_KEY = 'webtorrent-dht-state'
const KEY_STORAGE_KEY = 'webtorrent-dht-node-key'
const KEY_BYTES = 32
const LOCK = 'webtorrent-dht-state'
/** A page that is loaded anew may be there before the browser has freed the lock of its predecessor. */
const LOCK_TIMEOUT = 300

export interface KeptState {
  /** Whose state is kept. Only in `this tab` does `write` keep anything; `nobody`: the browser does not allow it. */
  readonly owner: 'this tab' | 'another tab' | 'nobody'
  /** What was kept, unless it cannot be read. */
  readonly state: NodeState | undefined
  /** The node's key in hex; `undefined` where none is kept. */
  readonly key: string | undefined
  write(state: NodeState): void
  forget(): void
}

/** Takes the lock, and with it the kept state, if no other tab has it. */
export async function claimState(): Promise<KeptState> {
  // Browsers offer no locks to pages that came over plain HTTP from another machine.
  if (!('locks' in navigator)) return nothingKept('nobody')
  if (!(await takeLock())) return nothingKept('another tab')
  let isForgotten = false
  return {
    owner: 'this tab',
    state: readState(),
    key: takeKey(),
    write: state => {
      if (!isForgotten) writeItem(STORAGE_KEY, JSON.stringify(state))
    },
    forget: () => {
      isForgotten = true // what is written while the page is left would bring it back
      removeItem(STORAGE_KEY)
      removeItem(KEY_STORAGE_KEY)
    }
  }
}

function nothingKept(owner: KeptState['owner']): KeptState {
  return { owner, state: undefined, key: undefined, write: () => {}, forget: () => {} }
}

/** Holds the lock for as long as the page lives. */
function takeLock(): Promise<boolean> {
  return new Promise(resolve => {
    const holdForEver = () => {
      resolve(true)
      return new Promise<never>(() => {})
    }
    const abort = new AbortController()
    const giveUp = async () => {
      const { held } = await navigator.locks.query()
      // If nobody holds it, the browser is merely slow to give it to this tab.
      if (held?.some(({ name }) => name === LOCK)) abort.abort()
    }
    setTimeout(() => void giveUp(), LOCK_TIMEOUT)
    navigator.locks.request(LOCK, { signal: abort.signal }, holdForEver).catch(() => resolve(false))
  })
}

/** The kept key; made and kept now if there is none. */
function takeKey(): string {
  const kept = readItem(KEY_STORAGE_KEY) ?? ''
  if (/^[0-9a-f]{64}$/.test(kept)) return kept
  const bytes = crypto.getRandomValues(new Uint8Array(KEY_BYTES))
  const key = Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
  writeItem(KEY_STORAGE_KEY, key)
  return key
}

/** The node checks what it holds; here it only has to be JSON. */
function readState(): NodeState | undefined {
  try {
    const state: unknown = JSON.parse(readItem(STORAGE_KEY) ?? 'null')
    return state === null ? undefined : (state as NodeState)
  } catch {
    return undefined // not written by this page
  }
}
