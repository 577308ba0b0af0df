/**
 * The messages of members to each other, each one message of a data channel:
 *
 *     flags: 1 byte. 1: signed
 *     only where signed: the sender's public key, 32 bytes; the signature of all that follows, 64 bytes
 *     length of the header: 2 bytes; the header, as JSON; the body
 *
 * A signed packet is passed on to members that are not connected to its sender.
 */

const SIGNED = 1
const KEY_BYTES = 32
const SIGNATURE_BYTES = 64
const PREFIX = Buffer.from('wdht room packet 1\0')
/** Bytes of a body: data channels of all browsers carry it at once. */
export const MAX_BODY_BYTES = 16 * 1024
/** Bytes of a header: of a session description, or of 64 ids. */
const MAX_HEADER_BYTES = 32 * 1024
/** Bytes of a presence, as JSON. */
export const MAX_PRESENCE_BYTES = 1024
/** Ids in a `hello`. */
export const MAX_NAMED = 64

/** What a message is: how its receiver gets it. */
export type Kind = 'bytes' | 'text' | 'json' | 'stream'

export type Header =
  /** The first packet of each end of a connection. `at` as in `here`. */
  | { t: 'hello'; at: number; presence?: unknown; members: string[] }
  /** A member is there. The later one has the higher `at`. */
  | { t: 'here'; from: string; at: number; presence?: unknown }
  /** A member leaves. Without `from` it is the sender's word on this connection: it may be a refusal. */
  | { t: 'bye'; from?: string; at?: number; reason?: string }
  /** A member's connection has closed without a word. */
  | { t: 'gone'; from: string; who: string; at: number }
  /** A part of message number `n`: the `i`th. */
  | PartHeader
  /** The receiver of a stream has taken all parts before `i`. */
  | { t: 'more'; n: number; i: number }
  | { t: 'ping'; n: number }
  | { t: 'pong'; n: number }
  /** Of the connection's renegotiation, for media. */
  | { t: 'signal'; data: unknown }

export interface PartHeader {
  t: 'part'
  n: number
  i: number
  k: Kind
  /** It is the last part. */
  end?: 1
  /** Without it the sender is at the other end of the connection. */
  from?: string
  channel?: string
  /** Of a file: in the first part. */
  name?: string
  type?: string
  size?: number
}

export interface Packet {
  readonly header: Header
  readonly body: Buffer
  /** As it came, or goes. */
  readonly bytes: Buffer
  /** The key and signature, and what they sign. */
  readonly signed: { key: Buffer; signature: Buffer; message: Buffer } | null
}

/** The bytes that a signature is over: the info hash of the room, and all that follows the signature. */
export function signedMessage(infoHash: Buffer, content: Buffer): Buffer {
  return Buffer.concat([PREFIX, infoHash, content])
}

export function encodeContent(header: Header, body: Uint8Array = Buffer.alloc(0)): Buffer {
  const json = Buffer.from(JSON.stringify(header))
  const length = Buffer.alloc(2)
  length.writeUInt16BE(json.length)
  return Buffer.concat([length, json, body])
}

export function encodeUnsigned(content: Buffer): Buffer {
  return Buffer.concat([Buffer.of(0), content])
}

export function encodeSigned(content: Buffer, key: Uint8Array, signature: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(SIGNED), key, signature, content])
}

/** @returns `undefined` for what is no packet */
export function parsePacket(bytes: Buffer, infoHash: Buffer): Packet | undefined {
  const isSigned = bytes[0] === SIGNED
  if (!isSigned && bytes[0] !== 0) return undefined
  const start = isSigned ? 1 + KEY_BYTES + SIGNATURE_BYTES : 1
  if (bytes.length < start + 2) return undefined
  const length = bytes.readUInt16BE(start)
  const bodyAt = start + 2 + length
  if (length > MAX_HEADER_BYTES || bytes.length < bodyAt || bytes.length > bodyAt + MAX_BODY_BYTES)
    return undefined
  const header = parseHeader(bytes.subarray(start + 2, bodyAt).toString())
  if (!header) return undefined
  const signed = isSigned && {
    key: bytes.subarray(1, 1 + KEY_BYTES),
    signature: bytes.subarray(1 + KEY_BYTES, start),
    message: signedMessage(infoHash, bytes.subarray(start))
  }
  return { header, body: bytes.subarray(bodyAt), bytes, signed: signed || null }
}

function parseHeader(json: string): Header | undefined {
  try {
    const header: unknown = JSON.parse(json)
    return typeof header === 'object' && header !== null && isHeader(header as Partial<Header>)
      ? (header as Header)
      : undefined
  } catch {
    return undefined
  }
}

function isHeader(header: Record<string, unknown>): boolean {
  const { t, n, i, k, from, at, who, members, presence, channel, name, type, size, reason } = header
  const isTimed = isId(from) && isCount(at)
  switch (t) {
    case 'hello':
      return isCount(at) && isIdList(members) && isPresence(presence)
    case 'here':
      return isTimed && isPresence(presence)
    case 'bye':
      return isOptional(from, isId) && isOptional(at, isCount) && isOptional(reason, isLabel)
    case 'gone':
      return isTimed && isId(who)
    case 'part':
      return (
        isCount(n) &&
        isCount(i) &&
        (k === 'bytes' || k === 'text' || k === 'json' || k === 'stream') &&
        isOptional(from, isId) &&
        [channel, name, type].every(label => isOptional(label, isLabel)) &&
        isOptional(size, isCount)
      )
    case 'more':
      return isCount(n) && isCount(i)
    case 'ping':
    case 'pong':
      return isCount(n)
    default:
      return t === 'signal'
  }
}

function isOptional(value: unknown, is: (value: unknown) => boolean): boolean {
  return value === undefined || is(value)
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{40}$/.test(value)
}

function isIdList(value: unknown): value is string[] {
  return Array.isArray(value) && value.length <= MAX_NAMED && value.every(isId)
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function isLabel(value: unknown): value is string {
  return typeof value === 'string' && value.length <= 256
}

/** Whether a presence is short enough. */
export function isPresence(value: unknown): boolean {
  return value === undefined || Buffer.byteLength(JSON.stringify(value) ?? '') <= MAX_PRESENCE_BYTES
}
