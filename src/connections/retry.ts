/** Tries once more where signals were exchanged and no connection came of it: some are lost, to anything on the way. */

import { WebTorrentDHTError } from '../errors.js'

const OPEN_TIME_PER_SIGNAL_TIME = 10

/**
 * Milliseconds from the answer to an open connection, where another attempt can follow: one may be lost without an event. Where the
 * signals travelled fast the link is fast.
 *
 * @param signalTime that the offer and the answer took to travel
 */
export function firstOpenTimeout(shortest: number, signalTime: number): number {
  return Math.max(shortest, OPEN_TIME_PER_SIGNAL_TIME * signalTime)
}

/** Runs `attempt`, and again if it ended in a connection that failed. */
export async function retryFailedConnection<T>(attempt: (isSecond: boolean) => Promise<T>): Promise<T> {
  try {
    return await attempt(false)
  } catch (error) {
    if (!isFailedConnection(error)) throw error
    return attempt(true)
  }
}

/** Whether signals were exchanged, and no connection came of it. */
export function isFailedConnection(error: unknown): boolean {
  return error instanceof WebTorrentDHTError && error.code === 'ECONNFAILED'
}
