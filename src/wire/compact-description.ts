/**
 * Session descriptions in some 170 bytes, for texts that people pass on (docs/beps/ways-in.md, "Invitations"): what WebRTC needs of one,
 * and the proof of the id. All else is the same in each description of a data channel.
 */

import { parseHost } from '../place.js'
import { groupsOf } from './address-kind.js'
import type { ByteReader } from './byte-reader.js'
import { MAX_CANDIDATES } from './candidates.js'
import { isIPv4, MAX_PORT } from './compact.js'
import type { Description } from './description.js'
import { fingerprintOf, type KeyLine, readKeyLine, writeKeyLine } from './key-line.js'

const FINGERPRINT_BYTES = 32
const KEY_BYTES = 32
const SIGNATURE_BYTES = 64

/** Names in the `o=` line: some implementations treat an other one's descriptions in a way of their own. */
const MAKERS = ['-', 'rtc', 'mozilla...THIS_IS_SDPARTA-99.0']
const SETUPS = ['actpass', 'active', 'passive']
/** RFC 8445, section 5.1.2.2. */
const TYPES = [
  { name: 'host', preference: 126 },
  { name: 'srflx', preference: 100 },
  { name: 'prflx', preference: 110 },
  { name: 'relay', preference: 0 }
]
const TYPE_SHIFT = 2

/** The forms of an address. A browser hides its address behind a UUID (mDNS). */
const FORM_BITS = 0x03
const IPV4 = 0
const IPV6 = 1
const UUID = 2

const HAS_KEY = 0x10
const MAKER_BITS = 0x03
const SETUP_SHIFT = 2

const CANDIDATE = /^a=candidate:\S+ 1 udp \d+ (\S+) (\d+) typ (host|srflx|prflx|relay)/gim
const TAB_NAME = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.local$/i

/** Packs a description; `undefined` if it has not what each has, or something in a form that does not fit. */
export function packDescription({ sdp }: Description): Buffer | undefined {
  const fingerprint = fingerprintOf(sdp)
  const ufrag = packIceText(sdp, 'ufrag')
  const password = packIceText(sdp, 'pwd')
  const setup = SETUPS.indexOf(/^a=setup:(\w+)/m.exec(sdp)?.[1] ?? '')
  if (!fingerprint || !ufrag || !password || setup < 0) return undefined
  const line = readKeyLine(sdp)
  const key = line ? [line.publicKey, line.signature] : []
  const flags = makerOf(sdp) | (setup << SETUP_SHIFT) | (line ? HAS_KEY : 0)
  const candidates = [...sdp.matchAll(CANDIDATE)]
    .flatMap(([, address = '', port = '', type = '']) => packCandidate(address, Number(port), type) ?? [])
    .slice(0, MAX_CANDIDATES)
  const count = Buffer.of(candidates.length)
  return Buffer.concat([Buffer.of(flags), fingerprint, ...key, ufrag, password, count, ...candidates])
}

/**
 * Unpacks a description, to the end of the bytes.
 *
 * @param mid the name of the media section: an answer has that of its offer
 * @returns `undefined` if it is none
 */
export function unpackDescription(
  reader: ByteReader,
  type: Description['type'],
  mid = '0'
): Description | undefined {
  const flags = reader.takeByte()
  const fingerprint = reader.take(FINGERPRINT_BYTES)
  const key = flags & HAS_KEY ? takeKeyLine(reader) : undefined
  const [ufrag, password] = [unpackIceText(reader), unpackIceText(reader)]
  const count = reader.takeByte()
  const candidates = Array.from({ length: Math.min(count, MAX_CANDIDATES) }, (_, i) =>
    unpackCandidate(reader, i)
  )
  const maker = MAKERS[flags & MAKER_BITS]
  const setup = SETUPS[(flags & ~HAS_KEY) >> SETUP_SHIFT]
  const isWhole = reader.isAtEnd && count === candidates.length && !candidates.includes(undefined)
  if (!isWhole || maker === undefined || setup === undefined) return undefined
  const lines = [
    'v=0',
    `o=${maker} 1 1 IN IP4 0.0.0.0`,
    's=-',
    't=0 0',
    `a=group:BUNDLE ${mid}`,
    `a=fingerprint:sha-256 ${toColons(fingerprint)}`,
    'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
    'c=IN IP4 0.0.0.0',
    `a=mid:${mid}`,
    'a=sendrecv',
    `a=ice-ufrag:${ufrag}`,
    `a=ice-pwd:${password}`,
    'a=ice-options:trickle',
    `a=setup:${setup}`,
    ...candidates,
    'a=sctp-port:5000',
    'a=max-message-size:262144',
    ''
  ]
  const sdp = lines.join('\r\n')
  return { type, sdp: key ? writeKeyLine(sdp, key) : sdp }
}

