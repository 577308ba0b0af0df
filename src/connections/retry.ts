/** Tries once more where signals were exchanged and no connection came of it: some are lost, to anything on the way. */

import { WebTorrentDHTError } from '../errors.js'

const MAX_ATTEMPTS = 2

/** Runs `attempt` until it gives something else than a connection that failed. It gets the number of attempts before it. */
export async function retryFailedConnection<T>(attempt: (attemptsBefore: number) => Promise<T>): Promise<T> {
  for (let attemptsBefore = 0; ; attemptsBefore++) {
    try {
      return await attempt(attemptsBefore)
    } catch (error) {
      const isFailedConnection = error instanceof WebTorrentDHTError && error.code === 'ECONNFAILED'
      if (!isFailedConnection || attemptsBefore + 1 === MAX_ATTEMPTS) throw error
    }
  }
}
