/**
 * A leaf of the DHT, as small as can be, on a WebRTC implementation of npm: `node peer.mjs werift http://127.0.0.1:16881`. It joins, answers
 * offers and dials, and does what lines of JSON on its standard input say: `{"introduce": id}`, `{"dial": true}`. What has happened it says in
 * lines of JSON: `joined`, `introduced`, `met`, `dialled`, `called`.
 */

import { randomBytes } from 'node:crypto'
import { createInterface } from 'node:readline'
import bencode from 'bencode'

const [, , stack, url] = process.argv
const module = await import(stack)
const { RTCPeerConnection } = module.default ?? module

/** Milliseconds. */
const OPEN_PATIENCE = 5000
const ATTEMPTS = 3
const ID = randomBytes(20)
const EXTENSIONS = ['introduce']
const say = line => console.log(JSON.stringify(line))
const hex = bytes => Buffer.from(bytes).toString('hex')
const text = bytes => Buffer.from(bytes).toString()

function gathered(connection) {
  return new Promise(resolve => {
    const look = () => connection.iceGatheringState === 'complete' && resolve()
    if (connection.iceGatheringStateChange) connection.iceGatheringStateChange.subscribe(look)
    else connection.addEventListener('icegatheringstatechange', look)
    look()
  })
}

async function describe(connection, type) {
  await connection.setLocalDescription(
    await (type === 'offer' ? connection.createOffer() : connection.createAnswer())
  )
  await gathered(connection)
  return { id: ID, type, sdp: connection.localDescription.sdp, extensions: EXTENSIONS }
}

/** A connection with a channel of its own. */
async function offer() {
  const connection = new RTCPeerConnection({ iceServers: [] })
  const channel = connection.createDataChannel('peer')
  channel.binaryType = 'arraybuffer'
  const opened = new Promise(resolve => {
    channel.onopen = () => resolve(channel)
  })
  return {
    signal: await describe(connection, 'offer'),
    /** Gives the channel once it is open. */
    async accept({ sdp }) {
      await connection.setRemoteDescription({ type: 'answer', sdp })
      return opened
    }
  }
}

/** An answer. `use` gets the channel once it is open. */
async function answer(sdp, use) {
  const connection = new RTCPeerConnection({ iceServers: [] })
  connection.ondatachannel = ({ channel }) => {
    channel.binaryType = 'arraybuffer'
    if (channel.readyState === 'open') use(channel)
    else channel.onopen = () => use(channel)
  }
  await connection.setRemoteDescription({ type: 'offer', sdp })
  return describe(connection, 'answer')
}

/** What a node does too: a connection that does not open in time is tried again. @param work gets the `ice-ufrag` of its offer before */
async function tried(work) {
  let lost
  for (let attempt = 1; ; attempt++) {
    const { signal, accept } = await offer()
    const late = new Promise((_, reject) => setTimeout(reject, OPEN_PATIENCE, new Error('not open in time')))
    try {
      return await Promise.race([work(signal, accept, lost), late])
    } catch (error) {
      if (attempt === ATTEMPTS) throw error
      lost = /^a=ice-ufrag:(\S+)/m.exec(signal.sdp)[1]
    }
  }
}

/** A connection of the DHT. */
class Neighbour {
  #waiting = new Map()
  #channel
  #next = 0

  constructor(channel) {
    this.#channel = channel
    channel.onmessage = ({ data }) => this.#received(Buffer.from(data))
  }

  query(q, a = {}) {
    const t = `${this.#next++}`
    this.#send({ t, y: 'q', q, a: { id: ID, ...a } })
    return new Promise(resolve => this.#waiting.set(t, resolve))
  }

  #send(message) {
    this.#channel.send(new Uint8Array(bencode.encode(message)))
  }

  async #received(bytes) {
    if (bytes[0] !== 0x64) return // server info
    const { t, q, a, r, e } = bencode.decode(bytes)
    if (q) return this.#send({ t, y: 'r', r: { id: ID, ...(await reply(text(q), a)) } })
    this.#waiting.get(text(t))?.(r ?? { error: e })
    this.#waiting.delete(text(t))
  }
}

async function reply(method, { signal, target }) {
  if (method === 'dial') return { signal: await answer(text(signal.sdp), echo) }
  if (method === 'peer_connection' && !target) return { signal: await answer(text(signal.sdp), meet) }
  if (['find_node', 'get_peers', 'get'].includes(method)) return { nodes: '', token: 'token' }
  return {}
}

async function meet(channel) {
  const { id } = await new Neighbour(channel).query('ping')
  say({ met: hex(id) })
}

function echo(channel) {
  channel.onmessage = ({ data }) => {
    channel.send(data)
    say({ called: text(data) })
  }
}

async function join() {
  const node = await tried(async (signal, accept) => {
    const response = await fetch(url, { method: 'POST', body: JSON.stringify({ ...signal, id: hex(ID) }) })
    return new Neighbour(await accept(decoded(await response.json())))
  })
  await node.query('ping')
  say({ joined: hex(ID) })
  return node
}

/** Has the node introduce this peer to another one. */
async function introduce(node, target) {
  const other = await tried(async (signal, accept) => {
    const { signal: answer } = await node.query('peer_connection', {
      signal,
      target: Buffer.from(target, 'hex')
    })
    return new Neighbour(await accept(decoded(answer)))
  })
  const { id } = await other.query('ping')
  say({ introduced: hex(id) })
}

/** Dials the node itself, whose application says back what it is told. */
async function dial(node) {
  const channel = await tried(async (given, accept, replaces) => {
    const signal = { ...given, extensions: [] }
    const { signal: answer } = await node.query('dial', {
      signal,
      protocol: 'echo',
      ...(replaces && { replaces })
    })
    return accept(decoded(answer))
  })
  channel.onmessage = ({ data }) => say({ dialled: text(data) })
  channel.send(new Uint8Array(Buffer.from('hello')))
}

function decoded(answer) {
  if (!answer?.sdp) throw new Error('no answer')
  return { sdp: typeof answer.sdp === 'string' ? answer.sdp : text(answer.sdp) }
}

const node = await join()
for await (const line of createInterface(process.stdin)) {
  const { introduce: target } = JSON.parse(line)
  if (target) introduce(node, target)
  else dial(node)
}
process.exit()
