/** A fuzzed node with strangers connected to it: what a round needs, and begins anew after a failure. */

import { Attack, type AttackCounts, createCounts } from './attack.js'
import { findLeftovers, findUnserved } from './check.js'
import { type Input, SAMPLE_SIZE } from './inputs.js'
import type { Holdings } from './node-process.js'
import { Target } from './target.js'

const INPUTS_AT_ONCE = 20

/** What is wrong with the node. */
export interface Finding {
  /** `lost`: its process ended or hangs. `state`: it is there, but not as it should be. */
  kind: 'lost' | 'state'
  problems: string[]
}

export class Session {
  readonly #target: Target
  readonly #attack: Attack
  readonly #idle: Holdings
  /** What the node held when it was last looked at. */
  holdings: Holdings

  /** @param options of the node */
  static async start(
    options: Record<string, unknown>,
    counts: AttackCounts = createCounts()
  ): Promise<Session> {
    const target = await Target.start(options)
    try {
      const attack = new Attack(target, counts, options.limits === undefined)
      await attack.open()
      attack.setPolite(true)
      await attack.sync()
      return new Session(target, attack, await target.holdings(true))
    } catch (error) {
      await target.stop()
      throw error
    }
  }

  private constructor(target: Target, attack: Attack, idle: Holdings) {
    this.#target = target
    this.#attack = attack
    this.#idle = idle
    this.holdings = idle
  }

  /** Sends inputs, and waits until the node has read them. */
  async send(inputs: AsyncIterable<Input> | Iterable<Input>): Promise<Finding | null> {
    try {
      this.#attack.setPolite(false)
      await this.#target.setSearching(true)
      let synced: Promise<void> = Promise.resolve()
      let count = 0
      for await (const input of inputs) {
        await this.#attack.deliver(input)
        // The node's own queries have to come in between, or no input could answer them.
        if (++count % INPUTS_AT_ONCE === 0) await new Promise(resolve => setImmediate(resolve))
        if (count % SAMPLE_SIZE !== 0) continue
        // The node reads one sample while the next one is made.
        await synced
        synced = this.#attack.sync()
        synced.catch(() => {}) // its failure is seen when it is waited for
      }
      await synced
      await this.#attack.sync()
      return null
    } catch (error) {
      return this.#lost(error)
    }
  }

  /** Lets the node come to rest, and looks at it. */
  async check(): Promise<Finding | null> {
    try {
      this.#attack.setPolite(true)
      await this.#target.setSearching(false)
      await this.#attack.finish()
      await this.#attack.sync()
      // With all places taken by what is still being made, it is right to refuse a newcomer.
      const ofAttack = await findLeftovers(this.#target, this.#idle)
      const unserved = await findUnserved(this.#target)
      const { holdings, problems } = await findLeftovers(this.#target, this.#idle)
      this.holdings = holdings
      const all = [...new Set([...ofAttack.problems, ...unserved, ...problems, ...this.#findMalformed()])]
      if (this.#target.isLost) return this.#lost(new Error('it is gone'))
      return all.length > 0 ? { kind: 'state', problems: all } : null
    } catch (error) {
      return this.#lost(error)
    }
  }

  async stop(): Promise<void> {
    await this.#target.stop()
    await this.#attack.close().catch(() => {}) // its connections are gone with the node
  }

  /** What the node itself says must be well formed, whatever it was made of. */
  #findMalformed(): string[] {
    const { answers } = this.#attack.counts
    const malformed = Object.keys(answers).filter(answer => answer.startsWith('malformed'))
    for (const answer of malformed) delete answers[answer]
    return malformed.map(answer => `the node said something that is ${answer}`)
  }

  #lost(error: unknown): Finding {
    const message = error instanceof Error ? error.message : String(error)
    return {
      kind: 'lost',
      problems: [this.#target.isLost ? this.#target.fault : `the process hangs: ${message}`]
    }
  }
}
