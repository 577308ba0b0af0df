/**
 * `debug` in pages: `localStorage.debug` says at the start whose lines go to the console, as `debug` has it: names with `*`,
 * separated by commas or spaces, `-` before those that stay silent. The console formats the lines, and gives them their time.
 */

export default function createDebug(namespace: string) {
  const patterns = readPatterns().split(/[\s,]+/)
  const enabled =
    patterns.some(pattern => !pattern.startsWith('-') && isMatch(pattern, namespace)) &&
    !patterns.some(pattern => pattern.startsWith('-') && isMatch(pattern.slice(1), namespace))
  const debug = (format: unknown, ...values: unknown[]) => {
    if (enabled) console.debug(`${namespace} ${format}`, ...values)
  }
  return Object.assign(debug, { enabled })
}

function readPatterns(): string {
  try {
    return localStorage.getItem('debug') ?? ''
  } catch {
    return '' // the user allows no storage, or this is a worker
  }
}

function isMatch(pattern: string, namespace: string): boolean {
  const expression = pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')
  return new RegExp(`^${expression}$`).test(namespace)
}
