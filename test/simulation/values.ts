/**
 * Values that nodes put and others get: immutable ones, and mutable ones that their owner replaces now and then. A value
 * must survive its owner. Only honest nodes count, on both sides.
 */

import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto'
import type { SimulatedNode } from './node.js'
import type { Population } from './population.js'
import type { Random } from './random.js'
import { Tally } from './tally.js'

const SECONDS = 1000
const MINUTES = 60 * SECONDS
/** Share of the nodes that put a value of each kind when they have joined. */
const PUTTING_SHARE = 0.1
const UPDATING_INTERVAL = 5 * MINUTES
/** From when on a value must be found. */
const SETTLED = 5 * SECONDS
/** Until when a value counts, though nobody has put it again: BEP 44's two hours. */
const MAX_AGE = 120 * MINUTES
/** Where the ages of values are cut, in minutes, to see how they fade. */
export const AGES = [5, 15, 30, 60, 120]
/** The fixed beginning of an ed25519 private key in DER (RFC 8410, section 7). */
const PRIVATE_KEY_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')

interface Value {
  key: Buffer
  text: (seq: number) => string
  /** Sequence number of the last one that was put; 0 for an immutable value. */
  seq: number
  putAt: number
  signing: { k: Buffer; privateKey: KeyObject } | null
}

export class Values {
  readonly immutable = new Tally()
  readonly mutable = new Tally()
  /** Gets of mutable values that gave the one before the last. */
  late = 0
  /** Older ones than that: these count as failures. */
  stale = 0
  readonly puts = new Tally()
  readonly byAge = AGES.map(() => new Tally())
  readonly #population: Population
  readonly #random: Random
  readonly #values: Value[] = []
  #isOn = false

  constructor(population: Population, random: Random) {
    this.#population = population
    this.#random = random
    population.onStart(node => {
      if (!node.isHonest || node.isBootstrap) return
      for (const isMutable of [false, true]) {
        if (random.isLucky(PUTTING_SHARE)) node.dht.once('ready', () => this.#create(node, isMutable))
      }
    })
  }

  /** @param rate gets a minute and node */
  start(rate: number): void {
    this.#isOn = true
    this.#getLater(rate)
  }

  stop(): void {
    this.#isOn = false
  }

  #create(node: SimulatedNode, isMutable: boolean): void {
    const name = this.#random.bytes(8).toString('hex')
    const value: Value = {
      key: Buffer.alloc(0),
      text: seq => `value ${name} ${seq}`,
      seq: 0,
      putAt: 0,
      signing: isMutable ? createKeys(this.#random.bytes(32)) : null
    }
    this.#put(node, value)
  }

  #put(node: SimulatedNode, value: Value): void {
    const { clock } = this.#population.network
    const { signing } = value
    const seq = signing ? value.seq + 1 : 0
    const v = Buffer.from(value.text(seq))
    const sign_ = (bytes: Buffer) => sign(null, bytes, (signing as { privateKey: KeyObject }).privateKey)
    const input = signing ? { v, k: signing.k, seq, sign: sign_ } : { v }
    node.dht.put(input, (error, key) => {
      if (!node.isAlive) return
      this.puts.add(!error)
      if (error) return
      if (value.putAt === 0) {
        value.putAt = clock.now
        this.#values.push(value)
      }
      value.key = key
      value.seq = seq
    })
    if (!signing) return
    clock.schedule(node.host, UPDATING_INTERVAL, () => {
      if (node.isAlive) this.#put(node, value)
    })
  }

  #getLater(rate: number): void {
    const { network, living } = this.#population
    network.clock.schedule(null, this.#random.exponential((1 * MINUTES) / (rate * living.size)), () => {
      if (!this.#isOn) return
      this.#get()
      this.#getLater(rate)
    })
  }

  #get(): void {
    const { clock } = this.#population.network
    const age = (value: Value) => clock.now - value.putAt
    const value = this.#random.pick(this.#values.filter(one => age(one) >= SETTLED && age(one) < MAX_AGE))
    const asker = this.#random.pick(this.#population.those(node => node.isHonest && node.readyAt !== null))
    if (!value || !asker) return
    const { seq } = value
    clock.schedule(asker.host, 0, () => {
      asker.dht.get(value.key, (_, found) => {
        if (asker.isAlive) this.#note(value, seq, found?.seq ?? 0, found?.v?.toString(), age(value))
      })
    })
  }

  #note(value: Value, wantedSeq: number, foundSeq: number, text: string | undefined, age: number): void {
    const isRight = text === value.text(foundSeq)
    const isFresh = foundSeq >= wantedSeq - 1
    if (isRight && !isFresh) this.stale++
    if (isRight && foundSeq === wantedSeq - 1) this.late++
    const tally = value.signing ? this.mutable : this.immutable
    tally.add(isRight && isFresh)
    this.byAge[AGES.findIndex(minutes => age <= minutes * MINUTES)]?.add(isRight && isFresh)
  }
}

/** An ed25519 key pair. */
export function createKeys(seed: Buffer): { k: Buffer; privateKey: KeyObject } {
  const key = Buffer.concat([PRIVATE_KEY_PREFIX, seed])
  const privateKey = createPrivateKey({ key, format: 'der', type: 'pkcs8' })
  const k = createPublicKey(privateKey).export({ type: 'spki', format: 'der' }).subarray(-32)
  return { k, privateKey }
}
