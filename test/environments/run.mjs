/**
 * `npm run test:environments`: the packed package in other environments than this repository's. Each is installed by itself, in a
 * temporary folder, and removed again. Prints a row of docs/environments.md for each run; exits with 1 if one differs from it.
 * Names of environments as arguments run only these.
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { npm, run, setUp } from '../../scripts/setup.mjs'
import { jest } from './kinds/jest.mjs'
import { next } from './kinds/next.mjs'
import { node, node22, node24, node26 } from './kinds/node.mjs'
import { bun, deno } from './kinds/others.mjs'
import { vite } from './kinds/vite.mjs'
import { vitest } from './kinds/vitest.mjs'
import { Project } from './project.mjs'

const KINDS = [node, node22, node24, node26, vitest, jest, next, vite, bun, deno]

const wanted = process.argv.slice(2)
const chosen = KINDS.filter(({ name }) => wanted.length === 0 || wanted.includes(name))
const scratch = mkdtempSync(join(tmpdir(), 'webtorrent-dht-packed-'))
let failed = 0
try {
  await setUp()
  const tarball = await pack()
  console.log('| Environment | What was run | Result |\n| --- | --- | --- |')
  for (const kind of chosen) await runKind(kind, tarball)
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
console.log(failed === 0 ? '\nAll as described.' : `\n${failed} not as described.`)
process.exitCode = failed === 0 ? 0 : 1

async function pack() {
  const [command, args, options] = npm([
    'pack',
    '--ignore-scripts',
    '--json',
    `--pack-destination=${scratch}`
  ])
  const { code, output } = await run(command, args, options)
  if (code !== 0) throw new Error(output)
  const [{ filename }] = Object.values(JSON.parse(output.slice(output.indexOf('['))))
  return join(scratch, filename)
}

/** Skips what cannot be installed here: an environment, or one run of it. */
async function runKind(kind, tarball) {
  const project = new Project(kind.files)
  try {
    if (!(await isInstalled(kind.name, project, tarball, ...kind.packages))) return
    for (const row of kind.rows) {
      const isComplete = !row.adds || (await isInstalled(kind.name, project, ...row.adds))
      if (isComplete) await runRow(kind, row, project)
    }
  } finally {
    project.remove()
  }
}

async function isInstalled(name, project, ...packages) {
  try {
    await project.install(...packages)
    return true
  } catch (error) {
    console.log(`| ${name} | skipped: it cannot be installed here | ${error.message} |`)
    return false
  }
}

async function runRow({ name, versionOf }, { what, run: start, expected }, project) {
  const { code, output } = await start(project)
  const results = [...output.matchAll(/result: (.*)/g)].map(([, result]) => result)
  const isExpected = code === 0 && results.length > 0 && results.every(result => result === expected)
  console.log(
    `| ${name} ${versionOf(project)} | ${what} | ${[...new Set(results)].join(', ') || 'nothing'} |`
  )
  if (isExpected) return
  failed++
  console.log(`expected: ${expected}; it ended with ${code}:\n${output}\n`)
}
