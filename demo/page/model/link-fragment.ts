/** What a link to this page has after the `#`: `room=chess%20club`, for example. */

/** The rest of a fragment that begins so, of a link or alone; `null` if it does not. */
export function fragmentOf(text: string, name: string): string | null {
  const fragment = text.slice(text.indexOf('#') + 1).trim()
  if (!fragment.startsWith(`${name}=`)) return null
  try {
    return decodeURIComponent(fragment.slice(name.length + 1))
  } catch {
    return null // not written by this page
  }
}

/** Calls back with what the page's address has under a name, now and whenever it changes. @returns what ends it */
export function followFragment(name: string, onFragment: (value: string) => void): () => void {
  const follow = () => {
    const value = fragmentOf(location.hash, name)
    if (value !== null) onFragment(value)
  }
  follow()
  addEventListener('hashchange', follow)
  return () => removeEventListener('hashchange', follow)
}
