/** The programs in README.md do what they say, and end by themselves. */

import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'tape'
import { createNode, destroyAll, placeOf } from '../helpers/nodes.js'

interface Program {
  name: string
  prints: string
  code: string
}

/** Milliseconds; each takes less than one second. */
const DEADLINE = 20_000
const DEFAULT_BOOTSTRAP = '127.0.0.1:16881'
const PACKAGE = new URL('../../src/index.js', import.meta.url).href

const text = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8')
const programs = readPrograms()

test('README.md has programs for joining, finding, storing, signing, reaching, and own queries', t => {
  t.equal(programs.length, text.match(/^```js$/gm)?.length, 'each has a name, and says what it prints')
  t.equal(programs.length, 7)
  t.end()
})

test('README.md says what each error code means', t => {
  const source = readFileSync(new URL('../../../src/errors.ts', import.meta.url), 'utf8')
  const union = /^export type ErrorCode =\n((?: {2}\| .*\n)+)/m.exec(source)?.[1] ?? ''
  const codes = [...union.matchAll(/\| '?(\w+)'?/g)].map(([, code]) => code)
  const table = /^### Errors$.*?^## /ms.exec(text)?.[0] ?? ''
  const explained = [...table.matchAll(/^\| (`.*?) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`(\w+)`/g)].map(([, code]) => code)
  )
  t.ok(codes.length > 10)
  t.deepEqual(explained.sort(), codes.sort())
  t.end()
})

for (const { name, prints, code } of programs) {
  test(`README.md: ${name}`, async t => {
    const bootstrap = await createNode()
    const folder = mkdtempSync(join(tmpdir(), 'webtorrent-dht-readme-'))
    try {
      const file = join(folder, 'program.mjs')
      writeFileSync(
        file,
        code.replaceAll(DEFAULT_BOOTSTRAP, placeOf(bootstrap)).replaceAll("'webtorrent-dht'", `'${PACKAGE}'`)
      )
      const { exit, output } = await run(file)
      t.equal(exit, 0, 'it ends by itself')
      t.equal(output.trim(), prints)
    } finally {
      rmSync(folder, { recursive: true, force: true })
      await destroyAll(bootstrap)
    }
  })
}

function readPrograms(): Program[] {
  const pattern = /^```js\n(\/\/ example: (.*?)\n\/\/ prints: (.*?)\n.*?)^```$/gms
  return [...text.matchAll(pattern)].map(([, code = '', name = '', prints = '']) => ({ name, prints, code }))
}

/** Runs a program; `exit` is its code, or the signal that ended it. */
async function run(file: string): Promise<{ exit: number | string | null; output: string }> {
  const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'], timeout: DEADLINE })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', text => {
    output += text
  })
  return new Promise(resolve => {
    child.once('close', (code, signal) => resolve({ exit: signal ?? code, output }))
  })
}
