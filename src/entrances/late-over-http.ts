/** Candidates that come after their description, at the newcomer: it posts its own to the server, and gets the server's in the responses. */

import type { LateWay } from '../connections/late-way.js'
import type { LateMessage } from '../wire/late-candidates.js'

/** Requests for one offer. */
const MAX_POSTS = 8

/** Posts candidates to a URL. @throws any error without a response that can be read */
export type PostLate = (url: string, message: LateMessage) => Promise<LateMessage>

export class LateOverHttp implements LateWay {
  readonly #post: PostLate
  #url = ''
  #ufrag = ''
  #take: (lines: readonly string[]) => void = () => {}
  #isOver = true
  #posts = 0
  #underWay = 0

  constructor(post: PostLate) {
    this.#post = post
  }

  expect(ufrag: string, take: (lines: readonly string[]) => void): () => void {
    this.#ufrag = ufrag
    this.#take = take
    this.#isOver = false
    return () => {
      this.#isOver = true
    }
  }

  /** Notes which server has answered. @param hasMore whether it may find more candidates of its own */
  answered(url: string, hasMore: boolean): void {
    this.#url = url
    if (hasMore) void this.#exchange([])
  }

  send(_ufrag: string, lines: readonly string[]): void {
    void this.#exchange(lines)
  }

  /** A request that follows ends the wait of the one before, which then must not be made again. */
  async #exchange(lines: readonly string[]): Promise<void> {
    if (this.#isOver || this.#posts++ >= MAX_POSTS) return
    this.#underWay++
    try {
      const message = { ufrag: this.#ufrag, candidates: [...lines], late: false }
      const { candidates, late } = await this.#post(this.#url, message)
      if (!this.#isOver && candidates.length > 0) this.#take(candidates)
      if (late && this.#underWay === 1) void this.#exchange([])
    } catch {
      // The connection opens without them, or another attempt is made.
    } finally {
      this.#underWay--
    }
  }
}
