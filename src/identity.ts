/** This node's id and key, of what the options say. */

import { invalid, isMissing, optional, readId, readInteger } from './arguments.js'
import { BOUND_ID_BYTES, idOfKey, looksBound } from './bound-id.js'
import { WebTorrentDHTError } from './errors.js'
import { Id } from './id.js'
import { isBytes } from './is-bytes.js'
import { type NodeKey, readKey, readSeed } from './key-pair.js'

/** Of the longest hash that is in use, SHA-512. */
const MAX_ID_LENGTH = 64

export interface Identity {
  readonly id: Id
  /** The key that the id is bound to; `null`: the id is a claim. */
  readonly keyPair: NodeKey | null
  /** Whether ids of this DHT can be bound to keys. */
  readonly hasBoundIds: boolean
  readonly warnings: readonly WebTorrentDHTError[]
}

/** @internal */
export interface GivenIdentity {
  nodeId: unknown
  key: unknown
  /** The id of an earlier node. */
  earlier: Id | undefined
  idLength: number
  /** Whether ids have another hash than SHA-1. */
  hasOtherHash: boolean
  createNodeKey(seed: Buffer): NodeKey
}

/** @throws WebTorrentDHTError `EINVAL` */
export function resolveIdentity(given: GivenIdentity): Identity {
  const { idLength, earlier, createNodeKey } = given
  const hasBoundIds = !given.hasOtherHash && idLength === BOUND_ID_BYTES
  const seed = optional(readKeyOption, 'options.key', given.key)
  if (seed && !hasBoundIds) {
    throw new WebTorrentDHTError('EINVAL', 'options.key needs ids of 20 bytes, without options.hash')
  }
  const named = optional((name, id) => readId(name, id, idLength), 'options.nodeId', given.nodeId)
  if (!hasBoundIds) {
    const id = named ?? earlier ?? Id.of(crypto.getRandomValues(new Uint8Array(idLength)))
    return { id, keyPair: null, hasBoundIds, warnings: [] }
  }
  const isUsable = earlier !== undefined && !looksBound(earlier.bytes)
  const claimed = named ?? (seed === undefined && isUsable ? earlier : undefined)
  if (claimed && !seed) return { ...claim(claimed), hasBoundIds }
  const keyPair = createNodeKey(readSeed(seed))
  const id = Id.of(idOfKey(keyPair.publicKey))
  if (claimed && !claimed.equals(id)) return { ...claim(claimed), hasBoundIds }
  const isLost = earlier !== undefined && !named && !earlier.equals(id)
  return { id, keyPair, hasBoundIds, warnings: isLost ? [leftOut(earlier)] : [] }
}

function claim(id: Id): Omit<Identity, 'hasBoundIds'> {
  const text = `options.nodeId (${id.hex}) is bound to a key that options.key is not: other nodes refuse it`
  const warnings = looksBound(id.bytes) ? [new WebTorrentDHTError('ENOTPROVEN', text)] : []
  return { id, keyPair: null, warnings }
}

function leftOut(id: Id): WebTorrentDHTError {
  const text = `options.state.nodeId ('${id.hex}') was left out: its key is not given in options.key`
  return new WebTorrentDHTError('ESTATE', text)
}

/** A seed, or a key pair with one. It is not quoted: it is a secret. */
function readKeyOption(name: string, value: unknown): Buffer {
  const isPair = typeof value === 'object' && value !== null && 'seed' in value
  const seed = readKey(isPair ? value.seed : value)
  if (seed) return seed
  throw new WebTorrentDHTError(
    'EINVAL',
    `${name} should be a seed (32 bytes or 64 hex digits), or what keyPair() gives`
  )
}

interface GivenLength {
  hash?: ((bytes: Uint8Array) => unknown) | undefined
  idLength?: number | undefined
}

/** @throws WebTorrentDHTError `EINVAL` */
export function resolveIdLength({ hash, idLength }: GivenLength): number {
  const length = hash ? lengthOf(hash) : (optional(readIdLength, 'options.idLength', idLength) ?? 20)
  if (!isMissing(idLength) && idLength !== length)
    throw invalid('options.idLength', idLength, `${length}, as the hash gives`)
  return length
}

function lengthOf(hash: (bytes: Uint8Array) => unknown): number {
  const result = hash(Buffer.alloc(0))
  if (!isBytes(result)) throw invalid('options.hash', hash, 'a function that returns bytes')
  return readIdLength('the length of what options.hash returns', result.length)
}

function readIdLength(name: string, value: unknown): number {
  return readInteger(name, value, 1, MAX_ID_LENGTH)
}
