/** This browser's ed25519 key pair: whoever has its seed can change the values that are stored under it (BEP 44). */

import { type KeyPair, WebTorrentDHT } from 'webtorrent-dht'
import { readItem, writeItem } from './storage.js'

const STORAGE_KEY = 'webtorrent-dht-private-key'

let keyPair: Promise<KeyPair> | undefined

/** The pair that is kept in this browser; made and kept now if there is none. All tabs have the same. */
export function getKeyPair(): Promise<KeyPair> {
  keyPair ??= loadKeyPair()
  return keyPair
}

async function loadKeyPair(): Promise<KeyPair> {
  const kept = readItem(STORAGE_KEY) ?? ''
  if (/^[0-9a-f]{64}$/.test(kept)) return WebTorrentDHT.keyPair(kept)
  const made = await WebTorrentDHT.keyPair()
  writeItem(STORAGE_KEY, made.seed.toString('hex'))
  return made
}