function takeKeyLine(reader: ByteReader): KeyLine {
  return { publicKey: reader.take(KEY_BYTES), signature: reader.take(SIGNATURE_BYTES) }
}

function makerOf(sdp: string): number {
  const [, name = ''] = /^o=(\S+)/m.exec(sdp) ?? []
  return Math.max(0, MAKERS.indexOf(name.startsWith('mozilla') ? (MAKERS[2] ?? '') : name))
}

/** The characters of ICE are those of base64 (RFC 8839, section 5.4): four in three bytes, after how many there are. */
function packIceText(sdp: string, name: 'ufrag' | 'pwd'): Buffer | undefined {
  const [, text = ''] = new RegExp(`^a=ice-${name}:([A-Za-z0-9+/]{4,255})\r?$`, 'm').exec(sdp) ?? []
  if (text === '') return undefined
  return Buffer.concat([Buffer.of(text.length), Buffer.from(padded(text), 'base64')])
}

function unpackIceText(reader: ByteReader): string {
  const length = reader.takeByte()
  const text = reader.take(Math.ceil(length / 4) * 3).toString('base64')
  return text.slice(0, length)
}

function padded(text: string): string {
  return text.padEnd(Math.ceil(text.length / 4) * 4, 'A')
}

function packCandidate(address: string, port: number, type: string): Buffer | undefined {
  const packed = packAddress(address)
  const typeIndex = TYPES.findIndex(({ name }) => name === type.toLowerCase())
  if (!packed || port > MAX_PORT) return undefined
  const head = Buffer.of((typeIndex << TYPE_SHIFT) | packed.form, port >> 8, port & 0xff)
  return Buffer.concat([head, packed.bytes])
}

function packAddress(address: string): { form: number; bytes: Buffer } | undefined {
  const [, uuid] = TAB_NAME.exec(address) ?? []
  if (uuid) return { form: UUID, bytes: Buffer.from(uuid.replaceAll('-', ''), 'hex') }
  if (isIPv4(address)) return { form: IPV4, bytes: Buffer.from(address.split('.').map(Number)) }
  const host = address.includes(':') ? parseHost(address) : undefined
  if (!host?.startsWith('[')) return undefined
  return { form: IPV6, bytes: Buffer.from(groupsOf(host).flatMap(group => [group >> 8, group & 0xff])) }
}

function unpackCandidate(reader: ByteReader, index: number): string | undefined {
  const head = reader.takeByte()
  const port = reader.take(2).readUInt16BE()
  const address = unpackAddress(reader, head & FORM_BITS)
  const type = TYPES[head >> TYPE_SHIFT]
  if (address === undefined || type === undefined) return undefined
  // The order stands for the preference.
  const priority = (type.preference << 24) + ((0xffff - index) << 8) + 0xff
  const base = type.name === 'host' ? '' : ' raddr 0.0.0.0 rport 0'
  return `a=candidate:${index + 1} 1 UDP ${priority} ${address} ${port} typ ${type.name}${base}`
}

function unpackAddress(reader: ByteReader, form: number): string | undefined {
  if (form === IPV4) return reader.take(4).join('.')
  if (form !== IPV6 && form !== UUID) return undefined
  const hex = reader.take(16).toString('hex')
  if (form === IPV6) return hex.replace(/(....)(?=.)/g, '$1:')
  return `${hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')}.local`
}

function toColons(fingerprint: Buffer): string {
  return fingerprint
    .toString('hex')
    .toUpperCase()
    .replace(/(..)(?=.)/g, '$1:')
}
