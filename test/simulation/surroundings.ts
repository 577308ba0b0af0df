/** What the code that is simulated has around it in one process, for as long as a simulation runs. */

import type { Http } from './http.js'
import type { Violations } from './violations.js'

/** @returns puts everything back */
export function replaceFetch(http: Http): () => void {
  const { fetch } = globalThis
  globalThis.fetch = http.fetch
  return () => {
    globalThis.fetch = fetch
  }
}

/** Notes what would have ended the process of a node. @returns ends it */
export function watchProcess(violations: Violations): () => void {
  const note = (error: unknown) => violations.addUncaught(error)
  process.on('unhandledRejection', note)
  process.on('uncaughtException', note)
  return () => {
    process.off('unhandledRejection', note)
    process.off('uncaughtException', note)
  }
}
