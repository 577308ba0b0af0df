/**
 * Plays a transcript with a node of src/, in virtual time. Neighbours reply with their id alone to queries that the transcript does not
 * have, and to pings; what A sends of these is no matter.
 */

import bencode from 'bencode'
import type { HttpServerOptions } from '../../../src/entrances/server-interface.js'
import type { WebTorrentDHT } from '../../../src/faces/webtorrent-dht.js'
import type { Platform } from '../../../src/platform.js'
import type { SimplePeerConstructor, SimplePeerOptions } from '../../../src/simple-peer.js'
import { VirtualClock } from '../../simulation/virtual-clock.js'
import { Names } from './matching.js'
import { type PeerStage, ScriptedPeer, sdpOf } from './scripted-peer.js'
import { type Cue, type Due, isDue, type Transcript } from './transcript.js'

const SECONDS = 1000
const ID_BYTES = 20
const EPOCH = 1_700_000_000
/** Times are to a tenth of a second. */
const TOLERANCE = 0.1
const EXTENSIONS = ['introduce', 'release']
const HOST = '192.0.2.1'

type Message = Record<'t' | 'y' | 'q' | 'a' | 'r' | 'e', unknown>

/** Loaded once the globals are replaced. */
interface PlayerParts {
  platform: Platform
  WebTorrentDHT: typeof WebTorrentDHT
}

export class TranscriptClock extends VirtualClock {
  epoch = EPOCH
  /** When the transcript began. */
  start = 0

  override get date(): number {
    return Math.floor(this.epoch * SECONDS + this.now - this.start)
  }

  /** Seconds of the transcript. */
  get seconds(): number {
    return (this.now - this.start) / SECONDS
  }
}

export class Player implements PeerStage {
  readonly problems: string[] = []
  readonly #clock: TranscriptClock
  readonly #parts: PlayerParts
  readonly #transcript: Transcript
  readonly #names = new Names()
  readonly #peers = new Map<string, ScriptedPeer>()
  readonly #silent = new Set<string>()
  readonly #due: Due[]
  /** Queries of A's that the transcript has. */
  readonly #methods: Set<string>
  #respond: HttpServerOptions['respond'] | null = null
  #isOver = false

  constructor(clock: TranscriptClock, parts: PlayerParts, transcript: Transcript) {
    this.#clock = clock
    this.#parts = parts
    this.#transcript = transcript
    this.#due = transcript.steps.filter(isDue)
    this.#methods = new Set(this.#due.flatMap(step => ('query' in step ? [step.query] : [])))
  }

