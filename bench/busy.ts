/** Whether the machine has other work to do: times that are measured then say nothing. */

import { availableParallelism, loadavg } from 'node:os'

/** Of the processors, that others may use. */
const MAX_SHARE = 0.25

/** What keeps the machine busy, before a measurement begins; `null`: nothing. On Windows nobody knows. */
export function whyBusy(): string | null {
  const [load = 0] = loadavg()
  const processors = availableParallelism()
  return load > MAX_SHARE * processors ? `load ${load.toFixed(1)} on ${processors} processors` : null
}
