/** The programs in README.md and docs/ do what they say, and end by themselves; the documents lead to each other. */

import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'tape'
import { createNode, destroyAll, placeOf } from '../helpers/nodes.js'

interface Program {
  document: string
  name: string
  prints: string
  code: string
}

/** Milliseconds; each takes less than one second. */
const DEADLINE = 20_000
/** Folders with much in them, for people who work with a clone. */
const ONLY_IN_REPOSITORY = ['conformance', 'examples', 'test']
const DEFAULT_BOOTSTRAP = '127.0.0.1:16881'
const PACKAGE = new URL('../../src/index.js', import.meta.url).href

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const names = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'bep.md',
  'conformance/README.md',
  ...['docs', 'docs/beps'].flatMap(folder =>
    readdirSync(join(ROOT, folder)).flatMap(name => (name.endsWith('.md') ? [`${folder}/${name}`] : []))
  )
]
const documents = new Map(names.map(name => [name, readFileSync(join(ROOT, name), 'utf8')]))
const programs = [...documents].flatMap(([name, text]) => readPrograms(name, text))

test('the documents have programs, each with a name and what it prints', t => {
  const count = [...documents.values()].reduce((sum, text) => sum + (text.match(/^```js$/gm)?.length ?? 0), 0)
  t.equal(programs.length, count)
  t.equal(programs.length, 8)
  t.end()
})

test('the links from document to document lead somewhere', t => {
  const broken: string[] = []
  for (const [name, text] of documents) {
    for (const { path, anchor } of linksIn(name, text)) {
      const target = join(ROOT, path)
      const isThere = existsSync(target)
      const isNamed = !anchor || !isThere || headingsOf(readFileSync(target, 'utf8')).includes(anchor)
      if (!isThere || !isNamed) broken.push(`${name}: ${path}#${anchor ?? ''}`)
    }
  }
  t.deepEqual(broken, [])
  t.end()
})

test('the documents in the package lead to files in it, or into folders of the repository', t => {
  const { files }: { files: string[] } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const isIn = (path: string, places: string[]) =>
    places.some(place => path === place || path.startsWith(`${place}/`))
  const packed = [...files, 'README.md', 'LICENSE']
  const missing = [...documents]
    .filter(([name]) => isIn(name, packed))
    .flatMap(([name, text]) => linksIn(name, text).map(({ path }) => path))
    .filter(path => !isIn(path, [...packed, ...ONLY_IN_REPOSITORY]))
  t.deepEqual(missing, [])
  t.end()
})

test('CHANGELOG.md says nothing twice', t => {
  const changelog = readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8')
  const entries = Array.from(changelog.matchAll(/^- .{40}/gm), ([beginning]) => beginning)
  t.ok(entries.length > 100)
  t.deepEqual(
    entries.filter((entry, i) => entries.indexOf(entry) < i),
    [],
    'as after a merge'
  )
  t.end()
})

test('README.md is short', t => {
  t.ok((documents.get('README.md') ?? '').split('\n').length <= 150)
  t.end()
})

test('docs/api.md says what each error code means', t => {
  const source = readFileSync(new URL('../../../src/errors.ts', import.meta.url), 'utf8')
  const union = /^export type ErrorCode =\n((?: {2}\| .*\n)+)/m.exec(source)?.[1] ?? ''
  const codes = [...union.matchAll(/\| '?(\w+)'?/g)].map(([, code]) => code)
  const table = /^### Errors$.*?^##/ms.exec(documents.get('docs/api.md') ?? '')?.[0] ?? ''
  const explained = [...table.matchAll(/^\| (`.*?) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`(\w+)`/g)].map(([, code]) => code)
  )
  t.ok(codes.length > 10)
  t.deepEqual(explained.sort(), codes.sort())
  t.end()
})

for (const { document, name, prints, code } of programs) {
  test(`${document}: ${name}`, async t => {
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

function readPrograms(document: string, text: string): Program[] {
  const pattern = /^```js\n(\/\/ example: (.*?)\n\/\/ prints: (.*?)\n.*?)^```$/gms
  return [...text.matchAll(pattern)].map(([, code = '', name = '', prints = '']) => ({
    document,
    name,
    prints,
    code
  }))
}

/** The links of a document to files: their paths in the repository. */
function linksIn(name: string, text: string): { path: string; anchor: string | undefined }[] {
  return Array.from(text.matchAll(/\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]+))?\)/g), ([, path = '', anchor]) => ({
    path: (path === '' ? name : join(dirname(name), path)).replace(/\/$/, ''),
    anchor
  }))
}

/** The anchors of a document: those of its headings, as GitHub makes them, and those that it has. */
function headingsOf(text: string): string[] {
  const toAnchor = (heading: string) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-')
  const headings = Array.from(text.matchAll(/^#+ (.*)$/gm), ([, heading = '']) => toAnchor(heading))
  return [...headings, ...Array.from(text.matchAll(/<a id="(\w+)">/g), ([, name = '']) => name)]
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
