/** Tells of names that nobody knows: a misspelt one would do nothing, and say nothing. */

/** Characters that are looked at. */
const MAX_LENGTH = 64

/** Names the nearest name, as `; the nearest is 'x'`; nothing if less than two thirds are the same. Only the last part of a path counts. */
export function suggest(name: string, known: readonly string[]): string {
  const given = plain(name)
  let [least, nearest] = [Math.min(given.length, Math.max(2, 1 + given.length / 3)), '']
  for (const path of known) {
    const distance = editDistance(given, plain(path.replace(/.*\./, '')))
    if (distance < least) [least, nearest] = [distance, path]
  }
  return nearest && `; the nearest is '${nearest}'`
}

/** Names are written in two ways here: `maxConnections`, `peer_connection_timeout`. */
function plain(name: string): string {
  return name.slice(0, MAX_LENGTH).toLowerCase().replaceAll('_', '')
}

/** How many characters must be changed, added or taken away (Levenshtein). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const [above = 0, diagonal = 0, left = 0] = [row[j], row[j - 1], next[j - 1]]
      next.push(Math.min(above + 1, left + 1, diagonal + Number(a[i - 1] !== b[j - 1])))
    }
    row = next
  }
  return row[b.length] ?? 0
}
