/** The values of conformance/vectors.json, stored and read through the methods `put` and `get`. */

import { createHash } from 'node:crypto'
import test from 'tape'
import type { DhtParts } from '../../src/krpc/methods/dht-parts.js'
import { get } from '../../src/krpc/methods/get.js'
import { put } from '../../src/krpc/methods/put.js'
import { nodePlatform } from '../../src/platform-node.js'
import { MemoryValues } from '../../src/storing/memory-store.js'
import { StoredValues } from '../../src/storing/stored-values.js'
import { LRU, type StoredValue } from '../../src/upstream.js'
import { type Bencoded, decode, encode } from '../../src/wire/bencode.js'
import { readFields } from '../../src/wire/check.js'
import { askerOf, idOf, refusalOf } from '../helpers/askers.js'
import { type Json, type Step, toBencoded, toHex, vectors } from './vectors.js'

const TOKEN = Buffer.from('token')

for (const { name, steps } of vectors.puts) {
  test(`vector, values: ${name}`, async t => {
    const node = createNode()
    for (const step of steps) {
      if ('get' in step) t.deepEqual(await node.get(step.get), step.found && toHex(step.found), 'get')
      else t.deepEqual(await node.put(step.put), resultOf(step), `put ${JSON.stringify(step.put)}`)
    }
  })
}

/** A value or salt that is too long is refused before its signature is looked at. */
function resultOf({ key, signed, error = 0 }: Extract<Step, { put: unknown }>) {
  return { key, error, ...(signed && error !== 205 && error !== 207 && { signed }) }
}

/** A reply that names no nodes. */
function alone(_target: unknown, _query: unknown, _asker: unknown, values: Record<string, unknown>) {
  return { values }
}

/** A node that takes one token from everybody. */
function createNode() {
  /** What the signature of the last value was checked for. */
  let verified: string | undefined
  const stored = new StoredValues(new MemoryValues(new LRU<StoredValue>({ max: 100 })), {
    hash: bytes => createHash('sha1').update(bytes).digest(),
    verify: (sig, message, k) => {
      verified = Buffer.from(message).toString('hex')
      return nodePlatform.verify(sig, message, k)
    },
    ownId: idOf(0),
    maxPerNode: 100,
    max: 100,
    onStored: () => {}
  })
  const parts = {
    idLength: 20,
    isOfDht: true,
    storedValues: stored,
    tokens: { create: () => TOKEN, isValid: (_: unknown, token: Buffer) => token.equals(TOKEN) },
    events: { emit: () => true },
    leading: { toContacts: alone, beside: alone }
  } as unknown as DhtParts
  const methods = { put: put(parts), get: get(parts) }
  const respond = (method: 'put' | 'get', args: Record<string, Bencoded>) => {
    const { query, respond } = methods[method]
    const read = readFields(decode(encode({ id: Buffer.alloc(20, 'B'), ...args })), query)
    if ('wrong' in read) throw new Error(`${read.wrong} is wrong`)
    return respond(read.fields, askerOf(idOf(1)))
  }
  return {
    async put(put: Record<string, Json>) {
      verified = undefined
      const args = toBencoded(put) as Record<string, Bencoded>
      const refusal = await refusalOf(() => respond('put', { ...args, token: TOKEN }))
      return {
        key: stored.keyOf(args as never).hex,
        error: refusal?.code ?? 0,
        ...(verified !== undefined && { signed: verified })
      }
    },
    async get({ target, seq }: { target: string; seq?: number }) {
      const { values } = await respond('get', {
        target: Buffer.from(target, 'hex'),
        ...(seq !== undefined && { seq })
      })
      const { token, ...found } = values
      return Object.keys(found).length > 0 ? toHex(found) : null
    }
  }
}
