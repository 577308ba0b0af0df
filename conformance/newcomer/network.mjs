/**
 * The network that a newcomer finds. B lets it in, and names others; each of them answers its offers in another way. What the newcomer does
 * is noted, and checked when all is over (arriving.mjs).
 */

import { readFileSync } from 'node:fs'
import { createOffer, withoutCandidates } from '../probes/connections.mjs'
import { End, EXTENSIONS } from '../probes/end.mjs'
import { createKey } from '../probes/keys.mjs'
import { decode, encode, frame, ID_BYTES, idOf, ping, signalBy } from '../probes/wire.mjs'
import { candidateOf, openEar } from './ear.mjs'

const { refusedReplies } = JSON.parse(readFileSync(new URL('../vectors.json', import.meta.url), 'utf8'))

/** A host candidate is one of 4 that a node uses. */
const HOST_COUNT = 6
/** Messages before the newcomer's own end is open. */
const EARLY_COUNT = 16
/** Milliseconds until it is in, and for all that follows. */
const JOIN_PATIENCE = 60_000
const PATIENCE = 15_000
const POLL_INTERVAL = 20
const UNKNOWN_CODE = 299

/** What becomes of an offer: nobody has used it only where it is refused so. */
const UNUSED = 503

export class Network {
  keys = { H: createKey(), I: createKey(), J: createKey() }
  /** The ends that have answered its offers, by letter. */
  ends = {}
  /** Its offers that came over a relay: for whom, and whether nobody has used it. */
  introductions = []
  /** Searches at J, which speaks no extension: how many offers came along. */
  searches = []
  /** Offers to it by nodes to which it has sent one: whether it has answered, and after how long. */
  crossing = {}
  #claimedId = null
  #offers = []

  static async open() {
    const network = new Network()
    network.ears = {
      address: await openEar(),
      component: await openEar(),
      hosts: await Promise.all(Array.from({ length: HOST_COUNT }, openEar))
    }
    return network
  }

  /** The newcomer comes over HTTP. @returns the answer */
  async letIn({ id, sdp, extensions = [] }, serverInfo) {
    if (id) this.#claimedId = Buffer.from(id, 'hex')
    const pings = Array(EARLY_COUNT - 1).fill(ping(idOf('B')))
    const b = await this.#answer('B', sdp, { isPassive: true, early: [serverInfo, ...pings] })
    this.#search(b, () => ({ nodes: this.#name('CDEGHIJKL') }))
    b.replies.peer_connection = args => this.#introduce(b, args)
    const known = extensions.filter(name => EXTENSIONS.includes(name))
    return { type: 'answer', sdp: b.answer.sdp, extensions: known }
  }

  /** Of the newcomer: where it is missing over HTTP, the first message names it. */
  get id() {
    const [first] = this.open('B')?.log ?? []
    return this.#claimedId ?? first?.message.a?.id ?? first?.message.r?.id ?? null
  }

  /** The first connection of a node that is open. */
  open(letter) {
    return this.ends[letter]?.find(end => end.isOpen && !end.isClosed)
  }

  /** All messages of the newcomer. */
  get messages() {
    return Object.values(this.ends).flatMap(ends => ends.flatMap(({ log }) => log))
  }

  /** Frames for a node that came to C. */
  framesFor(letter) {
    const frames = (this.open('C')?.log ?? []).filter(({ message }) => message.p)
    return frames.filter(({ message }) => message.p.subarray(-ID_BYTES).equals(this.idOf(letter)))
  }

  asked(letter) {
    return this.introductions.filter(({ to }) => to === letter)
  }

  /**
   * Waits until the newcomer is in and has done all that is looked for, or too long.
   *
   * @param areOthersOver whether nothing else is looked for
   */
  async whenOver(areOthersOver) {
    await until(() => this.open('B'), JOIN_PATIENCE)
    const isOver = () =>
      areOthersOver() &&
      [...'CDEGHIJKLN'].every(letter => this.asked(letter).length > 0) &&
      this.asked('D').length > 1 &&
      [...'CJQ'].every(letter => this.open(letter)) &&
      this.framesFor('S').length > 0 &&
      this.crossing.L?.isAnswered
    await until(isOver, PATIENCE)
  }

