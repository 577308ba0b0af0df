/** The options of `leave`. */

import { optional, readOptions } from '../arguments.js'
import { readTime } from '../upstream-options.js'

/** Milliseconds. A service has some five seconds to stop, the closing of connections among them. */
const HAND_OVER_TIME = 4000

export interface LeaveOptions {
  /** Milliseconds that handing over takes at most. Default: 4000. */
  timeout?: number | undefined
}

/** @throws WebTorrentDHTError `EINVAL` */
export function readHandOverTime(options: LeaveOptions | null | undefined): number {
  const { timeout } = readOptions<LeaveOptions>(options, ['timeout'])
  return optional(readTime, 'options.timeout', timeout) ?? HAND_OVER_TIME
}
