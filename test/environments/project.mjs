/** A project of a user in a temporary folder: the packed package, and what its environment needs, installed by npm. */

import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { npm, run } from '../../scripts/setup.mjs'

/** Milliseconds for an installation, a build or a run. What takes longer has not ended by itself. */
const DEADLINE = 240_000
const PLAY = new URL('play.mjs', import.meta.url)
const { dependencies: VERSIONS } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'))

export class Project {
  #folder = mkdtempSync(join(tmpdir(), 'webtorrent-dht-environment-'))

  /** @param files their contents by name */
  constructor(files) {
    this.write({ 'package.json': '{ "private": true, "type": "module" }', ...files })
    cpSync(PLAY, join(this.#folder, 'play.mjs'))
  }

  write(files) {
    for (const [name, content] of Object.entries(files)) {
      const path = join(this.#folder, name)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, content)
    }
  }

  /** Installs packages in the versions of package.json beside this file, or files. @throws Error */
  async install(...names) {
    const packages = names.map(name => (name in VERSIONS ? `${name}@${VERSIONS[name]}` : name))
    const [command, args] = npm(['install', '--no-audit', '--no-fund', '--loglevel=error', ...packages])
    const { code, output } = await this.run(command, args)
    if (code !== 0) throw new Error(`npm install: ${output.trim().split('\n').at(-1)}`)
  }

  /** The version of an installed package. */
  versionOf(name) {
    return JSON.parse(readFileSync(join(this.#folder, 'node_modules', name, 'package.json'), 'utf8')).version
  }

  /** A file in `node_modules`. */
  path(...parts) {
    return join(this.#folder, 'node_modules', ...parts)
  }

  /** Runs a program there until it ends by itself. @returns what it printed, and its exit code or the signal that ended it */
  run(command, args, env = {}) {
    return run(command, args, {
      cwd: this.#folder,
      timeout: DEADLINE,
      env: { ...process.env, NODE_OPTIONS: '', CI: '1', NO_COLOR: '1', ...env }
    })
  }

  remove() {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
