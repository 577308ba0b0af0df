/** The version of the package. */

import { existsSync, readFileSync } from 'node:fs'

export const version: string = readVersion(new URL('.', import.meta.url))

/** Looks in each folder above: this file is packed in `dist/cli/`, and compiled for tests in `build/src/cli/`. */
function readVersion(folder: URL): string {
  const file = new URL('package.json', folder)
  if (!existsSync(file)) return readVersion(new URL('..', folder))
  const { version } = JSON.parse(readFileSync(file, 'utf8'))
  return String(version)
}
