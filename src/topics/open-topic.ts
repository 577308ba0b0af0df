/** Opens topics, for applications. */

import { invalid, readOptions, readSafely } from '../arguments.js'
import { sha256 } from '../bound-id.js'
import { closedError, WebTorrentDHTError } from '../errors.js'
import { Id } from '../id.js'
import { type CryptoKeys, type Owner, readOwner, type Signer } from '../key-pair.js'
import { readRoomName } from '../rooms/room-names.js'
import { OpenedTopic } from './opened-topic.js'
import type { Topic, TopicDHT } from './topic.js'

const ID_BYTES = 20

export interface TopicOptions {
  /**
   * Signs what is published: what `keyPair` of the DHT gives, or an ed25519 `CryptoKeyPair` of WebCrypto. Default: the key of the node,
   * so that `idOfKey(publisher)` is the id to `dial`.
   */
  key?: Signer | CryptoKeys | undefined
}

/**
 * Opens a topic: a name under which many publish a small value each, which others query. The values can be read by everybody who
 * knows the name, and by the nodes that store them.
 *
 * @param dht a node. It stays the caller's
 * @param name 1 to 1024 bytes of text
 * @throws WebTorrentDHTError `EINVAL`; `ECLOSED`
 */
export function openTopic<Value = unknown>(
  dht: TopicDHT,
  name: string,
  options?: TopicOptions | null
): Topic<Value> {
  if (typeof dht?.promises?.lookup !== 'function') throw invalid('dht', dht, 'a node of webtorrent-dht')
  const { key } = readOptions(options, ['key'])
  const text = readRoomName('name', name)
  const owner = ownerOf(key ?? dht.socket.node.options.keyPair)
  if (dht.destroyed) throw closedError('openTopic')
  const infoHash = Id.of(sha256('wdht topic 1\0', text).subarray(0, ID_BYTES))
  return new OpenedTopic<Value>(text, { dht, infoHash, owner })
}

function ownerOf(key: unknown): Owner | null {
  if (key === null) return null
  const owner = readSafely('options.key', () => readOwner(key))
  if (owner.sign) return owner
  throw new WebTorrentDHTError('EINVAL', 'options.key is a public key; to publish, pass a key pair')
}
