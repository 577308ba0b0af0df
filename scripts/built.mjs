/** What has been built, and of which sources: nothing is built twice. */

import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The top of the repository. */
export const root = fileURLToPath(new URL('..', import.meta.url))

/**
 * What is built: `stamp` holds the state of the `sources` that it was built from, and `files` are the last things that are written.
 */
export const ALL = {
  stamp: `${root}build/.setup-stamp`,
  sources: ['src', 'demo', 'test', 'bench', 'scripts', 'tsconfig.json', 'package.json', 'package-lock.json'],
  files: ['dist/index.js', 'dist/browser.js', 'build/demo/node.js', 'build/page/page.js']
}
/** The part of it that `npm start` runs. */
export const START = {
  stamp: `${root}build/start/.setup-stamp`,
  sources: ['src', 'demo', 'scripts', 'package-lock.json'],
  files: ['build/start/node.js', 'build/page/page.js']
}

export function isBuilt({ stamp, sources, files }) {
  const isThere = [stamp, ...files.map(file => root + file)].every(existsSync)
  return isThere && readFileSync(stamp, 'utf8') === stateOf(sources)
}

/** Builds something, and notes of which sources. */
export async function markBuilt({ stamp, sources }, work) {
  const state = stateOf(sources) // as of now: they may change meanwhile
  rmSync(stamp, { force: true })
  await work()
  writeFileSync(stamp, state)
}

/** A hash of the names, sizes and times of sources. */
function stateOf(sources) {
  const hash = createHash('sha256')
  for (const source of sources) hash.update(listFiles(source).join('\n'))
  return hash.digest('hex')
}

/** A line for each file. */
function listFiles(path) {
  const stats = statSync(root + path)
  if (!stats.isDirectory()) return [`${path} ${stats.size} ${stats.mtimeMs}`]
  const names = readdirSync(root + path).filter(name => name !== 'node_modules')
  return names.sort().flatMap(name => listFiles(join(path, name)))
}