  async play(): Promise<void> {
    const { WebTorrentDHT, platform } = this.#parts
    const { epoch = EPOCH, neighbours, steps } = this.#transcript
    const clock = this.#clock
    clock.epoch = epoch
    clock.start = clock.now
    const dht = new WebTorrentDHT({
      nodeId: idOf('A'),
      bootstrap: false,
      platform: { ...platform, createHttpServer: options => this.#listen(options) },
      simple_peer_constructor: ScriptedPeer as unknown as SimplePeerConstructor,
      simple_peer_opts: { stage: this } satisfies SimplePeerOptions
    })
    dht.listen(1, HOST)
    await clock.sleep(0)
    for (const letter of neighbours) await this.#join(letter)
    const cues = steps.filter((step): step is Cue => !isDue(step)).sort((one, other) => one.at - other.at)
    for (const cue of cues) {
      await clock.sleep(Math.max(0, cue.at - clock.seconds) * SECONDS)
      if ('wants' in cue)
        dht.connect(Buffer.from(cue.wants)).catch(() => {}) // as the transcript has it
      else this.#cue(cue)
    }
    const last = Math.max(...steps.map(({ at }) => (Array.isArray(at) ? at[1] : at)))
    await clock.sleep((last - clock.seconds + 2 * TOLERANCE) * SECONDS)
    for (const step of this.#due) this.problems.push(`missing: ${JSON.stringify(step)}`)
    this.#isOver = true
    await new Promise<void>(resolve => dht.destroy(resolve))
  }

  met(letter: string, peer: ScriptedPeer): void {
    // A neighbour may make an offer for another connection.
    if (!this.#peers.get(letter)?.connected) this.#peers.set(letter, peer)
  }

  sent(peer: ScriptedPeer, bytes: Uint8Array): void {
    if (this.#isOver) return
    const message = bencode.decode(bytes) as Message
    const letter = this.#letterOf(peer)
    const method = textOf(message.q)
    const isOther = textOf(message.y) === 'q' && !this.#methods.has(method)
    if (!isOther && this.#settle(letter, step => this.#fits(step, message))) return
    if (!isOther && method !== 'ping') this.#note(letter, `it sends ${JSON.stringify(message, readable)}`)
    else if (!this.#silent.has(letter))
      this.#send(letter, { t: message.t, y: 'r', r: this.#usual(letter, method) })
  }

  closed(peer: ScriptedPeer): void {
    const letter = this.#letterOf(peer)
    if (!letter || this.#isOver || this.#settle(letter, step => 'closes' in step)) return
    this.#note(letter, 'it closes the connection')
  }

  async #join(letter: string): Promise<void> {
    const offer = {
      id: idOf(letter).toString('hex'),
      type: 'offer',
      sdp: sdpOf(letter),
      extensions: EXTENSIONS
    }
    const address = `198.51.100.${letter.charCodeAt(0)}`
    await this.#respond?.(JSON.stringify(offer), { origin: address, address, whereabouts: 'direct' })
    this.#peers.get(letter)?.open()
  }

  #listen(options: HttpServerOptions) {
    this.#respond = options.respond
    return {
      listen: (
        port: number,
        host: string,
        callback: (error: null, bound: { host: string; port: number }) => void
      ) => void setTimeout(() => callback(null, { host, port }), 0),
      close: (callback: () => void) => void setTimeout(callback, 0)
    }
  }

  #cue(cue: Exclude<Cue, { wants: string }>): void {
    const { from } = cue
    if ('silent' in cue) this.#silent.add(from)
    else if ('opens' in cue) this.#peers.get(from)?.open()
    else if ('closes' in cue) this.#close(from)
    else {
      const id = idOf(from)
      const t = this.#names.toWire(cue.t)
      if ('query' in cue) {
        this.#send(from, { t, y: 'q', q: cue.query, a: { id, ...this.#names.toWireAll(cue.args) } })
      } else if ('reply' in cue)
        this.#send(from, { t, y: 'r', r: { id, ...this.#names.toWireAll(cue.reply) } })
      else this.#send(from, { t, y: 'e', e: [cue.error, 'as the transcript has it'] })
    }
  }

  #close(letter: string): void {
    const peer = this.#peers.get(letter)
    this.#peers.delete(letter)
    peer?.destroy()
  }

  #send(letter: string, message: object): void {
    this.#peers.get(letter)?.emit('data', Buffer.from(bencode.encode(message)))
  }

  #usual(letter: string, method: string): object {
    const named = this.#transcript.names?.[letter]
    const nodes = named ? Buffer.concat([idOf(named), Buffer.from([240, 0, 0, 9, 0, 1])]) : Buffer.alloc(0)
    return { id: idOf(letter), ...(method === 'find_node' && { nodes }) }
  }

  #fits(step: Due, { t, q, a, r, e }: Message): boolean {
    if (!('t' in step)) return false
    const [code] = Array.isArray(e) ? e : []
    const isThis =
      ('query' in step && step.query === textOf(q) && this.#names.fits(step.args, a)) ||
      ('reply' in step && r !== undefined && this.#names.fits(step.reply, r)) ||
      ('error' in step && step.error === code)
    return isThis && this.#names.fits(step.t, t)
  }

  /** @returns whether something is due now that fits */
  #settle(letter: string, fits: (step: Due) => boolean): boolean {
    const now = this.#clock.seconds
    const index = this.#due.findIndex(step => step.to === letter && isAt(step.at, now) && fits(step))
    if (index >= 0) this.#due.splice(index, 1)
    return index >= 0
  }

  #note(letter: string, what: string): void {
    this.problems.push(`at ${this.#clock.seconds} s, to ${letter}: ${what}`)
  }

  #letterOf(peer: ScriptedPeer): string {
    return [...this.#peers].find(([, other]) => other === peer)?.[0] ?? ''
  }
}

const idOf = (letter: string) => Buffer.alloc(ID_BYTES, letter)

function isAt(at: Due['at'], now: number): boolean {
  const [from, to] = Array.isArray(at) ? at : [at, at]
  return now >= from - TOLERANCE && now <= to + TOLERANCE
}

function textOf(bytes: unknown): string {
  return bytes instanceof Uint8Array ? Buffer.from(bytes).toString() : ''
}

function readable(_: string, value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value
}
