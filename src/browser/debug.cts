/**
 * `debug` in pages: `localStorage.debug` says at the start whose lines go to the console, as `debug` has it: names with `*`,
 * separated by commas or spaces, `-` before those that stay silent. The console formats the lines, and gives them their time.
 */

const patterns = readPatterns().split(/[\s,]+/)
const wanted = patterns.filter(pattern => /^[^-]/.test(pattern)).map(toRegExp)
const unwanted = patterns
  .filter(pattern => pattern.startsWith('-'))
  .map(pattern => toRegExp(pattern.slice(1)))

function createDebug(namespace: string) {
  const enabled = isIn(wanted, namespace) && !isIn(unwanted, namespace)
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

function toRegExp(pattern: string): RegExp {
  return new RegExp(`^${pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`)
}

function isIn(list: RegExp[], namespace: string): boolean {
  return list.some(pattern => pattern.test(namespace))
}

// Packages require it as well as import it.
export = createDebug
