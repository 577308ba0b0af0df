/** Values that nodes put, and gets of them by others. What a get gives must be what was put: anything else is a wrong value. */

import { sign } from 'node:crypto'
import type { SimulatedNode } from '../node.js'
import type { Population } from '../population.js'
import type { Random } from '../random.js'
import { Tally } from '../tally.js'
import { createKeys } from '../values.js'

const SECONDS = 1000
/** Puts that begin in a second. */
const PUTTING_RATE = 10
/** A mutable value is put twice, so that an older one can be replayed. */
const VERSIONS = 2
/** From one version to the next. */
const PAUSE = 10 * SECONDS

interface Value {
  key: Buffer
  name: string
  /** The last one; 0 for an immutable value. */
  seq: number
  putter: SimulatedNode
}

export class Gets {
  /** Gets that gave the value, in its last version. */
  readonly found = new Tally()
  readonly puts = new Tally()
  wrong = 0
  /** Begun, and not over. */
  underWay = 0
  readonly #population: Population
  readonly #random: Random
  readonly #values: Value[] = []

  constructor(population: Population, random: Random) {
    this.#population = population
    this.#random = random
  }

  /** Has nodes put this many values, half of them mutable, and their newer versions. */
  async put(count: number): Promise<void> {
    const { clock } = this.#population.network
    for (let i = 0; i < count; i++) {
      const [putter] = this.#population.pick(1, node => node.readyAt !== null)
      if (putter) clock.schedule(putter.host, 0, () => this.#create(putter, i % 2 === 1))
      await clock.sleep((1 * SECONDS) / PUTTING_RATE)
    }
    await clock.sleep(VERSIONS * PAUSE)
  }

  /** Begins a get of some value by some node, that has nothing to do with it. */
  begin(): void {
    const { clock } = this.#population.network
    const value = this.#random.pick(this.#values)
    const isStranger = (node: SimulatedNode) =>
      node.readyAt !== null &&
      node !== value?.putter &&
      !node.dht._values.peek(value?.key.toString('hex') ?? '')
    const [asker] = value ? this.#population.pick(1, isStranger) : []
    if (!value || !asker) return
    const { seq } = value
    this.underWay++
    clock.schedule(asker.host, 0, () => {
      asker.dht.get(value.key, (_, found) => {
        this.underWay--
        if (!asker.isAlive) return
        const isRight = found?.v?.toString() === textOf(value.name, found?.seq ?? 0)
        if (found && !isRight) this.wrong++
        this.found.add(isRight && (found?.seq ?? 0) >= seq)
      })
    })
  }

  #create(putter: SimulatedNode, isMutable: boolean): void {
    const value: Value = { key: Buffer.alloc(0), name: this.#random.bytes(8).toString('hex'), seq: 0, putter }
    if (!isMutable) return this.#put(value, { v: Buffer.from(textOf(value.name, 0)) })
    const { k, privateKey } = createKeys(this.#random.bytes(32))
    const putVersion = (seq: number) => {
      const v = Buffer.from(textOf(value.name, seq))
      this.#put(value, { v, k, seq, sign: (bytes: Buffer) => sign(null, bytes, privateKey) })
      if (seq < VERSIONS)
        this.#population.network.clock.schedule(putter.host, PAUSE, () => putVersion(seq + 1))
    }
    putVersion(1)
  }

  #put(value: Value, input: Parameters<SimulatedNode['dht']['put']>[0] & { seq?: number }): void {
    value.putter.dht.put(input, (error, key) => {
      if (!value.putter.isAlive) return
      this.puts.add(!error)
      if (error) return
      if (value.key.length === 0) this.#values.push(value)
      value.key = key
      value.seq = input.seq ?? 0
    })
  }
}

function textOf(name: string, seq: number): string {
  return `value ${name} ${seq}`
}
