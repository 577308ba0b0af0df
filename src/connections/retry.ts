/** Tries once more where signals were exchanged and no connection came of it: some are lost, to anything on the way. */

import { WebTorrentDHTError } from '../errors.js'

/** Runs `attempt`, and again if it ended in a connection that failed. */
export async function retryFailedConnection<T>(attempt: (isSecond: boolean) => Promise<T>): Promise<T> {
  try {
    return await attempt(false)
  } catch (error) {
    const isFailedConnection = error instanceof WebTorrentDHTError && error.code === 'ECONNFAILED'
    if (!isFailedConnection) throw error
    return attempt(true)
  }
}
