/**
 * The servers that the tests of docs/deploy/ run: Debian's packages, installed in CI only, since on somebody's machine they would begin
 * to serve. `node scripts/services.mjs` prints where they are.
 */

import { fileURLToPath } from 'node:url'
import { aptInstall, findProgram } from './apt.mjs'

/** Debian's packages, by their programs. */
const PACKAGES = { nginx: 'nginx-light', caddy: 'caddy', turnserver: 'coturn', prometheus: 'prometheus' }

/** Installs what is missing, in CI, and says what is there. */
export async function ensureServices() {
  const missing = Object.keys(PACKAGES).filter(name => !findProgram(name))
  if (missing.length > 0 && process.env.CI) {
    await aptInstall(...missing.map(name => PACKAGES[name])).catch(error => console.log(error.message))
  }
  for (const [name, debianPackage] of Object.entries(PACKAGES)) {
    const path = findProgram(name)
    console.log(`${name}: ${path ?? `not here, its tests are skipped (Debian's package ${debianPackage})`}`)
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await ensureServices()
