/** Warnings that nobody listens for: they are printed, or a misspelt option or a wrong place would be known to nobody. */

import type { Platform } from '../platform.js'

/** A warning is printed once, however many nodes have it; and not more than these. */
const MAX_PRINTED = 100
const printed = new Set<string>()

/** Prints a warning, unless it was printed before. */
export function printWarning({ warn }: Platform, warning: Error): void {
  const { size } = printed
  if (size < MAX_PRINTED && printed.add(warning.message).size > size) warn(warning)
}
