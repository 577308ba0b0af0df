/** Things to store that tell what they should be: a version makes the whole value. */

import { createHash } from 'node:crypto'
import type { StoredValue } from '../../src/index.js'

/** A key, an info hash or an id, in hex. */
export function idOf(number: number): string {
  return hashOf(`id ${number}`).toString('hex')
}

/** A mutable value of 0 to 900 bytes, with everything that a value can have. */
export function createValue(version: number): StoredValue & { v: Buffer } {
  const text = hashOf(`value ${version}`).toString('hex').repeat(30)
  return {
    v: Buffer.from(text.slice(0, (version * 37) % 900)),
    id: hashOf(`owner ${version}`),
    k: hashOf(`key ${version}`),
    sig: hashOf(`signature ${version}`),
    salt: hashOf('salt'),
    seq: version
  }
}

/** Compact peer info with an id. */
export function createRecord(version: number): Buffer {
  return Buffer.concat([hashOf(`peer ${version}`).subarray(0, 6), hashOf(`announcer ${version}`)])
}

function hashOf(text: string): Buffer {
  return createHash('sha1').update(text).digest()
}
