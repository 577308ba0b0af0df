/** Who takes part in the attacks on real nodes: an open node, and strangers that say what they like. */

import { Id } from '../../src/id.js'
import WebTorrentDHT, { type WebTorrentDHTOptions } from '../../src/index.js'
import { encodeFrame } from '../../src/wire/frame.js'
import {
  createPeer,
  decodeRaw,
  encodeRaw,
  RawClient,
  type RawMessage,
  signalOf
} from '../../test/helpers/raw-client.js'

const EXTENSIONS = ['introduce', 'release', 'route']
const TOKEN = Buffer.from('token')

/** A node that listens on all addresses, as a public one does: no rule for private networks applies. */
export async function createOpenNode(options: WebTorrentDHTOptions = {}): Promise<WebTorrentDHT> {
  const node = new WebTorrentDHT({
    bootstrap: false,
    simple_peer_opts: { config: { iceServers: [] } },
    ...options
  })
  await new Promise<void>(resolve => node.listen(0, resolve))
  return node
}

/** A reply, or an error, without its transaction. */
type Answer = Record<string, unknown>
type Answers = (query: RawMessage) => Answer | Promise<Answer>

export interface StrangerOptions {
  /** Said over HTTP. `null`: none, and the first message tells. */
  id?: Buffer | null
  /** Answers queries that come on the connection. Default: as a node that knows nobody. */
  answers?: Answers
  /** Answers queries in frames, which are for nodes behind the stranger. */
  answersBehind?: Answers
}

/** A hand-made neighbour of a node. */
export async function createStranger(place: string, options: StrangerOptions = {}): Promise<RawClient> {
  const { id, answers = (query: RawMessage) => answerAs(client.id)(query), answersBehind } = options
  const onMessage = (message: RawMessage) => {
    if (answersBehind) void answerFrame(() => client, message, answersBehind)
  }
  const client: RawClient = await RawClient.connect(place, {
    extensions: EXTENSIONS,
    onMessage,
    ...(id !== undefined && { id })
  })
  client.onQuery = async query => {
    const answer = await answers(query)
    if (!client.isClosed) client.sendMessage({ t: query.t, ...answer })
  }
  return client
}

/** The answers of a node that knows nobody, and takes everything. */
export function answerAs(id: Buffer): (query: RawMessage) => Answer {
  return ({ q }) =>
    q === 'release' || q === 'dial' || q === 'peer_connection'
      ? { y: 'e', e: [409, 'no'] }
      : { y: 'r', r: { id, token: TOKEN, nodes: Buffer.alloc(0) } }
}

/** Takes a dial under an id, as its application would. @param onData gets what the caller says */
export async function takeDial(
  { a }: RawMessage,
  id: Buffer,
  onData: (data: Uint8Array) => void
): Promise<Answer> {
  const peer = await createPeer(false)
  peer.on('error', () => {}) // the caller hangs up
  peer.on('data', onData)
  const signal = signalOf(peer)
  const { sdp } = (a as { signal: { sdp: Uint8Array } }).signal
  peer.signal({ type: 'offer', sdp: Buffer.from(sdp).toString() })
  const { type, sdp: answer } = await signal
  return { y: 'r', r: { id, signal: { id, type, sdp: answer, extensions: [] } } }
}

interface RawFrame {
  t: Buffer
  path: Buffer[]
  position: number
  payload: Buffer
}

/** The frame in a message; `undefined` if it is none, or a report. */
export function readFrame(message: RawMessage): RawFrame | undefined {
  const { y, t, p, i, d } = message as RawMessage & { p?: Buffer; i?: number; d?: Buffer }
  if (y !== 'f' || !p || !d || i === undefined) return undefined
  const path = Array.from({ length: p.length / 20 }, (_, at) => p.subarray(20 * at, 20 * at + 20))
  return { t, path, position: i, payload: d }
}

/** A frame that a stranger sends to the node at a position of its path: as if it came along the path before. */
export function frameOf(
  path: readonly Buffer[],
  position: number,
  transaction: Buffer,
  message: object
): Buffer {
  return encodeFrame({
    transaction,
    path: path.map(id => Id.of(id)),
    position,
    payload: encodeRaw(message),
    failure: null
  })
}

/** Answers a query that is for a node behind the stranger, in its place. */
async function answerFrame(client: () => RawClient, message: RawMessage, answers: Answers): Promise<void> {
  const frame = readFrame(message)
  if (!frame) return
  const query = decodeRaw(frame.payload)
  if (query.y !== 'q') return
  const answer = await answers(query)
  const path = frame.path.toReversed()
  const bytes = encodeFrame({
    transaction: frame.t,
    path: path.map(id => Id.of(id)),
    position: path.length - frame.position,
    payload: encodeRaw({ t: query.t, ...answer }),
    failure: null
  })
  if (!client().isClosed) client().send(bytes)
}
