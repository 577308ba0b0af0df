/** Finds the newest version of a value (BEP 44) in the network. */

import { type Awaitable, andThen, orElse } from '../awaitable.js'
import type { Id } from '../id.js'
import type { KRPCMessage, StoredValue, Verify } from '../upstream.js'
import { isOfKey, type ValueChecks } from './node-state.js'

/** The part of the DHT that getting needs. */
export interface GettingNode {
  readonly hash: ValueChecks['hash']
  /** Asks the nodes around a key, until `onReply` returns `false`. Rejects once the node is destroyed. */
  search(key: Id, onReply: (reply: KRPCMessage) => boolean): Promise<void>
}

/** The arguments of a `get`. */
export interface Wanted {
  key: Id
  verify: Verify | null
  /** The salt of the mutable value. */
  salt: Buffer | undefined
  /** The public key of the mutable value. */
  k: Buffer | undefined
  /** Asks the network even if an immutable value is stored here. */
  asksAnyway: boolean
}

/**
 * The newest version that the nodes around the key have. An immutable value proves itself, and ends the search.
 *
 * @param own the value that is stored here: the result if no other is newer
 */
export async function getFromNetwork(
  node: GettingNode,
  { key, verify, salt: wantedSalt, k, asksAnyway }: Wanted,
  own: StoredValue | undefined
): Promise<StoredValue | null> {
  const salt = wantedSalt ?? own?.salt // replies do not have it
  const isWanted = (value: StoredValue): Awaitable<boolean> => {
    if (!value.k && (k || wantedSalt)) return false
    if (k && !value.k?.equals(k)) return false
    return isOfKey(key.hex, value, { hash: node.hash, verify })
  }
  const withSalt = (value: StoredValue) => (value.k && salt ? { ...value, salt } : value)
  let newest = own && (await isWanted(withSalt(own))) ? own : null
  if (newest && !newest.k && !asksAnyway) return newest
  const checks: Awaitable<void>[] = []
  await node.search(key, ({ r }) => {
    if (r?.v === undefined) return true
    const value = withSalt(r as unknown as StoredValue)
    const taken = andThen(orElse(isWanted(value), false), isGood => {
      if (isGood && (!value.k || !newest || isNewer(value, newest))) newest = value
    })
    checks.push(taken)
    return newest !== value || value.k !== undefined
  })
  await Promise.all(checks)
  return newest
}

function isNewer({ seq = 0 }: StoredValue, { seq: known = 0 }: StoredValue): boolean {
  return seq > known
}
