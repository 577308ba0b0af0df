/** Puts a value (BEP 44) to the nodes closest to its key, and counts who took it. */

import { type ErrorCode, WebTorrentDHTError } from '../errors.js'
import type { Id } from '../id.js'
import { KRPC_ERROR } from '../krpc/errors.js'
import { readError } from '../krpc/ledger.js'
import type { Contact, PutTally, Query, QueryCallback, StoredValue } from '../upstream.js'
import type { Bencoded } from '../wire/bencode.js'

/** The part of the DHT that putting needs. */
export interface PuttingNode {
  readonly id: Id
  /** The nodes closest to a key, with their tokens; one that has given none is asked for it again. */
  closest(key: Id): Promise<Contact[]>
  query(node: Contact, query: Query, callback: QueryCallback): void
}

/** @param cas the sequence number that the replaced version must have */
export async function putToNetwork(
  node: PuttingNode,
  key: Id,
  { v, k, salt, seq, sig }: StoredValue,
  cas?: number
): Promise<PutTally> {
  const closest = await node.closest(key)
  if (closest.length === 0) throw failed('ENONODES', 'No nodes to query', createTally())
  const mutable = k && { k, seq, sig, ...(salt && { salt }), ...(cas !== undefined && { cas }) }
  return putToAll(node, key, closest, { id: node.id.bytes, v, ...mutable })
}

interface Refusal {
  code: number
  error: Error
}

function putToAll(
  node: PuttingNode,
  key: Id,
  closest: Contact[],
  args: Record<string, unknown>
): Promise<PutTally> {
  const tally = createTally()
  let missing = closest.length
  let refusal: Refusal | undefined
  return new Promise((resolve, reject) => {
    const onEnd: QueryCallback = (error, reply) => {
      if (!error) tally.stored++
      else if (!reply) tally.unanswered++
      else {
        const { code } = readError(reply.e as Bencoded | undefined)
        tally.refused[code] = (tally.refused[code] ?? 0) + 1
        if (!refusal || isOfVersion(code)) refusal = { code, error }
      }
      if (--missing > 0) return
      if (tally.stored > 0) resolve(tally)
      else if (!refusal) reject(failed('ETIMEDOUT', 'All queries failed', tally, error))
      else reject(failed(toErrorCode(refusal.code), refusal.error.message, tally, refusal.error))
    }
    for (const contact of closest) {
      const put = (token: unknown) => node.query(contact, { q: 'put', a: { ...args, token } }, onEnd)
      const get = { q: 'get', a: { id: node.id.bytes, target: key.bytes } }
      if (contact.token) put(contact.token)
      else node.query(contact, get, (...end) => (end[0] ? onEnd(...end) : put(end[1]?.r?.token)))
    }
  })
}

function toErrorCode(code: number): ErrorCode {
  return isOfVersion(code) ? code : 'EREFUSED'
}

/** Whether another version is stored: the caller can read that one, and try again. */
function isOfVersion(code: number): code is 301 | 302 {
  return code === KRPC_ERROR.CAS_MISMATCH || code === KRPC_ERROR.OLD_SEQUENCE
}

function createTally(): PutTally {
  return { stored: 0, refused: {}, unanswered: 0 }
}

function failed(
  code: ErrorCode,
  message: string,
  tally: PutTally,
  cause?: unknown
): WebTorrentDHTError & PutTally {
  return Object.assign(new WebTorrentDHTError(code, message, { cause }), tally)
}
