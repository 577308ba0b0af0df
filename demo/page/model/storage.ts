/** localStorage. Where the browser denies it, nothing is kept, and all else works. */

export function readItem(name: string): string | null {
  try {
    return localStorage.getItem(name)
  } catch {
    return null // denied to this page
  }
}

/** Says whether it is kept. */
export function writeItem(name: string, value: string): boolean {
  try {
    localStorage.setItem(name, value)
    return true
  } catch {
    return false // denied to this page, or full
  }
}

export function removeItem(name: string): void {
  try {
    localStorage.removeItem(name)
  } catch {
    // Denied to this page, so nothing is kept.
  }
}
