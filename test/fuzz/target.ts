/** The node that is fuzzed, in a process of its own, seen from outside. */

import { fileURLToPath } from 'node:url'
import { Child } from '../helpers/child.js'
import { within } from '../helpers/nodes.js'
import type { Holdings, NodeProcessOptions } from './node-process.js'

const MODULE = fileURLToPath(new URL('node-process.js', import.meta.url))
/** Milliseconds after which a process that answers nothing hangs: on a busy machine an answer takes one second. */
const HANG_TIMEOUT = 15_000

export const MAX_CONNECTIONS = 48

export class Target {
  readonly place: string
  readonly nodeId: Buffer
  readonly #child: Child
  #isLost = false
  #isStopped = false
  #end = ''

  /** @param options of the node, beside those that fuzzing needs */
  static async start(options: Record<string, unknown> = {}): Promise<Target> {
    const child = new Child(MODULE, { execArgv: ['--expose-gc'] })
    const given: NodeProcessOptions = { maxConnections: MAX_CONNECTIONS, options }
    const { port, id } = await child.call<{ port: number; id: string }>('start', given)
    return new Target(child, `127.0.0.1:${port}`, Buffer.from(id, 'hex'))
  }

  private constructor(child: Child, place: string, nodeId: Buffer) {
    this.#child = child
    this.place = place
    this.nodeId = nodeId
    child.exited.then(({ code, signal }) => {
      this.#isLost = !this.#isStopped
      this.#end = `the process ended without an exception: ${signal ?? `status ${code}`}`
    })
  }

  /** Whether the process ended by itself. */
  get isLost(): boolean {
    return this.#isLost
  }

  /** What ended it, as far as it could tell. */
  get fault(): string {
    return this.#child.faults.join('\n') || this.#end
  }

  /** Has the node search and store, or lets it be. */
  setSearching(isOn: boolean): Promise<unknown> {
    return this.#call('setSearching', isOn)
  }

  /** @param collects after garbage was collected */
  holdings(collects = false): Promise<Holdings> {
    return this.#call('holdings', collects)
  }

  stop(): Promise<unknown> {
    this.#isStopped = true
    return this.#child.kill()
  }

  #call<Result>(method: string, ...args: unknown[]): Promise<Result> {
    const answer = this.#child.call<Result>(method, ...args)
    answer.catch(() => {}) // it may come after the time is over
    return within(`${method} of the fuzzed process`, answer, HANG_TIMEOUT)
  }
}
