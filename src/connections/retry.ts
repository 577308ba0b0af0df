/** A quick attempt to connect first, and a careful one where that fails, or beside it where it has not opened in time. */

import { type ErrorCode, hasCode } from '../errors.js'
import { type Description, isByLibdatachannel, isCareful } from '../wire/description.js'

const OPEN_TIME_PER_SIGNAL_TIME = 10

/**
 * A connection needs five and a half round trips between two nodes, and its signals at least two: they take longer over relays and HTTP.
 * So a connection that has not opened by then has most likely lost a flight.
 */
const BESIDE_PER_SIGNAL_TIME = 3.5
/** Milliseconds that a connection has on a fast network: on one machine it takes 15, and more if that is busy. */
const SHORTEST_TIME_ALONE = 150

/**
 * Milliseconds for a connection to open after the answer, if a retry can follow: an attempt may fail without an event. If the
 * signals travelled fast, the link is fast.
 *
 * @param signalTime milliseconds that offer and answer took to travel
 */
export function firstOpenTimeout(shortest: number, signalTime: number): number {
  return Math.max(shortest, OPEN_TIME_PER_SIGNAL_TIME * signalTime)
}

/**
 * Milliseconds from the answer to an attempt beside this one. A lost flight costs a second only between two ends on libdatachannel, on the
 * quick way: browsers repeat it at once.
 *
 * @param shortest where another implementation is at an end
 */
export function timeAlone(
  shortest: number,
  signalTime: number,
  descriptions: readonly Description[]
): number {
  return descriptions.every(({ sdp }) => isByLibdatachannel(sdp) && !isCareful(sdp))
    ? Math.max(SHORTEST_TIME_ALONE, BESIDE_PER_SIGNAL_TIME * signalTime)
    : firstOpenTimeout(shortest, signalTime)
}

/** One of two attempts to open the same connection. */
export interface Attempt {
  /** The second one is careful: slower but surer. */
  readonly isSecond: boolean
  /** Whether the first one is still under way. */
  readonly isBeside: boolean
  /** Aborted when the other one has opened. */
  readonly lost: AbortSignal
  /** Notes that the answer is there. @param time milliseconds until the second attempt begins, if this one has not opened by then */
  answered(time: number): void
}

/** An attempt that no other one goes with. @param isSecond whether it is careful */
export function attemptAlone(isSecond: boolean): Attempt {
  return { isSecond, isBeside: false, lost: new AbortController().signal, answered: () => {} }
}

/**
 * Opens a connection in one attempt or two: the second begins where the first fails, or beside it, and the first to open wins. An attempt
 * that fails does not end the other.
 *
 * @param retried the errors of a first attempt that a second one may not have
 * @throws the error of the second attempt; of the first one if there is no second, or if that was refused
 */
export function openInTwo<T>(
  make: (attempt: Attempt) => Promise<T>,
  retried: readonly ErrorCode[] = ['ECONNFAILED']
): Promise<T> {
  return new Promise((resolve, reject) => {
    const lost = [new AbortController(), new AbortController()] as const
    const errors: unknown[] = []
    let timer: ReturnType<typeof setTimeout> | undefined
    let second: Promise<void> | undefined
    let isOver = false
    const end = (settle: () => void) => {
      isOver = true
      clearTimeout(timer)
      settle()
    }
    const run = async (attempt: Attempt): Promise<void> => {
      try {
        const opened = await make(attempt)
        end(() => resolve(opened))
        lost[attempt.isSecond ? 0 : 1].abort()
      } catch (error) {
        errors[Number(attempt.isSecond)] = error
      }
    }
    const startSecond = (isBeside: boolean) => {
      clearTimeout(timer)
      second ??= run({ isSecond: true, isBeside, lost: lost[1].signal, answered: () => {} })
      return second
    }
    const answered = (time: number) => {
      if (!second && !isOver) timer = setTimeout(() => void startSecond(true), time)
    }
    const first = run({ isSecond: false, isBeside: false, lost: lost[0].signal, answered })
    void first.then(async () => {
      clearTimeout(timer)
      if (isOver) return
      if (second || retried.some(code => hasCode(errors[0], code))) await startSecond(false)
      if (!isOver) end(() => reject(hasCode(errors[1], 'EREFUSED') ? errors[0] : (errors[1] ?? errors[0])))
    })
  })
}
