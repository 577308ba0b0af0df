/** Reads a message whole, and checks all of its fields as a node does. */

import { KRPC_ERROR } from '../../src/krpc/errors.js'
import { readError, type Values } from '../../src/krpc/ledger.js'
import type { Method } from '../../src/krpc/method.js'
import { DHT_METHODS, NODE_METHODS } from '../../src/krpc/methods.js'
import { dictionary } from '../../src/wire/bencode.js'
import { readFields, type Shape } from '../../src/wire/check.js'
import { type Frame, FrameView, looksLikeFrame } from '../../src/wire/frame.js'
import { type Message, parseMessage } from '../../src/wire/message.js'

export type Inbound =
  | { kind: 'query'; transaction: Buffer; method: string; id: Buffer; args: Record<string, unknown> }
  | { kind: 'reply'; transaction: Buffer; id: Buffer; values: Record<string, unknown> }
  | { kind: 'error'; transaction: Buffer; code: number; text: string }
  | { kind: 'frame'; frame: Frame }
  /** Not a message; where it is a query that can be answered, `transaction` says which. */
  | { kind: 'malformed'; reason: string; code: number; transaction?: Buffer }

/** @param method of the query that a reply is for; left out: a reply may have the fields of all methods */
export type Parser = (bytes: Uint8Array, method?: string) => Inbound

/** The methods of the protocol by name. What they answer is nobody's business here. */
export function createMethods(idLength: number): Map<string, Method> {
  const all = [...NODE_METHODS, ...DHT_METHODS].map(create => create({ idLength } as never) as Method)
  return new Map(all.map(method => [method.name, method]))
}

/** Makes the parser for messages whose ids have `idLength` bytes. */
export function createMessageParser(idLength: number): Parser {
  const methods = createMethods(idLength)
  const anyReply = mergeShapes([...methods.values()].map(({ reply }) => reply))
  return (given, method) => {
    const bytes = Buffer.from(given.buffer, given.byteOffset, given.byteLength)
    if (looksLikeFrame(bytes)) {
      const view = FrameView.read(bytes, idLength)
      return view ? { kind: 'frame', frame: toFrame(view) } : malformed('frame: a field is missing or wrong')
    }
    const message = parseMessage(bytes)
    if (message.kind === 'malformed') return { code: KRPC_ERROR.PROTOCOL, ...message }
    if (message.kind === 'query') return checkQuery(message, methods)
    if (message.kind === 'error') return checkError(message)
    const read = readFields(message.values, (method && methods.get(method)?.reply) || anyReply)
    if ('wrong' in read) return malformed(`reply: \`${read.wrong}\` is missing or wrong`)
    const values = read.fields as Values
    return { kind: 'reply', transaction: message.transaction, id: values.id as Buffer, values }
  }
}

/** All of a frame, taken out. */
export function toFrame(view: FrameView): Frame {
  const { transaction, position, payload, failure } = view
  const path = Array.from({ length: view.pathLength }, (_, i) => view.idAt(i))
  return { transaction, path, position, payload, failure }
}

function checkQuery(message: Extract<Message, { kind: 'query' }>, methods: Map<string, Method>): Inbound {
  const { transaction, method: name } = message
  const method = methods.get(name)
  if (!method) {
    return { kind: 'malformed', reason: 'Method Unknown', code: KRPC_ERROR.METHOD_UNKNOWN, transaction }
  }
  const given = dictionary(message.args)
  if (!given) return malformed('`a` is not a dictionary', transaction)
  const read = readFields(given, method.query)
  if ('wrong' in read) return malformed(`\`${name}\`: \`${read.wrong}\` is missing or wrong`, transaction)
  const args = read.fields as Values
  const wrong = method.check?.(args)
  if (wrong) return malformed(`\`${name}\`: ${wrong}`, transaction)
  return { kind: 'query', transaction, method: name, id: args.id as Buffer, args }
}

function checkError({ transaction, error }: Extract<Message, { kind: 'error' }>): Inbound {
  const text = Array.isArray(error) && error[1] instanceof Uint8Array ? Buffer.from(error[1]).toString() : ''
  return { kind: 'error', transaction, code: readError(error).code, text }
}

function mergeShapes(shapes: Shape[]): Shape {
  const fields = shapes.flatMap(shape => shape.fields)
  const last = new Map(fields.map(field => [field.name, { ...field, isRequired: field.name === 'id' }]))
  return { fields: [...last.values()] }
}

function malformed(reason: string, transaction?: Buffer): Inbound {
  return { kind: 'malformed', reason, code: KRPC_ERROR.PROTOCOL, ...(transaction && { transaction }) }
}
