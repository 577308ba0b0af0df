/** Good messages, of each kind that bep.md knows: what mutations begin with. */

import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto'
import bencode from 'bencode'
import type { PutValue } from '../../src/index.js'
import { encode } from '../../src/wire/bencode.js'
import { MAX_HOPS } from '../../src/wire/frame.js'
import { signedTopicValue } from '../../src/wire/topic-value.js'
import type { RawMessage } from '../helpers/raw-client.js'
import { FAKE_SDP } from '../robustness/corpus.js'
import { ANSWERS, OFFERS } from './descriptions.js'

export type Dictionary = Record<string, unknown>

/** What a message is made with. */
export interface Sender {
  /** The sending client's id. */
  id: Buffer
  /** The fuzzed node's id. */
  nodeId: Buffer
  /** A token that the node gave to this client, or any bytes. */
  token: Buffer
  /** Ids of the other clients. */
  others: readonly Buffer[]
  transaction: Buffer
}

/** Nodes on the longest path of a frame. */
const MAX_PATH = MAX_HOPS + 1

const sha1 = (bytes: Uint8Array | string) => createHash('sha1').update(bytes).digest()
const at = <T>(list: readonly T[], index: number): T => list[index % list.length] as T

/** Keys of torrents, few, so that what one message stores the next one finds. The node looks for the same. */
export const INFO_HASHES = Array.from({ length: 16 }, (_, i) => sha1(`torrent ${i}`))
/** Nodes that are nowhere: a reply that names one has the node ask for it. */
const NOWHERE = Array.from({ length: 64 }, (_, i) => sha1(`nowhere ${i}`))
export const VALUES: PutValue[] = [
  ...Array.from({ length: 12 }, (_, i) => Buffer.from(`value ${i} `.repeat(1 + i * 4))),
  Buffer.alloc(0),
  -7,
  [Buffer.from('a'), 1, [Buffer.alloc(900)]],
  { a: { b: [] }, c: Buffer.from('d') }
]
/** The keys of `VALUES`, and those of the signed values. */
export const VALUE_KEYS = VALUES.map(value => sha1(Buffer.from(bencode.encode(value))))

interface SignedValue {
  key: Buffer
  fields: Dictionary
}

const SALTS = [undefined, Buffer.from('salt'), Buffer.alloc(64, 's'), Buffer.alloc(65, 's')]
const SEQUENCE_NUMBERS = 8
/** The fixed beginning of an ed25519 private key in DER (RFC 8410, section 7). */
const PRIVATE_KEY_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')
/** 4 keys, with four salts, of which the last is too long, with 8 sequence numbers each. */
const SIGNED_COUNT = 4 * SALTS.length * SEQUENCE_NUMBERS
const signed = new Map<number, SignedValue>()

/** Every other one is a list. */
function signedData(index: number): PutValue {
  const bytes = Buffer.from(`signed ${index}`)
  return index % 2 ? [bytes, index] : bytes
}

/** The signed value of a number, the same in every process. It is made when it is first needed. */
export function signedValue(number: number): SignedValue {
  const index = number % SIGNED_COUNT
  const known = signed.get(index)
  if (known) return known
  const { k, privateKey } = keyPairOf(index >> 5)
  const salt = at(SALTS, index >> 3)
  const value = { ...(salt && { salt }), seq: index % SEQUENCE_NUMBERS, v: signedData(index) }
  const sig = sign(null, Buffer.from(bencode.encode(value)).subarray(1, -1), privateKey)
  const made = { key: sha1(salt ? Buffer.concat([k, salt]) : k), fields: { ...value, k, sig } }
  signed.set(index, made)
  return made
}

function keyPairOf(number: number) {
  const seed = createHash('sha256').update(`key ${number}`).digest()
  const der = Buffer.concat([PRIVATE_KEY_PREFIX, seed])
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  const publicKey = createPublicKey(privateKey as never).export({ format: 'der', type: 'spki' })
  return { k: publicKey.subarray(-32), privateKey }
}

/** A value of a topic that the node takes for some minutes, unless it has a newer one. */
function topicValue(infoHash: Buffer, by: number): Dictionary {
  const { k, privateKey } = keyPairOf(by % 4)
  const now = Date.now()
  const value = {
    seq: now + (by % 8),
    until: now + 60_000 * (by % 16),
    v: Buffer.from(`${by}`.repeat(by % 8))
  }
  return { ...value, k, sig: sign(null, signedTopicValue(infoHash, value), privateKey) }
}

/** An offer for others. What the node itself would have to answer costs it an `RTCPeerConnection`. */
function offerOf(id: Buffer, by: number): Dictionary {
  return {
    id,
    type: 'offer',
    sdp: at([FAKE_SDP, ...OFFERS], by),
    extensions: at([[], ['introduce'], ['x', 'y']], by)
  }
}

