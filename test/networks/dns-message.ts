/** As much of DNS (RFC 1035) as answers a question for the addresses of a name. */

import { isIPv4 } from 'node:net'
import { addressBytes } from './stun-message.js'

const HEADER_SIZE = 12
/** A response to a recursive question; recursion is available. */
const RESPONSE = 0x8180
const NO_SUCH_NAME = 3
const A = 1
const AAAA = 28
const INTERNET = 1
const TTL = 5 // seconds
/** Points to the name in the question. */
const NAME_OF_QUESTION = 0xc000 | HEADER_SIZE

/** @param addressesOf `undefined`: there is no such name */
export function answerQuestion(
  question: Buffer,
  addressesOf: (name: string) => readonly string[] | undefined
): Buffer | null {
  const parsed = parseQuestion(question)
  if (!parsed) return null
  const { name, type, end } = parsed
  const found = addressesOf(name)
  const wanted = (found ?? []).filter(address => type === (isIPv4(address) ? A : AAAA))
  const header = Buffer.alloc(HEADER_SIZE)
  question.copy(header, 0, 0, 2)
  header.writeUInt16BE(RESPONSE | (found ? 0 : NO_SUCH_NAME), 2)
  header.writeUInt16BE(1, 4)
  header.writeUInt16BE(wanted.length, 6)
  return Buffer.concat([header, question.subarray(HEADER_SIZE, end), ...wanted.map(one => record(one, type))])
}

function parseQuestion(message: Buffer): { name: string; type: number; end: number } | null {
  const labels: string[] = []
  let at = HEADER_SIZE
  for (let length = message[at]; length; length = message[at]) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  const end = at + 5
  if (end > message.length) return null
  return { name: labels.join('.'), type: message.readUInt16BE(at + 1), end }
}

function record(address: string, type: number): Buffer {
  const bytes = addressBytes(address)
  const head = Buffer.alloc(12)
  head.writeUInt16BE(NAME_OF_QUESTION, 0)
  head.writeUInt16BE(type, 2)
  head.writeUInt16BE(INTERNET, 4)
  head.writeUInt32BE(TTL, 6)
  head.writeUInt16BE(bytes.length, 10)
  return Buffer.concat([head, Buffer.from(bytes)])
}
