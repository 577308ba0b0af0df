/**
 * Wraps an application's store, which may return any bytes (IndexedDB: `Uint8Array`s), so that it returns `Buffer`s, and rejects where
 * it throws, or has not settled in time.
 */

import { asBuffer } from '../as-buffer.js'
import { type Awaitable, andThen, isPromise } from '../awaitable.js'
import type { Bytes } from '../bytes.js'
import { WebTorrentDHTError } from '../errors.js'
import type { StoredValue } from '../upstream.js'
import { mapBytes } from '../wire/value.js'
import type { PeerEntry, Store, ValueEntry } from './store.js'

/** Milliseconds. A store that hangs holds neither a `get` nor the end of its node for ever; store.ts promises this time. */
const PATIENCE = 5000

export function withBuffers(given: Store): Store<Bytes> {
  const { values, peers } = given
  return {
    values: {
      get size() {
        return values.size
      },
      get: key => attempt(() => andThen(values.get(key), value => value && toBuffers(value))),
      put: (key, value, until) => attempt(() => values.put(key, value, until)),
      remove: key => attempt(() => values.remove(key)),
      entries: () => mapAll(values.entries(), toValueEntry)
    },
    peers: {
      get size() {
        return peers.size
      },
      get: (infoHash, max) =>
        attempt(() => andThen(peers.get(infoHash, max), records => records.map(asBuffer))),
      put: (infoHash, record, until) => attempt(() => peers.put(infoHash, record, until)),
      remove: (infoHash, record) => attempt(() => peers.remove(infoHash, record)),
      entries: () => mapAll(peers.entries(), toPeerEntry)
    },
    close: () => attempt(() => given.close?.())
  }
}

/** What a store throws is what it would reject with. */
function attempt<Result>(work: () => Awaitable<Result>): Awaitable<Result> {
  try {
    const result = work()
    return isPromise(result) ? inTime(result) : result
  } catch (error) {
    return Promise.reject(error)
  }
}

function inTime<Result>(result: PromiseLike<Result>): Promise<Result> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    const error = new WebTorrentDHTError('ETIMEDOUT', `the store has not settled in ${PATIENCE} ms`)
    timer = setTimeout(() => reject(error), PATIENCE)
  })
  return Promise.race([result, late]).finally(() => clearTimeout(timer))
}

function toBuffers(value: StoredValue<Uint8Array>): StoredValue {
  const { v, id, k, sig, salt, ...others } = value
  return {
    ...others,
    v: mapBytes(v, asBuffer),
    id: asBuffer(id),
    ...(k && { k: asBuffer(k) }),
    ...(sig && { sig: asBuffer(sig) }),
    ...(salt && { salt: asBuffer(salt) })
  }
}

function toValueEntry({ key, value, until }: ValueEntry): ValueEntry<Bytes> {
  return { key, value: toBuffers(value), until }
}

function toPeerEntry({ infoHash, record, until }: PeerEntry): PeerEntry<Bytes> {
  return { infoHash, record: asBuffer(record), until }
}

function mapAll<From, To>(
  entries: Iterable<From> | AsyncIterable<From>,
  map: (entry: From) => To
): Iterable<To> | AsyncIterable<To> {
  return Symbol.iterator in entries ? mapNow(entries, map) : mapLater(entries, map)
}

function* mapNow<From, To>(entries: Iterable<From>, map: (entry: From) => To): Iterable<To> {
  for (const entry of entries) yield map(entry)
}

async function* mapLater<From, To>(
  entries: AsyncIterable<From>,
  map: (entry: From) => To
): AsyncIterable<To> {
  for await (const entry of entries) yield map(entry)
}
