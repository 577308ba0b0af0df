/** Nodes that are broken on purpose: each breaks one requirement of bep.md, which the prober must find. */

import bencode from 'bencode'
import { PeerConnection } from '../../src/connections/peer-connection.js'
import type WebTorrentDHT from '../../src/index.js'
import type { WebTorrentDHTOptions } from '../../src/index.js'
import { decodeRaw, encodeRaw } from '../helpers/raw-client.js'

/** Server info begins otherwise. */
const DICTIONARY = 0x64

type Message = Record<string, unknown>

export interface Broken {
  must: string
  what: string
  options?: WebTorrentDHTOptions
  /** Changes a message that the node sends; `null`: it is lost. */
  sending?: (message: Message) => Message | null
  /** Changes the bytes of a message that came. */
  reading?: (bytes: Buffer) => Buffer
  /** The method whose queries get a reply with the id alone, whatever they say. */
  agreeing?: string
}

export const BROKEN: readonly Broken[] = [
  { must: 'M23', what: 'keys are read in any order', reading: inOrder },
  {
    must: 'M32',
    what: 'malformed queries get error 201',
    sending: message => (message.y === 'e' ? change(message, 'e', asGeneric) : message)
  },
  {
    must: 'M55',
    what: 'a stored value comes without nodes',
    sending: message => change(message, 'r', withoutNodes)
  },
  { must: 'M57', what: 'offers are passed on with a target', sending: addTarget },
  { must: 'M79', what: 'a connection is let go of over a route', agreeing: 'release' },
  {
    must: 'M81',
    what: 'values do not name the announcer',
    sending: message => change(message, 'r', cutValues)
  },
  { must: 'M86', what: 'signatures are not looked at', options: { verify: () => true } },
  {
    must: 'M88',
    what: 'a relay loses keys that it does not know',
    sending: ({ x: _, ...message }) => message
  },
  {
    must: 'M90',
    what: 'a frame that cannot be passed on is lost without a report',
    sending: message => (message.y === 'f' && 'e' in message ? null : message)
  },
  {
    must: 'M101',
    what: 'a reply does not say to whom a query went',
    sending: message => change(message, 'r', withoutNext)
  },
  { must: 'M104', what: 'whatever is told is taken', agreeing: 'tell_peers' }
]

/** Breaks a node. @returns how to mend what all nodes share */
export function breakNode(node: WebTorrentDHT, { sending, reading, agreeing }: Broken): () => void {
  const { inbound, table } = node.socket.node
  if (agreeing !== undefined) {
    const method = inbound.method(agreeing)
    if (method) inbound.addMethod({ ...method, respond: () => ({ values: {} }) })
  }
  if (reading) {
    const receive = inbound.receive.bind(inbound)
    inbound.receive = (connection, bytes) => receive(connection, reading(bytes))
  }
  const { send } = PeerConnection.prototype
  if (sending) {
    PeerConnection.prototype.send = function (this: PeerConnection, bytes: Buffer) {
      if (bytes[0] !== DICTIONARY || ![...table.all].includes(this)) return send.call(this, bytes)
      const changed = sending({ ...decodeRaw(bytes) })
      return changed === null || send.call(this, encodeRaw(changed))
    }
  }
  return () => {
    PeerConnection.prototype.send = send
  }
}

/** As a lenient decoder would read it. */
function inOrder(bytes: Buffer): Buffer {
  try {
    return encodeRaw(bencode.decode(bytes))
  } catch {
    return bytes // no bencode at all
  }
}

function change<T>(message: Message, key: string, how: (value: T) => T): Message {
  return key in message ? { ...message, [key]: how(message[key] as T) } : message
}

function asGeneric([code, text]: [number, Buffer]): [number, Buffer] {
  return [code === 203 ? 201 : code, text]
}

function addTarget(message: Message): Message {
  return message.q === 'peer_connection'
    ? change<Message>(message, 'a', a => ({ ...a, target: a.id }))
    : message
}

function cutValues(r: Message): Message {
  const { values } = r as { values?: Buffer[] }
  return values ? { ...r, values: values.map(value => value.subarray(0, 6)) } : r
}

function withoutNodes({ nodes, ...r }: Message): Message {
  return 'v' in r ? r : { ...r, ...(nodes !== undefined && { nodes }) }
}

function withoutNext({ next: _, ...r }: Message): Message {
  return r
}
