/**
 * Wraps an application's store, which may return any bytes (IndexedDB: `Uint8Array`s), so that it returns `Buffer`s, and rejects where
 * it throws, or has not settled in time.
 */

import { asBuffer } from '../as-buffer.js'
import { type Awaitable, andThen, inTime, isPromise, orElse } from '../awaitable.js'
import type { Bytes } from '../bytes.js'
import { hasCode, messageOf, WebTorrentDHTError } from '../errors.js'
import type { StoredValue } from '../upstream.js'
import { mapBytes } from '../wire/value.js'
import type { PeerEntry, Store, ValueEntry } from './store.js'

/** Milliseconds. A store that hangs holds neither a `get` nor the end of its node for ever; store.ts promises this time. */
const PATIENCE = 5000

type Report = (method: string, cause: unknown) => void

/** @param onFailed gets an `ESTORE` for a method that fails, and again after it has worked */
export function withBuffers(given: Store, onFailed: (error: WebTorrentDHTError) => void): Store<Bytes> {
  const { values, peers } = given
  const failing = new Set<string>()
  const report = (method: string, cause: unknown) => {
    if (failing.has(method) || hasCode(cause, 'ECLOSED')) return
    failing.add(method)
    onFailed(new WebTorrentDHTError('ESTORE', `store.${method} failed: ${messageOf(cause)}`, { cause }))
  }
  const attempt = <Result>(method: string, work: () => Awaitable<Result>): Awaitable<Result> => {
    const result = settle(work)
    const worked = (value: Result) => {
      failing.delete(method)
      return value
    }
    if (!isPromise(result)) return worked(result)
    return result.then(worked, cause => {
      report(method, cause)
      throw cause
    })
  }
  return {
    values: {
      get size() {
        return values.size
      },
      get: key => attempt('values.get', () => andThen(values.get(key), value => value && toBuffers(value))),
      put: (key, value, until) => attempt('values.put', () => values.put(key, value, until)),
      remove: key => attempt('values.remove', () => values.remove(key)),
      entries: () => list('values.entries', () => values.entries(), toValueEntry, report)
    },
    peers: {
      get size() {
        return peers.size
      },
      get: (infoHash, max) =>
        attempt('peers.get', () => andThen(peers.get(infoHash, max), records => records.map(asBuffer))),
      put: (infoHash, record, until) => attempt('peers.put', () => peers.put(infoHash, record, until)),
      remove: (infoHash, record) => attempt('peers.remove', () => peers.remove(infoHash, record)),
      entries: () => list('peers.entries', () => peers.entries(), toPeerEntry, report)
    },
    close: () => attempt('close', () => given.close?.())
  }
}

/** A store that throws is as one that rejects. */
function settle<Result>(work: () => Awaitable<Result>): Awaitable<Result> {
  try {
    const result = work()
    return isPromise(result) ? inTime(result, PATIENCE, 'the store') : result
  } catch (error) {
    return Promise.reject(error)
  }
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

/** The entries of a store; none where it fails. */
function list<From, To>(
  method: string,
  read: () => Iterable<From> | AsyncIterable<From>,
  map: (entry: From) => To,
  report: Report
): Iterable<To> | AsyncIterable<To> {
  try {
    const entries = read()
    if (Symbol.iterator in entries) return mapNow(entries, map)
    if (Symbol.asyncIterator in entries) return mapLater(entries, map)
    void orElse(entries, undefined) // it may be a promise that is rejected
    throw new TypeError('it should return an iterable, or an async iterable')
  } catch (error) {
    report(method, error)
    return []
  }
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
