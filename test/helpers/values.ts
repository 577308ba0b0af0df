/** Puts and gets of values (BEP 44), as promises of all that the callbacks get. */

import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import type WebTorrentDHT from '../../src/index.js'
import type { GetOptions, PutTally, StoredValue, WebTorrentDHTError } from '../../src/index.js'
import type { Method } from '../../src/krpc/method.js'
import { within } from './nodes.js'

export interface Put {
  error: (WebTorrentDHTError & Partial<PutTally>) | null
  key: Buffer
  nodes: number
  tally: PutTally | undefined
}

/** @param value anything: it may be wrong */
export function put(node: WebTorrentDHT, value: unknown): Promise<Put> {
  const wanted = value as Parameters<WebTorrentDHT['put']>[0]
  return within(
    'put',
    new Promise(resolve =>
      node.put(wanted, (error, key, nodes, tally) => resolve({ error, key, nodes, tally }))
    )
  )
}

export function get(
  node: WebTorrentDHT,
  key: Uint8Array | string,
  options: GetOptions = {}
): Promise<StoredValue | null> {
  const found = new Promise<StoredValue | null>((resolve, reject) =>
    node.get(key, options, (error, value) => (error ? reject(error) : resolve(value)))
  )
  return within('get', found)
}

/** An ed25519 key pair: the public key in 32 bytes. */
export function createKeyPair(): { k: Buffer; sign: (message: Uint8Array) => Buffer; privateKey: KeyObject } {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const k = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)
  return { k, sign: message => sign(null, message, privateKey), privateKey }
}

/** Whether a node stores something under a key. */
export function holds(node: WebTorrentDHT, key: Uint8Array): boolean {
  return Buffer.from(key).toString('hex') in node.toJSON().values
}

/** Makes a node refuse what nodes of version 1.0 refuse: values that are no bytes, and empty ones. */
export function makeOld(node: WebTorrentDHT): void {
  const isRefused = (v: unknown) => !(v instanceof Uint8Array) || v.length === 0
  changePut(node, method => ({
    ...method,
    check: args => (isRefused((args as { v: unknown }).v) ? '`v` is missing or wrong' : method.check?.(args))
  }))
}

/** Makes a node answer no put. */
export function makeMute(node: WebTorrentDHT): void {
  changePut(node, method => ({ ...method, respond: () => new Promise(() => {}) }))
}

function changePut(node: WebTorrentDHT, change: (method: Method) => Method): void {
  const { inbound } = node.socket.node
  const method = inbound.method('put')
  if (!method) throw new Error('no put')
  inbound.addMethod(change(method))
}
