/** Candidates that come after their description, at the HTTP server: it takes the newcomer's, and responds with its own. */

import type { LateWay } from '../connections/late-way.js'
import { candidateLines, MAX_CANDIDATES } from '../wire/candidates.js'
import type { LateMessage } from '../wire/late-candidates.js'

/** Milliseconds that a request waits for candidates of this node: less than the newcomer waits for a response. */
const HOLD_TIME = 3000

interface Waiting {
  take(lines: readonly string[]): void
  /** Candidates of this node that the newcomer has not got yet. */
  lines: string[]
  isOver: boolean
  /** Ends the request that waits. */
  wake(): void
}

/** The way of one offer. */
export interface LateAnswer extends LateWay {
  /** Whether the answer has others follow. */
  readonly hasMore: boolean
}

export class LateAnswers {
  /** By origin and offer. There are as many as connections that are not open. */
  readonly #waiting = new Map<string, Waiting>()

  /** @param show takes out of a description what the newcomer may not see */
  wayOf(origin: string, show: (sdp: string) => string): LateAnswer {
    let waiting: Waiting | undefined
    return {
      get hasMore() {
        return waiting?.isOver === false
      },
      expect: (ufrag, take) => {
        const key = keyOf(origin, ufrag)
        const own: Waiting = { take, lines: [], isOver: false, wake: () => {} }
        waiting = own
        this.#waiting.get(key)?.wake()
        this.#waiting.set(key, own)
        return () => {
          own.isOver = true
          own.wake()
          if (this.#waiting.get(key) === own) this.#waiting.delete(key)
        }
      },
      send: (_, lines) => {
        waiting?.lines.push(...candidateLines(show(lines.join('\r\n'))))
        waiting?.wake()
      },
      end: () => {
        if (waiting) waiting.isOver = true
        waiting?.wake()
      }
    }
  }

  /** Takes candidates from an origin, and waits for some of this node. Where no connection waits for them, nothing happens. */
  async respond(origin: string, { ufrag, candidates }: LateMessage): Promise<LateMessage> {
    const waiting = this.#waiting.get(keyOf(origin, ufrag))
    if (!waiting) return { ufrag, candidates: [], late: false }
    if (candidates.length > 0) waiting.take(candidates)
    waiting.wake() // one request waits at a time
    if (waiting.lines.length === 0 && !waiting.isOver) await nextNews(waiting)
    return { ufrag, candidates: waiting.lines.splice(0, MAX_CANDIDATES), late: !waiting.isOver }
  }
}

function nextNews(waiting: Waiting): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(resolve, HOLD_TIME)
    waiting.wake = () => {
      clearTimeout(timer)
      resolve()
    }
  })
}

function keyOf(origin: string, ufrag: string): string {
  return `${origin} ${ufrag}`
}
