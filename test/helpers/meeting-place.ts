/** A place where nodes meet that is neither a server nor on any network: it hands offers on from entrance to entrance. */

import type { AnswerOffer, CarriedSignal, Entrance } from '../../src/index.js'

interface Member {
  name: string
  answer: AnswerOffer
}

export class MeetingPlace {
  /** The offers that have come, in their order. */
  readonly offers: CarriedSignal[] = []
  /** Whether the member at one entrance is asked for one that comes through another. Default: all but itself. */
  hears = (from: string, to: string): boolean => from !== to
  readonly #members = new Set<Member>()
  readonly #waiting = new Set<() => void>()

  /** Makes an entrance of one node. Whoever asks there waits for somebody who answers. */
  entrance(name: string, isLocal = true): Required<Entrance> {
    return {
      name,
      isLocal,
      request: async (offer, { signal }) => {
        this.offers.push(offer)
        for (;;) {
          const members = [...this.#members].filter(member => this.hears(name, member.name))
          const answer = await Promise.any(members.map(({ answer }) => answer(offer))).catch(() => undefined)
          if (answer) return answer
          await this.#somebodyComes(signal)
        }
      },
      serve: (answer, { signal }) => {
        const member = { name, answer }
        this.#members.add(member)
        signal.addEventListener('abort', () => this.#members.delete(member))
        for (const wake of this.#waiting) wake()
      }
    }
  }

  /** How many serve. */
  get size(): number {
    return this.#members.size
  }

  #somebodyComes(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (end: () => void) => () => {
        this.#waiting.delete(wake)
        end()
      }
      const wake = settle(resolve)
      this.#waiting.add(wake)
      signal.addEventListener(
        'abort',
        settle(() => reject(signal.reason))
      )
    })
  }
}
