/** Leaves those declarations in dist/ that the exports of package.json lead to. */

import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

export function keepPublicDeclarations() {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const kept = new Set()
  for (const { types } of Object.values(exports)) if (types) follow(join(root, types), kept)
  for (const path of readdirSync(join(root, 'dist'), { recursive: true })) {
    const file = join(root, 'dist', path)
    if (file.endsWith('.d.ts') && !kept.has(file)) rmSync(file)
  }
}

/** Adds a declaration file, and those that it imports. */
function follow(file, kept) {
  if (kept.has(file)) return
  kept.add(file)
  const text = readFileSync(file, 'utf8')
  for (const [, path] of text.matchAll(/(?:from|import)\s*\(?\s*['"](\.[^'"]+)\.js['"]/g))
    follow(join(dirname(file), `${path}.d.ts`), kept)
}
