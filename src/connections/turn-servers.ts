/** The TURN servers that bootstrap nodes have handed out credentials for, each until they expire. */

import type { TurnGrant } from '../wire/turn-grant.js'

const SECONDS = 1000
/** Renewed at this part of the time that is left, and again after a failure. */
const RENEWED_AT = 0.75
/** Below this it is left to expire: milliseconds. */
const SHORTEST_PAUSE = 5 * SECONDS

interface Granted extends Pick<TurnGrant, 'urls' | 'username' | 'credential'> {
  expiresAt: number
  timer: ReturnType<typeof setTimeout> | undefined
}

export class TurnServers {
  readonly #granted = new Map<string, Granted>()

  /** As `iceServers` has them. */
  get current(): Pick<TurnGrant, 'urls' | 'username' | 'credential'>[] {
    const now = performance.now()
    const good = [...this.#granted.values()].filter(({ expiresAt }) => expiresAt > now)
    return good.map(({ urls, username, credential }) => ({ urls, username, credential }))
  }

  /**
   * Takes over what a place has handed out, in place of what it did before.
   *
   * @param renew asks the place for more; called before they expire, until it has led to new ones
   */
  take(place: string, { urls, username, credential, ttl }: TurnGrant, renew: () => void): void {
    clearTimeout(this.#granted.get(place)?.timer)
    const expiresAt = performance.now() + ttl * SECONDS
    const granted: Granted = { urls, username, credential, expiresAt, timer: undefined }
    this.#granted.set(place, granted)
    const schedule = () => {
      const pause = RENEWED_AT * (expiresAt - performance.now())
      if (pause < SHORTEST_PAUSE) return
      granted.timer = setTimeout(() => {
        schedule()
        renew()
      }, pause)
      granted.timer.unref?.() // not where jsdom's timers are the global ones
    }
    schedule()
  }

  close(): void {
    for (const { timer } of this.#granted.values()) clearTimeout(timer)
    this.#granted.clear()
  }
}
