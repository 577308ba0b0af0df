/**
 * Knows where WebRTC does not open but a link over WebSocket does: UDP is blocked, or there is no WebRTC. Offers are in vain then. So no
 * offer is made or answered but one now and then, lest a network that lets UDP through again stays unnoticed.
 */

const SECONDS = 1000
/** Between two trials. It doubles up to the last. */
const FIRST_PAUSE = 10 * SECONDS
const LAST_PAUSE = 600 * SECONDS
/** Failures in a row beside a link over WebSocket. Behind a firewall that blocks UDP, neighbours behind it may be reached. */
const MAX_FAILURES = 3

export class UdpWatch {
  readonly #onChange: () => void
  readonly #hasOpen: () => boolean
  #isBlocked = false
  #links = 0
  #failures = 0
  #pause = FIRST_PAUSE
  #nextTrial = 0

  /**
   * @param onChange called when UDP is found to be blocked, or not to be
   * @param hasOpen whether a connection over WebRTC is open
   */
  constructor(onChange: () => void = () => {}, hasOpen: () => boolean = () => false) {
    this.#onChange = onChange
    this.#hasOpen = hasOpen
  }

  /** Whether links over WebSocket open here, and WebRTC does not. */
  get isBlocked(): boolean {
    return this.#isBlocked
  }

  /** Whether an offer would be in vain now. */
  get isPausing(): boolean {
    return this.#isBlocked && performance.now() < this.#nextTrial
  }

  /** Whether an offer may be made or answered now. Where UDP is blocked, that uses the trial up. */
  mayTry(): boolean {
    if (!this.#isBlocked) return true
    if (this.isPausing) return false
    this.#pause = Math.min(2 * this.#pause, LAST_PAUSE)
    this.#nextTrial = performance.now() + this.#pause
    return true
  }

  /** Notes that a link over WebSocket is open. @returns a function to call once it is closed */
  linked(): () => void {
    this.#links++
    return () => {
      this.#links--
    }
  }

  /** Begins anew: the network may be another now. */
  forget(): void {
    this.#failures = 0
    if (!this.#isBlocked) return
    this.#isBlocked = false
    this.#onChange()
  }

  /** Notes that ICE hears nothing of a server to which a link over WebSocket opens. With others it does: then it is that server's fault. */
  unheard(): void {
    if (!this.#hasOpen()) this.block()
  }

  /** Notes that UDP is blocked, or was when the node ran last. */
  block(): void {
    if (this.#isBlocked) return
    this.#isBlocked = true
    this.#pause = FIRST_PAUSE
    this.#nextTrial = performance.now() + FIRST_PAUSE
    this.#onChange()
  }

  /** Notes that a connection over WebRTC has opened. */
  opened(): void {
    this.forget()
  }

  /** Notes that a connection over WebRTC has not opened, although both signals were exchanged. */
  failed(): void {
    this.#failures++
    if (this.#links > 0 && this.#failures >= MAX_FAILURES) this.block()
  }
}
