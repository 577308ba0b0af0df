/** An end of WebRTC that the prober plays: a node that is connected to the one that is probed. */

import { randomBytes } from 'node:crypto'
import { acceptAnswer, createAnswer, createOffer } from './connections.mjs'
import { check, decode, encode, ID_BYTES } from './wire.mjs'

/** Milliseconds. An answer that a relay waits for takes up to 1.2 s. */
const PATIENCE = 5000
const OPEN_PATIENCE = 4000
const ATTEMPTS = 3
export const EXTENSIONS = ['introduce', 'release', 'route', 'trickle']
const BRACE = 0x7b
/** States of a channel, and of a WebSocket. */
const OPEN = ['open', 1]

/** Posts a body, JSON unless it is text. */
export async function post(url, body, options = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const headers = { 'content-type': 'text/plain' }
  const response = await fetch(url, { method: 'POST', body: text, headers, ...options })
  const answer = await response.text()
  return { status: response.status, headers: response.headers, answer, json: () => JSON.parse(answer) }
}

export class End {
  /** Messages that have come and were not taken. */
  inbox = []
  /** All messages that have come. */
  log = []
  /** What has come and is no bencode: server info. */
  others = []
  /** How much of it came before the first message of KRPC. */
  othersBefore
  /** What it replies to queries of the node, by method; to others it replies with its id alone. `null`: nothing. */
  replies = {}
  /** Gets each frame. */
  onFrame = () => {}
  isOpen = false
  isClosed = false
  /** Data channels that the node has opened. */
  openedChannels = 0
  #waiting = []
  #next = 0

  /**
   * Joins through the node.
   *
   * @param edit changes the description before it leaves
   * @param named whether the id stands in the request
   * @param early what is sent at the very moment that the channel opens
   */
  static async join(url, options = {}) {
    for (let attempt = 1; ; attempt++) {
      const end = new End(options.id)
      try {
        await end.#join(url, options)
        return end
      } catch (error) {
        end.close()
        if (attempt === ATTEMPTS || error.isFinal) throw error
      }
    }
  }

  /**
   * Answers an offer of the node's.
   *
   * @param isPassive whether the node begins DTLS
   * @param early what is sent at the very moment that the channel opens
   */
  static async answer(id, offer, { isPassive = false, early = [] } = {}) {
    const end = new End(id)
    const { connection, sdp } = await createAnswer(offer, isPassive)
    end.connection = connection
    end.answer = { sdp }
    connection.addEventListener('datachannel', ({ channel }) => {
      end.openedChannels++
      if (!end.channel) end.#use(channel, early)
    })
    return end
  }

  /** A connection over a WebSocket that is open. */
  static over(socket, id) {
    const end = new End(id)
    end.connection = socket
    end.#use(socket)
    return end
  }

  constructor(id = randomBytes(ID_BYTES)) {
    this.id = id
  }

  async #join(url, { extensions = EXTENSIONS, edit = sdp => sdp, named = true, early = [] }) {
    const { connection, channel, sdp } = await createOffer()
    this.connection = connection
    connection.addEventListener('datachannel', () => this.openedChannels++)
    this.#use(channel, early)
    const id = named ? this.id.toString('hex') : undefined
    const response = await post(url, { type: 'offer', sdp: edit(sdp), extensions, id })
    if (response.status !== 200) {
      throw Object.assign(new Error(`status ${response.status}: ${response.answer}`), { isFinal: true })
    }
    this.answer = response.json()
    check(this.answer.sdp, 'a newcomer gets an id alone')
    await acceptAnswer(connection, this.answer.sdp)
    const deadline = Date.now() + OPEN_PATIENCE
    while (!this.isOpen) {
      check(Date.now() < deadline, 'the connection does not open')
      await this.#change(deadline)
    }
  }

  #use(channel, early = []) {
    this.channel = channel
    channel.onmessage = ({ data }) => this.#received(data)
    channel.onclose = () => {
      this.isClosed = true
      this.#wake()
    }
    const open = () => {
      this.isOpen = true
      for (const bytes of early) this.send(bytes)
      this.#wake()
    }
    if (OPEN.includes(channel.readyState)) open()
    else channel.onopen = open
  }

  /** Sends bytes, or text as text. */
  send(message) {
    this.channel.send(typeof message === 'string' ? message : new Uint8Array(message))
  }

  /** A transaction id that no other query of this end has. */
  transaction() {
    return Buffer.from(`q${this.#next++}`)
  }

  /** Sends a query; gives its reply or error. @param more keys beside `a` */
  query(method, args = {}, more = {}) {
    const t = this.transaction()
    this.send(encode({ t, y: 'q', q: method, a: { id: this.id, ...args }, ...more }))
    return this.answerTo(t)
  }

  answerTo(t) {
    return this.take(({ message }) => message.t?.equals(t) && !message.q && !message.p, `an answer to ${t}`)
  }

  /** A query that the node sends. */
  takeQuery(method) {
    return this.take(({ message }) => String(message.q) === method, `a query \`${method}\``)
  }

  /** A frame that the node sends, and the message in it. */
  async takeFrame(t) {
    const { message, bytes } = await this.take(({ message }) => message.p && message.t.equals(t), 'a frame')
    return { ...message, bytes, carried: message.d && decode(message.d) }
  }

  /** The first message that fits. Waits for it. */
  async take(fits, what) {
    const deadline = Date.now() + PATIENCE
    for (;;) {
      const at = this.inbox.findIndex(fits)
      if (at >= 0) return this.inbox.splice(at, 1)[0]
      check(!this.isClosed, `${what} does not come: the connection is closed`)
      check(Date.now() < deadline, `${what} does not come`)
      await this.#change(deadline)
    }
  }

  /** Whether the node closes the connection. Waits for it. */
  async whenClosed() {
    const deadline = Date.now() + PATIENCE
    while (!this.isClosed && Date.now() < deadline) await this.#change(deadline)
    return this.isClosed
  }

  /** Everything that the node has sent until now: a ping is answered after it. */
  async all() {
    await this.query('ping')
    return this.inbox.splice(0)
  }

  /** Makes it ready for another probe. */
  forget() {
    this.replies = {}
    this.onFrame = () => {}
    this.inbox = []
  }

  close() {
    this.connection?.close()
  }

  /** Waits for the next message or the end. */
  #change(deadline) {
    return new Promise(resolve => {
      const timer = setTimeout(resolve, deadline - Date.now())
      this.#waiting.push(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  }

  #wake() {
    for (const wake of this.#waiting.splice(0)) wake()
  }

  #received(data) {
    const bytes = Buffer.from(data)
    if (bytes[0] === BRACE) return void this.others.push(bytes)
    const message = decode(bytes)
    this.othersBefore ??= this.others.length
    const received = { bytes, message, isText: typeof data === 'string' }
    if (message.p) this.onFrame(message)
    else if (message.q) this.#reply(message).catch(() => {}) // then it gets none, and a check says why
    this.log.push(received)
    this.inbox.push(received)
    this.#wake()
  }

  async #reply({ t, q, a }) {
    const reply = this.replies[q] ?? (() => ({}))
    const values = await reply(a, t)
    if (!OPEN.includes(this.channel.readyState)) return
    if (values?.error) this.send(encode({ t, y: 'e', e: [values.error, 'as the prober likes'] }))
    else if (values) this.send(encode({ t, y: 'r', r: { id: this.id, ...values } }))
  }
}
