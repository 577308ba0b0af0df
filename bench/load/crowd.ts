/** Processes of clients that are connected to one server. */

import { fileURLToPath } from 'node:url'
import { Child } from '../../test/helpers/child.js'
import type { Method, Outcome } from './clients-worker.js'
import type { Transport } from './server-worker.js'

const WORKER = fileURLToPath(new URL('clients-worker.js', import.meta.url))
/** Processes that the clients are spread over. */
export const CLIENT_PROCESSES = 4

export class Crowd {
  readonly #processes = Array.from({ length: CLIENT_PROCESSES }, () => new Child(WORKER))

  /** Connects so many more clients. */
  async connect(transport: Transport, port: number, count: number): Promise<void> {
    const partOf = (process: number) => Math.floor((count + process) / CLIENT_PROCESSES)
    await Promise.all(this.#processes.map((child, i) => child.call('connect', transport, port, partOf(i))))
  }

  /** Has random clients ask. @param rate queries a second @param methods asked in turn */
  async ask(rate: number, seconds: number, methods: Method[]): Promise<Outcome> {
    const outcomes = await Promise.all(
      this.#processes.map(child => child.call<Outcome>('ask', rate / CLIENT_PROCESSES, seconds, methods))
    )
    const total = (name: 'errors' | 'unanswered' | 'replyBytes') =>
      outcomes.reduce((all, outcome) => all + outcome[name], 0)
    return {
      roundTrips: outcomes.flatMap(({ roundTrips }) => roundTrips),
      errors: total('errors'),
      unanswered: total('unanswered'),
      replyBytes: total('replyBytes'),
      worstDelay: Math.max(...outcomes.map(({ worstDelay }) => worstDelay))
    }
  }

  async destroy(): Promise<void> {
    await Promise.all(this.#processes.map(child => child.destroy()))
  }
}
