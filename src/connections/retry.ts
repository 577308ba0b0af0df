/** Retries once if both signals were exchanged but the connection did not open. */

import { hasCode } from '../errors.js'

const OPEN_TIME_PER_SIGNAL_TIME = 10

/**
 * Milliseconds for a connection to open after the answer, if a retry can follow: an attempt may fail without an event. If the
 * signals travelled fast, the link is fast.
 *
 * @param signalTime milliseconds that offer and answer took to travel
 */
export function firstOpenTimeout(shortest: number, signalTime: number): number {
  return Math.max(shortest, OPEN_TIME_PER_SIGNAL_TIME * signalTime)
}

/** Runs `attempt`, and once more if the connection did not open. */
export async function retryFailedConnection<T>(attempt: (isSecond: boolean) => Promise<T>): Promise<T> {
  try {
    return await attempt(false)
  } catch (error) {
    if (!hasCode(error, 'ECONNFAILED')) throw error
    return attempt(true)
  }
}
