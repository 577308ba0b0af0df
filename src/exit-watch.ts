/**
 * Ends the threads of `node-datachannel` where they alone keep the process, which hundreds of connections can lead to. Not in a process
 * that lives on: `cleanup` waits for connections that have not ended, and meanwhile the main thread stops where it makes a new one.
 */

import { isOtherwiseIdle } from './idle-process.js'
import type { OpenConnections } from './open-connections.js'

/** Milliseconds between two looks at whether anything but these threads keeps the process. */
const INTERVAL = 1000

/** What a process is asked and told. */
interface OwnProcess {
  isOtherwiseIdle(): boolean
  exit(): void
}

const OWN: OwnProcess = { isOtherwiseIdle, exit: () => process.exit() }

/**
 * @param cleanup throws where a connection does not end
 * @returns a function that lets the process exit from now on, until there are connections again
 */
export function createExitWatch(
  open: Pick<OpenConnections, 'count'>,
  cleanup: () => void,
  own = OWN
): () => void {
  let timer: ReturnType<typeof setInterval> | undefined
  const stop = () => {
    clearInterval(timer)
    timer = undefined
  }
  const check = () => {
    if (open.count > 0) return stop() // the next node that closes looks again
    if (!own.isOtherwiseIdle()) return
    stop()
    try {
      cleanup()
    } catch {
      // "Possible deadlock": a connection did not end, as happens on a busy machine. Its thread would keep the process for ever.
      if (own.isOtherwiseIdle()) own.exit()
    }
  }
  return () => {
    timer ??= setInterval(check, INTERVAL)
    timer.unref?.()
  }
}