function offersOf(id: Buffer, by: number): Dictionary {
  const count = by % 4
  return count === 0
    ? {}
    : { signals: Array.from({ length: count === 3 ? 16 : count }, () => offerOf(id, by)) }
}

const recursion = (by: number): Dictionary => (by % 5 < 2 ? { recursive: by % 5 } : {})

function compact(ids: readonly Buffer[]): Buffer {
  return Buffer.concat(ids.flatMap((id, i) => [id, Buffer.from([240, 0, i, 1, 0, 1])]))
}

const hashOf = (by: number) => at([...INFO_HASHES, ...VALUE_KEYS], by)

/** Arguments of each query, beside the id. `by` decides what is optional. */
const QUERIES: [method: string, args: (sender: Sender, by: number) => Dictionary][] = [
  ['ping', () => ({})],
  [
    'find_node',
    ({ id, others }, by) => ({
      target: at([...others, ...NOWHERE], by),
      ...offersOf(id, by),
      ...recursion(by)
    })
  ],
  ['get_peers', ({ id }, by) => ({ info_hash: hashOf(by), ...offersOf(id, by), ...recursion(by) })],
  [
    'announce_peer',
    ({ token }, by) => ({ info_hash: hashOf(by), token, port: 1 + by, implied_port: by % 2 })
  ],
  [
    'get',
    ({ id }, by) => ({
      target: hashOf(by),
      ...offersOf(id, by),
      ...recursion(by),
      ...(by % 3 ? {} : { seq: by % 8 })
    })
  ],
  ['get', (_, by) => ({ target: signedValue(by).key })],
  ['put', ({ token }, by) => ({ token, v: at(VALUES, by) })],
  ['put', ({ token }, by) => ({ token, ...signedValue(by).fields, ...(by % 3 ? {} : { cas: by % 8 }) })],
  ['peer_connection', ({ id, others }, by) => ({ signal: offerOf(id, by), target: at(others, by) })],
  ['peer_connection', ({ id }, by) => ({ signal: offerOf(id, by), target: at(NOWHERE, by) })],
  [
    'peer_connection',
    ({ id, nodeId }, by) => ({ signal: offerOf(id, by), ...(by % 2 && { target: nodeId }) })
  ],
  ['peer_connection', ({ nodeId }, by) => ({ signal: offerOf(nodeId, by) })],
  ['release', () => ({})],
  [
    'candidates',
    ({ id, others }, by) => ({
      ufrag: at(['abcd', '', 'x'.repeat(300)], by),
      candidates: [`a=candidate:1 1 UDP ${by} 192.0.2.${by % 256} ${by % 65_536} typ host`],
      ...(by % 2 && { target: at(others, by) }),
      ...(by % 3 ? {} : { from: id })
    })
  ],
  ['watch_peers', ({ token }, by) => ({ info_hash: hashOf(by), token, ...(by % 3 ? {} : { stop: by % 2 }) })],
  ['tell_peers', (_, by) => ({ info_hash: hashOf(by), values: Array(by % 70).fill(Buffer.alloc(26, by)) })],
  ['put_topic', ({ token }, by) => ({ info_hash: hashOf(by), token, ...topicValue(hashOf(by), by) })],
  ['get_topic', (_, by) => ({ info_hash: hashOf(by), ...(by % 2 && { after: Buffer.alloc(32, by) }) })],
  ['neighbours', ({ others }, by) => ({ neighbours: Buffer.concat(others.slice(0, by % 8)) })],
  ['dial', ({ id }, by) => ({ protocol: at(['chat', 'nobody’s', ''], by), signal: offerOf(id, by) })],
  ['no_such_method', ({ id }) => ({ target: id })]
]

export const QUERY_COUNT = QUERIES.length

/** The good query of a number. */
export function goodQuery(number: number, sender: Sender, by: number): Dictionary {
  const [method, args] = at(QUERIES, number)
  return { t: sender.transaction, y: 'q', q: method, a: { id: sender.id, ...args(sender, by) } }
}

/** An offer to the node itself, by a node that it does not know. */
export function offerToNode(sender: Sender, sdp: string, by: number): Dictionary {
  const signal = { id: sha1(`newcomer ${by}`), type: 'offer', sdp, extensions: ['introduce'] }
  return { t: sender.transaction, y: 'q', q: 'peer_connection', a: { id: sender.id, signal } }
}

/**
 * A frame by the client: with a query for the node itself that others are said to have sent, to be passed on to another client, or
 * to a node that is nowhere; or a report about a query that the node may have sent.
 */
