/**
 * Nodes that are real in all but one thing: what they pass on for others they drop, delay, alter or replay; or they drop it, and say
 * that they are connected to many others, so that more goes over them. It is done to the messages that leave them; what else they
 * send of their own is let be.
 */

import { MAX_NEIGHBOURS } from '../../../src/krpc/fields.js'
import { type Bencoded, decode, encode } from '../../../src/wire/bencode.js'
import { encodeFrame, type Frame } from '../../../src/wire/frame.js'
import { encodeQuery } from '../../../src/wire/message.js'
import { createMessageParser } from '../../helpers/parse.js'
import type { Host } from '../host.js'
import type { Population } from '../population.js'
import type { Random } from '../random.js'
import type { VirtualClock } from '../virtual-clock.js'

const SECONDS = 1000
const ID_BYTES = 20
const DEEDS = ['drop', 'delay', 'alter', 'replay', 'attract'] as const
const DELAY = [0.5 * SECONDS, 5 * SECONDS] as const
/** Frames that are kept to be sent again. */
const MAX_KEPT = 64

type Send = (data: Uint8Array) => void

export class BadRelays {
  /** Frames that were not simply passed on. */
  meddledWith = 0
  readonly #population: Population
  readonly #clock: VirtualClock
  readonly #random: Random
  readonly #parse = createMessageParser(ID_BYTES)
  #count = 0

  /** @param share of all nodes but the bootstrap nodes */
  constructor(population: Population, random: Random, share: number) {
    this.#population = population
    this.#clock = population.network.clock
    this.#random = random
    population.onStart(node => {
      if (node.isBootstrap || !random.isLucky(share)) return
      this.#corrupt(node.host, DEEDS[this.#count++ % DEEDS.length] as (typeof DEEDS)[number])
    })
  }

  #corrupt(host: Host, deed: (typeof DEEDS)[number]): void {
    const kept: Uint8Array[] = []
    host.meddle = (data, send) => {
      const message = this.#parse(data)
      if (deed === 'attract' && message.kind === 'query' && message.method === 'neighbours') {
        const { transaction, method, args } = message
        return send(encodeQuery(transaction, method, { ...args, neighbours: this.#pickIds() }))
      }
      const isPassedOn = message.kind === 'frame' && message.frame.position > 1
      if (!isPassedOn) return send(data)
      this.meddledWith++
      if (deed === 'delay') this.#later(host, () => send(data))
      else if (deed === 'alter') send(this.#alter(message.frame))
      else if (deed === 'replay') this.#replay(host, data, kept, send)
    }
  }

  /** Of any living nodes: of what leads to them, some goes over whoever says that it is connected to them. */
  #pickIds(): Buffer {
    return Buffer.concat(this.#population.pick(MAX_NEIGHBOURS, () => true).map(({ dht }) => dht.nodeId))
  }

  #later(host: Host, run: () => void): void {
    this.#clock.schedule(host, this.#random.uniform(...DELAY), run)
  }

  /** Sends it on, and later again, and with it an earlier one to the same neighbour or another. */
  #replay(host: Host, data: Uint8Array, kept: Uint8Array[], send: Send): void {
    send(data)
    const earlier = this.#random.pick(kept)
    this.#later(host, () => {
      send(data)
      if (earlier) send(earlier)
    })
    kept.push(data)
    if (kept.length > MAX_KEPT) kept.shift()
  }

  /** One field of the message in it has other bytes: a forged value where there is one, else any. */
  #alter(frame: Frame): Uint8Array {
    const { payload } = frame
    const message = payload && (decode(payload) as Record<string, Bencoded> | undefined)
    if (!message) return encodeFrame(frame)
    const { v } = (message.r ?? {}) as { v?: Bencoded }
    const fields = v instanceof Uint8Array ? [v] : stringsIn(message)
    const field = this.#random.pick(fields)
    if (field && field.length > 0) {
      const position = this.#random.below(field.length)
      field[position] = (field[position] ?? 0) ^ (1 + this.#random.below(255))
    }
    return encodeFrame({ ...frame, payload: encode(message) })
  }
}

/** All byte strings in a message, of which the bytes can be changed in place. */
function stringsIn(value: Bencoded): Uint8Array[] {
  if (value instanceof Uint8Array) return [value]
  return typeof value === 'object' ? Object.values(value).flatMap(stringsIn) : []
}
