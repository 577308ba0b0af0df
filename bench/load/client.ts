/** Clients as small as can be, over real sockets: a data channel of the native layer, a WebSocket, or a UDP socket. */

import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { PeerConnection } from 'node-datachannel'
import { WebSocket } from 'ws'
import { LINK_PROTOCOL } from '../../src/connections/link-protocol.js'
import { createNonce, describeEnd, linkUrl, readNonce } from '../../src/connections/websocket-handshake.js'
import { within } from '../../test/helpers/nodes.js'

const HOST = '127.0.0.1'
/** Milliseconds from the answer to an open channel. On one machine an attempt may be lost. */
const OPEN_TIMEOUT = 3000
/** Milliseconds between two messages. With 64 TLS handshakes at once a busy machine needs seconds. */
const LINK_TIMEOUT = 15_000
const MAX_ATTEMPTS = 10
const EXTENSIONS = ['introduce', 'route', 'release']

export interface Client {
  readonly id: Buffer
  /** Once the other end has hung up, nothing is sent, and the query counts as unanswered. */
  send(bytes: Buffer): void
  onMessage: (bytes: Buffer) => void
  close(): void
}

/** Connects through the HTTP server of a node, or of bare data channels. */
export function connectOverWebRTC(id: Buffer, port: number): Promise<Client> {
  return persistently(async () => {
    const connection = new PeerConnection('client', { iceServers: [] })
    try {
      return await open(connection, id, port)
    } catch (error) {
      connection.close()
      throw error
    }
  })
}

async function persistently<T>(attempt: () => Promise<T>): Promise<T> {
  for (let i = 1; i < MAX_ATTEMPTS; i++) {
    try {
      return await attempt()
    } catch {
      // The machine may be busy.
    }
  }
  return attempt()
}

async function open(connection: PeerConnection, id: Buffer, port: number): Promise<Client> {
  const gathered = new Promise<void>(resolve => {
    connection.onGatheringStateChange(state => state === 'complete' && resolve())
  })
  const channel = connection.createDataChannel('dht')
  const client: Client = {
    id,
    send: bytes => void (channel.isOpen() && channel.sendMessageBinary(bytes)),
    onMessage: () => {},
    close: () => {
      channel.close()
      connection.close()
    }
  }
  channel.onMessage(data => client.onMessage(Buffer.from(data as Buffer)))
  const opened = new Promise<void>(resolve => channel.onOpen(resolve))
  await gathered
  const answer = await post(connection.localDescription()?.sdp ?? '', id, port)
  accept(connection, answer)
  await within('opening', opened, OPEN_TIMEOUT)
  return client
}

/** Candidates come after the description, as in a careful attempt (docs/how-it-works.md). */
function accept(connection: PeerConnection, answer: string): void {
  const lines = answer.split('\r\n')
  const candidates = lines.filter(line => line.startsWith('a=candidate:'))
  const others = lines.filter(line => !/^a=(candidate:|end-of-candidates)/.test(line))
  connection.setRemoteDescription(others.join('\r\n'), 'answer')
  for (const line of candidates) connection.addRemoteCandidate(line.slice('a='.length), '0')
}

async function post(sdp: string, id: Buffer, port: number): Promise<string> {
  const offer = { id: id.toString('hex'), type: 'offer', sdp, extensions: EXTENSIONS }
  const response = await fetch(`http://${HOST}:${port}/`, { method: 'POST', body: JSON.stringify(offer) })
  const text = await response.text()
  if (!response.ok) throw new Error(`${response.status} ${text}`)
  return JSON.parse(text).sdp
}

/** Opens a link over WebSocket to a node: docs/beps/links.md. */
export function connectOverWebSocket(id: Buffer, port: number, withTls = false): Promise<Client> {
  return persistently(() => linkOverWebSocket(id, port, withTls))
}

async function linkOverWebSocket(id: Buffer, port: number, withTls: boolean): Promise<Client> {
  const nonce = createNonce()
  const socket = openWebSocket(port, withTls, nonce)
  try {
    const server = readNonce(await nextText(socket))
    if (!server) throw new Error('the first message has no nonce')
    const own = describeEnd('offer', { server, client: nonce })
    socket.send(JSON.stringify({ ...own, id: id.toString('hex'), extensions: EXTENSIONS }))
    await within('the link', once(socket, 'message'), LINK_TIMEOUT) // where the server is
    return clientOf(socket, id)
  } catch (error) {
    socket.on('error', () => {}) // that it was ended before it was open
    socket.terminate()
    throw error
  }
}

/** Opens a WebSocket, without a handshake of its own. */
export async function connectOverBareWebSocket(id: Buffer, port: number): Promise<Client> {
  const socket = openWebSocket(port)
  await within('opening', once(socket, 'open'), OPEN_TIMEOUT)
  return clientOf(socket, id)
}

function openWebSocket(port: number, withTls = false, nonce = createNonce()): WebSocket {
  const url = `${withTls ? 'https' : 'http'}://${HOST}:${port}/`
  // The certificate is one of the tests', which nobody trusts.
  return new WebSocket(linkUrl(url, nonce), LINK_PROTOCOL, {
    perMessageDeflate: false,
    rejectUnauthorized: false
  })
}

async function nextText(socket: WebSocket): Promise<string> {
  const [data] = await within('a message', once(socket, 'message'), LINK_TIMEOUT)
  return String(data)
}

function clientOf(socket: WebSocket, id: Buffer): Client {
  const client: Client = {
    id,
    send: bytes => socket.send(bytes),
    onMessage: () => {},
    close: () => socket.terminate()
  }
  socket.on('message', data => client.onMessage(data as Buffer))
  return client
}

/** Makes a socket for a node of bittorrent-dht. */
export async function connectOverUdp(id: Buffer, port: number): Promise<Client> {
  const socket = createSocket('udp4')
  socket.bind(0, HOST)
  await once(socket, 'listening')
  const client: Client = {
    id,
    send: bytes => socket.send(bytes, port, HOST),
    onMessage: () => {},
    close: () => socket.close()
  }
  socket.on('message', bytes => client.onMessage(bytes))
  return client
}
