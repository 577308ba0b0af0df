/** The nodes that a lookup (lookup.ts) may ask, the nearest to its target first. */

import { compareDistances, type Id } from '../id.js'
import type { Contact } from '../wire/compact.js'

/**
 *       ┌─────────────────────────────┐
 *     known ────────────► asked ────► failed
 *       └──► passed on ─────┘  └────► replied
 *
 * `passed on`: the node got the query from others; it is asked if it has not replied by `until`. Its reply to that query may come in
 * any state, and makes it `replied`, which is final. A node whose ways were broken is `known` again once another node names it.
 */
export type State =
  | { name: 'known' }
  | { name: 'passed on'; until: number }
  /** `at`: when, in milliseconds. */
  | { name: 'asked'; at: number }
  | { name: 'replied' }
  /** `isSilent`: it had time to reply. If not, the query has probably not reached it. */
  | { name: 'failed'; isSilent: boolean }

export interface Candidate {
  readonly contact: Contact
  state: State
  /** Times that it was asked. */
  asked: number
}

const KNOWN: State = { name: 'known' }

export class Candidates {
  readonly #target: Id
  #sorted: Candidate[] = []
  readonly #byId = new Map<string, Candidate>()

  constructor(target: Id) {
    this.#target = target
  }

  get(id: Id): Candidate | undefined {
    return this.#byId.get(id.hex)
  }

  /** Adds a node, unless it is there. */
  add({ id, host, port }: Contact): Candidate {
    const known = this.#byId.get(id.hex)
    if (known) return known
    const candidate: Candidate = { contact: { id, host, port }, state: KNOWN, asked: 0 }
    this.#byId.set(id.hex, candidate)
    this.#sorted.splice(this.#rankOf(id), 0, candidate)
    return candidate
  }

  /** Notes that a node was named: another way leads to it, if those known so far were broken. @param most times that it may be asked */
  named(contact: Contact, most: number): void {
    const candidate = this.add(contact)
    const { state, asked } = candidate
    if (state.name === 'failed' && !state.isSilent && asked < most) candidate.state = KNOWN
  }

  /** The number of candidates nearer to the target than an id. */
  #rankOf(id: Id): number {
    let low = 0
    let high = this.#sorted.length
    while (low < high) {
      const middle = (low + high) >> 1
      const other = this.#sorted[middle]
      if (other && compareDistances(this.#target, other.contact.id, id) < 0) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Forgets all. */
  clear(): void {
    this.#sorted = []
    this.#byId.clear()
  }

  [Symbol.iterator](): Iterator<Candidate> {
    return this.#sorted.values()
  }
}

export function hasReplied({ state }: Candidate): boolean {
  return state.name === 'replied'
}
