/** A real connection table whose connections lead nowhere: a test sees what is sent on them, and says what they speak. */

import { EventEmitter } from 'node:events'
import { Gathering } from '../../src/connections/gathering.js'
import { PeerConnection } from '../../src/connections/peer-connection.js'
import { RateLimits } from '../../src/connections/rate-limits.js'
import { ConnectionTable } from '../../src/connections/table.js'
import { INTRODUCE, ROUTE } from '../../src/extensions.js'
import { Id } from '../../src/id.js'
import { DEFAULT_LIMITS, type Limits } from '../../src/limits.js'
import { createLog } from '../../src/log.js'
import type { SimplePeer } from '../../src/simple-peer.js'
import type { Frame } from '../../src/wire/frame.js'
import { createMessageParser, type Inbound } from './parse.js'

const parse = createMessageParser(20)

/** The id of a letter, or of 40 hex digits. */
export const idOf = (name: string): Id => Id.of(bytesOf(name))
export const bytesOf = (name: string): Buffer =>
  name.length === 1 ? Buffer.alloc(20, name) : Buffer.from(name, 'hex')
/** The letters of ids. */
export const lettersOf = (path: readonly Id[]): string => path.map(letterOf).join('')
export const pathOf = (letters: string): Id[] => [...letters].map(idOf)

function letterOf({ bytes }: Id): string {
  return bytes.toString()[0] ?? ''
}

class FakePeer extends EventEmitter {
  connected = true
  readonly initiator: boolean
  readonly sent: Buffer[] = []

  constructor(initiator: boolean) {
    super()
    this.initiator = initiator
  }

  send(bytes: Uint8Array): void {
    this.sent.push(Buffer.from(bytes))
  }

  destroy(): void {}
}

export class Neighbours {
  readonly table: ConnectionTable
  readonly #limits: Limits

  /** @param letter of this node */
  constructor(letter: string, limits: Partial<Limits> = {}) {
    this.#limits = { ...DEFAULT_LIMITS, ...limits }
    const id = idOf(letter)
    this.table = new ConnectionTable({ id, maxConnections: 64, maxPending: 64, log: createLog(id.hex) })
  }

  /** Connects a node. */
  add(letter: string, extensions?: string[]): PeerConnection {
    const connection = this.addUnknown(extensions)
    this.table.identify(connection, idOf(letter))
    return connection
  }

  /** Opens a connection to somebody who has not said yet who that is. */
  addUnknown(extensions: string[] = [INTRODUCE, ROUTE]): PeerConnection {
    const connection = this.make(false)
    connection.extensions = new Set(extensions)
    connection.peer.emit('connect')
    return connection
  }

  /** Makes a connection that is not open yet. */
  make(initiator: boolean): PeerConnection {
    const peer = new FakePeer(initiator) as unknown as SimplePeer
    const connection = new PeerConnection({
      peer,
      gathering: new Gathering(peer, 0),
      slot: { opened: () => {}, giveBack: () => {} },
      rateLimits: new RateLimits(this.#limits),
      frameRateLimits: new RateLimits(this.#limits),
      counters: this.table.counters,
      timeout: 1000,
      origin: null,
      isOverWebSocket: false
    })
    this.table.add(connection)
    return connection
  }

  get(letter: string): PeerConnection {
    const connection = this.table.get(idOf(letter))
    if (!connection) throw new Error(`${letter} is not connected`)
    return connection
  }

  /** The frames that were sent to a node, and not taken yet. */
  take(letter: string | PeerConnection): Frame[] {
    return this.takeMessages(letter).map(message => {
      if (message.kind !== 'frame') throw new Error(`sent what is ${message.kind}`)
      return message.frame
    })
  }

  /** All messages that were sent to a node, and not taken yet. */
  takeMessages(letter: string | PeerConnection): Inbound[] {
    return this.takeBytes(letter).map(bytes => parse(bytes))
  }

  /** The same, as bytes. */
  takeBytes(letter: string | PeerConnection): Buffer[] {
    const { peer } = typeof letter === 'string' ? this.get(letter) : letter
    return (peer as unknown as FakePeer).sent.splice(0)
  }

  /** Notes that a node is said to pass frames on to another. */
  leads(relay: string, target: string): void {
    this.table.addresses.learn(idOf(target), idOf(relay), true)
  }

  close(): void {
    this.table.close()
  }
}
