/** The tabs' messages to one request. */

import { type Abortable, onAbort, throwIfAborted } from '../abort-signals.js'
import { createName, parseTabMessage, type TabMessage, type TabReply } from './tabs-message.js'

/** Messages that wait to be taken. Scripts of the same origin could write without an end. */
const MAX_WAITING = 64

/** Its maker closes it; the channel is closed with it. */
export class TabsInbox {
  /** The name of the request. */
  readonly name = createName()
  readonly #channel: BroadcastChannel
  readonly #signal: Abortable
  readonly #waiting: TabReply[] = []
  readonly #stop: () => void
  /** Ends the wait for a message. */
  #wake = () => {}

  constructor(channel: BroadcastChannel, signal: Abortable) {
    this.#channel = channel
    this.#signal = signal
    this.#stop = onAbort(signal, () => this.#wake())
    channel.onmessage = ({ data }) => this.#add(parseTabMessage(data))
  }

  post(message: TabMessage): void {
    this.#channel.postMessage(message)
  }

  /**
   * Takes the first message that matches, and waits for it if need be.
   *
   * @returns null if none came within so many milliseconds
   * @throws the reason of the signal
   */
  async take<T extends TabReply>(
    matches: (message: TabReply) => message is T,
    timeout: number
  ): Promise<T | null> {
    const until = performance.now() + timeout
    for (let isOver = false; ; ) {
      throwIfAborted(this.#signal)
      const found = this.#waiting.find(matches)
      if (found) {
        this.#waiting.splice(this.#waiting.indexOf(found), 1)
        return found
      }
      if (isOver) return null
      const left = until - performance.now()
      // In a page that was busy, what has come in time is read only now.
      isOver = left <= 0
      await this.#nextMessage(Math.max(0, left))
    }
  }

  close(): void {
    this.#stop()
    this.#channel.close()
  }

  #add(message: TabMessage | undefined): void {
    if (!message || message.kind === 'ask' || message.kind === 'offer' || message.to !== this.name) return
    if (this.#waiting.length >= MAX_WAITING) return
    this.#waiting.push(message)
    this.#wake()
  }

  /** Resolves with the next message, at an abort, or after so many milliseconds. */
  #nextMessage(timeout: number): Promise<void> {
    return new Promise(resolve => {
      const timer = setTimeout(resolve, timeout)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
