/** `webtorrent-dht id`: the id that a node has with a key. */

import { join } from 'node:path'
import { idOfKey, WebTorrentDHT } from '../index.js'
import { makeFolder } from './data-folder.js'
import { keyIn } from './node-key.js'
import type { Settings } from './settings.js'
import { UsageError } from './user-error.js'

/** @throws UserError */
export async function showId({ data, identity }: Settings): Promise<number> {
  const path = identity ?? (data && join(data, 'key'))
  if (!path) throw new UsageError('id needs --data or --identity: without a key, each start has another id')
  if (data) makeFolder(data)
  const { publicKey } = await WebTorrentDHT.keyPair(keyIn(path, identity ? '--identity' : '--data'))
  console.log(`id: ${Buffer.from(idOfKey(publicKey)).toString('hex')}`)
  console.log(`public key: ${Buffer.from(publicKey).toString('hex')}`)
  return 0
}
