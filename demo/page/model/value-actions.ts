/** `put` and `get`: stored texts (BEP 44). */

import type { StoredValue, WebTorrentDHT } from 'webtorrent-dht'
import { count, readableValue, shortId } from '../text.js'
import { hashText, readKey } from './info-hash.js'
import { getKeyPair } from './key-pair.js'
import { needNodes } from './need-nodes.js'
import { type Result, UserError } from './result.js'

/** BEP 44: less than 1000 when bencoded; bittorrent-dht counts without the length in front. */
export const MAX_VALUE_BYTES = 999

export async function putImmutable(dht: WebTorrentDHT, text: string): Promise<Result> {
  const value = checkValue(text)
  await needNodes(dht)
  // The key is the SHA-1 of the value as it is bencoded.
  const key = hashText(`${byteLength(value)}:${value}`)
  await getAnew(dht, key) // or bittorrent-dht stores at the nodes of a search five minutes ago
  const storedAt = await put(dht, value)
  return {
    tone: 'success',
    text: `Stored at ${count(storedAt, 'node')}. Anyone can get it with this key; nobody can change it.`,
    copy: { label: 'Key', value: key }
  }
}

export async function putMutable(dht: WebTorrentDHT, text: string): Promise<Result> {
  const value = checkValue(text)
  await needNodes(dht)
  // Other tabs of this browser have the same key pair, and may store a version meanwhile: `set` sees to it.
  const { key, seq, nodes } = await dht.promises.record(await getKeyPair()).set(value)
  return {
    tone: 'success',
    text: `Version ${seq}, signed, is stored at ${count(nodes, 'node')}. Anyone can get it with this key; only this browser can change it.`,
    copy: { label: 'Key', value: key.toString('hex') }
  }
}

export async function getValue(dht: WebTorrentDHT, typed: string): Promise<Result> {
  const key = readKey(typed)
  await needNodes(dht)
  const value = await getAnew(dht, key)
  if (!value) return { tone: 'nothing', text: `Nobody has a value with the key ${shortId(key)}… now.` }
  const origin =
    value.seq === undefined
      ? 'Found, and it is what was stored: its hash is the key.'
      : `Found version ${value.seq}. The signature is right.`
  return { tone: 'success', text: origin, items: [{ text: readableValue(value.v) }] }
}

export function byteLength(text: string): number {
  return new TextEncoder().encode(text).length
}

function put(dht: WebTorrentDHT, value: string): Promise<number> {
  return new Promise((resolve, reject) => {
    dht.put(value, (error, _key, nodes = 0) => (error ? reject(error) : resolve(nodes)))
  })
}

/** Asks the other nodes even if the value is stored here: they may have a newer version. */
function getAnew(dht: WebTorrentDHT, key: string): Promise<StoredValue | null> {
  return new Promise((resolve, reject) => {
    dht.get(key, { cache: false }, (error, value) => (error ? reject(error) : resolve(value)))
  })
}

/** @throws UserError for a text that is no value */
export function checkValue(text: string): string {
  if (text === '') throw new UserError('Type a text first.')
  const bytes = byteLength(text)
  if (bytes <= MAX_VALUE_BYTES) return text
  throw new UserError(`A text has at most ${MAX_VALUE_BYTES} bytes; this has ${bytes}.`)
}