export function goodFrame(number: number, sender: Sender, by: number): Dictionary {
  const { id, nodeId, others, transaction } = sender
  const behind = Array.from({ length: by % (MAX_PATH - 2) }, (_, i) => at(NOWHERE, by + i)) // where it says it comes from
  const next = at(number % 5 === 0 ? NOWHERE.slice(MAX_PATH) : others, number)
  const beyond = number % 3 === 0 ? [] : [next, at(INFO_HASHES, by)].slice(0, 1 + (by % 2))
  const path = [...behind, id, nodeId, ...beyond].slice(-MAX_PATH)
  const i = path.findIndex(other => other.equals(nodeId))
  const isReport = number % 7 === 6 || path.length < 3
  const payload = () => encode(goodQuery(number >> 2, { ...sender, id: path[0] as Buffer }, by) as never)
  return {
    t: transaction,
    y: 'f',
    p: Buffer.concat(path),
    i,
    ...(isReport ? { e: at([404, 429, 400, 599], by) } : { d: payload() })
  }
}

/** A query of the node's that came in a frame. */
export interface Framed {
  transaction: Buffer
  path: Buffer[]
}

/** What comes back for a query that the node has sent in a frame: the reply in a frame, or the report of a node on the way. */
export function frameFor({ transaction, path }: Framed, reply: Buffer, by: number): Dictionary {
  const isReport = by % 8 === 0
  const reporter = 1 + (by % (path.length - 1))
  const back = (isReport ? path.slice(0, Math.min(reporter, path.length - 2) + 1) : path).toReversed()
  const beside = isReport ? { e: at([404, 429], by >> 3) } : { d: reply }
  return { t: transaction, y: 'f', p: Buffer.concat(back), i: back.length - 1, ...beside }
}

/** What the node asked for, as far as it can be told. */
function targetOf({ a }: RawMessage): Buffer | undefined {
  const target = a?.target ?? a?.info_hash
  return Buffer.isBuffer(target) ? target : undefined
}

function answerOf(id: Buffer, by: number): Dictionary {
  return { id, type: 'answer', sdp: at(ANSWERS, by), extensions: ['introduce'] }
}

/** Nodes near what was asked for, as a node would name them: other clients, and such as are nowhere. */
function nodesFor(query: RawMessage, { others, nodeId, id }: Sender, by: number): Buffer[] {
  const target = targetOf(query)
  const some = [at(others, by), at(NOWHERE, by), at(NOWHERE, by * 7)]
  if (by % 5 === 0 && target) some.push(target)
  if (by % 11 === 0) some.push(nodeId, id)
  return by % 4 === 0 ? [] : some
}

/** Answers to the offers of a query, beside the nodes. Each real one costs the node an `RTCPeerConnection`: they are rare. */
function signalsFor(query: RawMessage, nodes: Buffer[], by: number): Dictionary {
  const offers = query.a?.signals
  if (!Array.isArray(offers)) return {}
  return {
    signals: nodes
      .slice(0, offers.length)
      .map((id, i) => (by % 16 === 15 ? answerOf(id, by) : i % 2 ? { id } : 0))
  }
}

/** A good reply to a query of the node's. */
export function goodReply(query: RawMessage, sender: Sender, by: number): Dictionary {
  const { id, token } = sender
  const nodes = nodesFor(query, sender, by)
  const routes = nodes.length > 0 && by % 3 !== 0 ? { routes: Buffer.from([by]) } : {}
  const next = query.a?.recursive && by % 5 !== 0 ? { next: Buffer.concat(nodes.slice(0, 1 + (by % 7))) } : {}
  const beside = { id, nodes: compact(nodes), ...routes, ...next, ...signalsFor(query, nodes, by) }
  const target = targetOf(query)
  switch (query.q) {
    case 'find_node':
      return beside
    case 'get_peers':
      if (by % 3 === 0) return { ...beside, token }
      return {
        id,
        token,
        values: nodes.map((id, i) => Buffer.concat([Buffer.from([127, 0, 0, 1, 1, i]), id]))
      }
    case 'get':
      return by % 3 === 0 ? { ...beside, token } : { id, token, ...valueFor(target, by) }
    case 'peer_connection':
      return by % 16 === 15 ? { id, signal: answerOf(target ?? id, by) } : { id }
    default:
      return { id }
  }
}

function valueFor(key: Buffer | undefined, by: number): Dictionary {
  const index = VALUE_KEYS.findIndex(other => key?.equals(other))
  return index >= 0 ? { v: VALUES[index] } : signedValue(by).fields
}

/** An error in place of a reply. */
export function goodError(by: number): unknown[] {
  return [at([201, 202, 203, 204, 205, 301, 302], by), 'no']
}

/** The body of an offer over HTTP. By an id that is connected it makes no `RTCPeerConnection`. */
export function goodBody({ id, nodeId }: Sender, by: number): Dictionary {
  const offer = offerOf(at([id, nodeId], by), by)
  return { ...offer, id: (offer.id as Buffer).toString('hex') }
}

/** Server info, the first message of a node with an HTTP server. */
export function goodServerInfo(by: number): Dictionary {
  return {
    http_server: { host: at(['127.0.0.1', '240.0.0.9', 'dht.example.org', '[::1]'], by), port: 1 + by }
  }
}
