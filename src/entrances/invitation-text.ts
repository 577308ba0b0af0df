/** Invitations and their answers as text: base64url that begins with `wdht`, of bytes (docs/beps/ways-in.md, "Invitations"). */

import { idOfKey, sha256 } from '../bound-id.js'
import { BUILT_IN } from '../extensions.js'
import { Id } from '../id.js'
import { ByteReader } from '../wire/byte-reader.js'
import { packDescription, unpackDescription } from '../wire/compact-description.js'
import { readKeyLine } from '../wire/key-line.js'
import { MAX_EXTENSION_BYTES, MAX_EXTENSIONS, type Signal } from '../wire/signal.js'

/** It may stand in a URL, or in a message. */
const TEXT = /(?<![\w-])wdht[\w-]{100,4000}/
const PREFIX = 'wdht'
const MAGIC = Buffer.from(PREFIX, 'base64url')
const VERSION = 1
const ANSWER_BIT = 0x80
const CHECK_BYTES = 4

/** The content of an invitation or an answer. */
export interface InvitationText {
  signal: Signal
  /** Names the text. */
  check: Buffer
  /** Names the invitation that an answer is for; `null`: it is an invitation. */
  answers: Buffer | null
}

export interface TextSettings {
  network: string
  idLength: number
}

/** @param answers names the invitation that it answers @returns `undefined` for a description that has not what each has */
export function writeInvitation(
  signal: Signal,
  answers: Buffer | null,
  { network }: TextSettings
): { text: string; check: Buffer } | undefined {
  const description = packDescription(signal)
  if (!description) return undefined
  const body = Buffer.concat([
    Buffer.of(answers ? VERSION | ANSWER_BIT : VERSION),
    answers ?? Buffer.alloc(0),
    packId(signal),
    packExtensions(signal.extensions),
    description
  ])
  const check = checkOf(body, network)
  return { text: Buffer.concat([MAGIC, check, body]).toString('base64url'), check }
}

/**
 * Reads the first invitation or answer in a text.
 *
 * @param mid see `unpackDescription`
 * @returns `undefined` if there is none, if it is damaged, or of another network
 */
export function readInvitation(
  text: string,
  settings: TextSettings,
  mid?: string
): InvitationText | undefined {
  const { check, body } = findIn(text)
  return check.equals(checkOf(body, settings.network)) ? readBody(check, body, settings, mid) : undefined
}

/** Says what is wrong with a text that cannot be read, to go on after what it should be. */
export function explainUnreadable(text: string, settings: TextSettings, mid?: string): string {
  if (!text.includes(PREFIX)) return `: a text that begins with '${PREFIX}', or one with it`
  const { check, body } = findIn(text)
  // The end of a cut text reads as zeros, which are no description.
  return readBody(check, body, settings, mid)
    ? ` of the network '${settings.network}'; this one is of another network, or was changed`
    : ', whole; this one was cut or changed'
}

function findIn(text: string): { check: Buffer; body: Buffer } {
  const [found = ''] = TEXT.exec(text) ?? []
  const bytes = Buffer.from(found, 'base64url').subarray(MAGIC.length)
  return { check: bytes.subarray(0, CHECK_BYTES), body: bytes.subarray(CHECK_BYTES) }
}

function readBody(
  check: Buffer,
  body: Buffer,
  { idLength }: TextSettings,
  mid: string | undefined
): InvitationText | undefined {
  const reader = new ByteReader(body)
  const version = reader.takeByte()
  if ((version & ~ANSWER_BIT) !== VERSION) return undefined
  const answers = version & ANSWER_BIT ? reader.take(CHECK_BYTES) : null
  const named = reader.take(reader.takeByte())
  const extensions = unpackExtensions(reader)
  const description = unpackDescription(reader, answers ? 'answer' : 'offer', mid)
  if (!description) return undefined
  const id = named.length > 0 ? named : idInProof(description.sdp)
  return id?.length === idLength
    ? { signal: { ...description, id: Id.of(id), extensions }, check, answers }
    : undefined
}

/** Tells a text that was cut or changed, and those of other networks apart. */
function checkOf(body: Buffer, network: string): Buffer {
  return sha256('wdht invitation 1', network, '\0', body).subarray(0, CHECK_BYTES)
}

/** The length of the id and the id; 0 if it follows from the key of the proof. */
function packId({ id, sdp }: Signal): Buffer {
  const isProven = idInProof(sdp)?.equals(id.bytes)
  return isProven ? Buffer.of(0) : Buffer.concat([Buffer.of(id.bytes.length), id.bytes])
}

function idInProof(sdp: string): Buffer | undefined {
  const line = readKeyLine(sdp)
  return line && Buffer.from(idOfKey(line.publicKey))
}

/** A bit for each extension of bep.md, then how many others there are, and each after its length. */
function packExtensions(extensions: readonly string[]): Buffer {
  const builtIn = BUILT_IN.reduce((bits, name, i) => bits | (Number(extensions.includes(name)) << i), 0)
  const others = extensions.filter(name => !BUILT_IN.includes(name)).map(name => Buffer.from(name))
  const named = others.flatMap(name => [Buffer.of(name.length), name])
  return Buffer.concat([Buffer.of(builtIn, others.length), ...named])
}

function unpackExtensions(reader: ByteReader): string[] {
  const builtIn = reader.takeByte()
  const count = Math.min(reader.takeByte(), MAX_EXTENSIONS)
  const others = Array.from({ length: count }, () => {
    const length = Math.min(reader.takeByte(), MAX_EXTENSION_BYTES)
    return reader.take(length).toString()
  })
  return [...BUILT_IN.filter((_, i) => builtIn & (1 << i)), ...others]
}
