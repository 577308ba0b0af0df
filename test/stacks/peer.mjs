/**
 * A node of the DHT, as small as can be, on a WebRTC implementation of npm: `node peer.mjs werift http://127.0.0.1:16881`. It joins, answers
 * offers, dials and frames, and does what lines of JSON on its standard input say: `{"introduce": id}`, `{"route": id}`, `{"dial": text}`. What
 * has happened it says in lines of JSON: `joined`, `introduced`, `met`, `routed`, `dialled`, `called`.
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
const ID_BYTES = 20
const ID = randomBytes(ID_BYTES)
const EXTENSIONS = ['introduce', 'route']
/** The connections to others, by their ids in hex. */
const neighbours = new Map()
const BRACE = 0x7b
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
    return this.#ask(q, a, message => this.send(message))
  }

  /** Asks the node at the end of a path over this neighbour. */
  queryOver(path, q, a = {}) {
    return this.#ask(q, a, message => this.#sendFrame(path, message))
  }

  /** Asks who is there, and passes frames on to it from now on. */
  async meet() {
    const { id } = await this.query('ping')
    neighbours.set(hex(id), this)
    return hex(id)
  }

  send(message) {
    this.#channel.send(new Uint8Array(bencode.encode(message)))
  }

  #ask(q, a, send) {
    const t = `${this.#next++}`
    send({ t, y: 'q', q, a: { id: ID, ...a } })
    return new Promise(resolve => this.#waiting.set(t, resolve))
  }

  #sendFrame(path, message, t = message.t) {
    this.send({ d: bencode.encode(message), i: 1, p: Buffer.concat(path), t, y: 'f' })
  }

  #received(bytes) {
    if (bytes[0] === BRACE) return // server info
    const message = bencode.decode(bytes)
    if (!message.p) return this.#take(message, answer => this.send(answer))
    const path = Array.from({ length: message.p.length / ID_BYTES }, (_, i) =>
      Buffer.from(message.p.subarray(ID_BYTES * i, ID_BYTES * (i + 1)))
    )
    if (message.i < path.length - 1) this.#passOn(path, message)
    else if (message.d) {
      this.#take(bencode.decode(message.d), answer => this.#sendFrame(path.toReversed(), answer, message.t))
    }
  }

  #passOn(path, { i, ...message }) {
    const next = neighbours.get(hex(path[i + 1]))
    if (next) return next.send({ ...message, i: i + 1 })
    const back = Buffer.concat(path.slice(0, i + 1).reverse())
    if (message.d) this.send({ e: 404, i: 1, p: back, t: message.t, y: 'f' })
  }

  async #take({ t, q, a, r, e }, respond) {
    if (q) return respond({ t, y: 'r', r: { id: ID, ...(await reply(text(q), a)) } })
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
  say({ met: await new Neighbour(channel).meet() })
}

function echo(channel) {
  channel.onmessage = ({ data }) => {
    channel.send(data)
    say({ called: text(data) })
  }
}

/** The id of the node at which this peer has joined. */
let joinedAt = ''

async function join() {
  const node = await tried(async (signal, accept) => {
    const response = await fetch(url, { method: 'POST', body: JSON.stringify({ ...signal, id: hex(ID) }) })
    return new Neighbour(await accept(decoded(await response.json())))
  })
  joinedAt = await node.meet()
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
  say({ introduced: await other.meet() })
}

/** Asks a node over the one at which this peer has joined. */
async function route(node, target) {
  const path = [ID, Buffer.from(joinedAt, 'hex'), Buffer.from(target, 'hex')]
  const { id } = await node.queryOver(path, 'ping')
  say({ routed: hex(id) })
}

/** Dials the node itself, whose application says back what it is told. */
async function dial(node, said) {
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
  channel.send(new Uint8Array(Buffer.from(said)))
}

function decoded(answer) {
  if (!answer?.sdp) throw new Error('no answer')
  return { sdp: typeof answer.sdp === 'string' ? answer.sdp : text(answer.sdp) }
}

const node = await join()
for await (const line of createInterface(process.stdin)) {
  const command = JSON.parse(line)
  if (command.introduce) introduce(node, command.introduce)
  else if (command.route) route(node, command.route)
  else dial(node, command.dial)
}
process.exit()