  /** Closes all but the connections of B and C that are open. */
  leave() {
    const kept = [this.open('B'), this.open('C')]
    for (const end of Object.values(this.ends).flat()) if (!kept.includes(end)) end.close()
    for (const { connection } of this.#offers.splice(0)) connection.close()
  }

  close() {
    for (const end of Object.values(this.ends).flat()) end.close()
    for (const { connection } of this.#offers) connection.close()
    for (const ear of [this.ears.address, this.ears.component, ...this.ears.hosts]) ear.close()
  }

  idOf(letter) {
    // The newcomer's id is between those of K and L.
    return this.keys[letter]?.id ?? Buffer.alloc(ID_BYTES, { K: 1, L: 0xfe }[letter] ?? letter)
  }

  /** `nodes`, with an address that is but a name. */
  #name(letters) {
    const address = Buffer.from([127, 0, 0, 1, 0, 0])
    address.writeUInt16BE(this.ears.address.port, 4)
    return Buffer.concat([...letters].flatMap(letter => [this.idOf(letter), address]))
  }

  #search(end, reply) {
    for (const method of ['find_node', 'get_peers', 'get']) {
      end.replies[method] = async (args, t) => ({ token: 'token', ...(await reply(args, t)) })
    }
  }

  async #answer(letter, offer, options) {
    const end = await End.answer(this.idOf(letter), String(offer), options)
    this.ends[letter] = [...(this.ends[letter] ?? []), end]
    return end
  }

  /** The newcomer has an offer passed on, or `relay` itself is its target. */
  async #introduce(relay, { signal, target }) {
    const to = [...'CDEGHIJKLNRS'].find(letter => target?.equals(this.idOf(letter)))
    if (!to) return { signal: { id: relay.id } }
    const introduction = { to, signal, isUnused: false }
    this.introductions.push(introduction)
    const reply = await this.#targets[to]?.(signal)
    introduction.isUnused = !reply || reply.error === UNUSED
    return reply ?? {}
  }

  #targets = {
    C: async ({ sdp, extensions }) => {
      // It has to say who it is before it may speak for others in vain.
      const c = await this.#answer('C', sdp, { early: [ping(idOf('C'))] })
      this.#search(c, (_, t) => this.#replyBadly(c, t))
      c.replies.peer_connection = args => this.#introduce(c, args)
      c.onFrame = message => this.#reach(c, message)
      const known = extensions.map(String).filter(name => EXTENSIONS.includes(name))
      const odd = c.answer.sdp.replace(/^m=/m, 'a=x-not-known:1\r\nm=')
      return this.#signal('C', odd, [...known, 'x-not-known'])
    },
    D: ({ sdp }) => (this.asked('D').length > 1 ? { error: 201 } : this.#mislead(sdp)),
    E: () => ({ error: UNKNOWN_CODE }),
    G: async ({ sdp }) => this.#signal('Z', (await this.#answer('G', sdp)).answer.sdp),
    H: async ({ sdp }) => this.#signal('H', (await this.#answer('H', sdp)).answer.sdp),
    I: async ({ sdp }) => {
      const { answer } = await this.#answer('I', sdp)
      return this.#signal('I', this.keys.I.prove(answer.sdp, { type: 'answer' }))
    },
    J: async ({ sdp }) => {
      const j = await this.#answer('J', sdp)
      this.#search(j, args => this.#replyAsLeaf(args))
      return this.#signal('J', this.keys.J.prove(j.answer.sdp, { type: 'answer', to: this.id }))
    },
    K: () => this.#cross('K'),
    L: () => this.#cross('L'),
    N: () => ({ error: UNUSED })
  }

  #signal(letter, sdp, extensions = []) {
    return { signal: { id: this.idOf(letter), type: 'answer', sdp, extensions } }
  }

  /** An answer with too many candidates, and nobody behind them. */
  async #mislead(offer) {
    const { answer } = await this.#answer('D', offer)
    const { hosts, component } = this.ears
    const candidates = [...hosts.map((ear, i) => candidateOf(ear, i + 1)), candidateOf(component, 99, 2)]
    return this.#signal('D', withoutCandidates(answer.sdp) + candidates.join(''))
  }

  /** A node makes an offer to the newcomer, while that waits for an answer to its own. */
  async #cross(letter) {
    if (this.crossing[letter]) return { error: UNUSED }
    const crossing = { isAnswered: false, milliseconds: 0 }
    this.crossing[letter] = crossing
    const b = this.open('B')
    const offer = await createOffer()
    this.#offers.push(offer)
    const begun = Date.now()
    const signal = signalBy(this.idOf(letter), { sdp: offer.sdp })
    const { message } = await b.query('peer_connection', { signal })
    crossing.milliseconds = Date.now() - begun
    crossing.isAnswered = message.r?.signal?.sdp !== undefined
    return { error: UNUSED }
  }

  /** Replies of C that count for nothing, some of which name U and Y, and then one that does. */
  #replyBadly(c, t) {
    const reply = (t, id, named) => encode({ t, y: 'r', r: { id, nodes: this.#name(named) } })
    for (const { hex: written, method, name } of refusedReplies) {
      if (method === 'find_node' && !name.endsWith("another node's id")) c.send(retarget(written, t))
    }
    c.send(reply('no query', c.id, 'U'))
    c.send(reply(t, idOf('Z'), 'Y'))
    return { nodes: this.#name('RN'), routes: Buffer.from([0x80]) }
  }

  /** A frame for R. What comes back first is not from where the query went, and names V and W. */
  #reach(c, { p, d, t }) {
    const b = this.open('B')
    const { q, t: transaction } = decode(d ?? Buffer.alloc(0))
    if (!q || !p.subarray(-ID_BYTES).equals(idOf('R'))) return
    const back = (letters, by, named) => {
      const path = [...[...letters].map(letter => this.idOf(letter)), this.id]
      const values = {
        id: this.idOf(by),
        nodes: this.#name(named),
        routes: Buffer.from([0x80]),
        token: 'token'
      }
      return frame(path, path.length - 1, encode({ t: transaction, y: 'r', r: values }), { t })
    }
    const elsewhere = Buffer.concat([idOf('Z'), c.id, this.id])
    c.send(encode({ e: 404, i: 2, p: elsewhere, t, y: 'f' }))
    b.send(back('RB', 'R', 'V'))
    c.send(back('RC', 'Z', 'W'))
    c.send(back('RC', 'R', 'S'))
  }

  /** J passes offers on in advance. P has not answered; the answer of Q stands where that of P would, as nodes of 0.18 have it. */
  async #replyAsLeaf({ signals = [] }) {
    this.searches.push(signals.length)
    const offer = signals[1] ?? signals[0]
    if (!offer || this.ends.Q) return { nodes: '', signals: [] }
    const { answer } = await this.#answer('Q', offer.sdp)
    const { signal } = this.#signal('Q', answer.sdp)
    return { nodes: this.#name(signals.length > 1 ? 'PQ' : 'Q'), signals: [signal] }
  }
}

async function until(holds, patience) {
  const deadline = Date.now() + patience
  while (!holds() && Date.now() < deadline) await new Promise(resolve => setTimeout(resolve, POLL_INTERVAL))
}

/** A vector: B's reply to a query `aa`, as one of C's to another query. */
function retarget(written, t) {
  const text = Buffer.from(written, 'hex').toString('latin1')
  const byC = text.replaceAll('B'.repeat(ID_BYTES), 'C'.repeat(ID_BYTES))
  return Buffer.from(byC.replace('1:t2:aa', `1:t${t.length}:${t.toString('latin1')}`), 'latin1')
}
