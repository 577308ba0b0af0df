/** Small files are written whole or not at all. */

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type Test } from 'tape'
import { removeDrafts, writeOnce, writeWhole } from '../../src/cli/files.js'

const FILES = fileURLToPath(new URL('../../src/cli/files.js', import.meta.url))

function makeFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'webtorrent-dht-files-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

test('a file is replaced, or kept if it is there', t => {
  const folder = makeFolder(t)
  const path = join(folder, 'state.json')
  writeWhole(path, 'first')
  writeWhole(path, 'second')
  writeOnce(path, 'third')
  t.equal(readFileSync(path, 'utf8'), 'second')
  t.deepEqual(readdirSync(folder), ['state.json'])
  t.end()
})

const isLinux = process.platform === 'linux'
test('a disk that gets full keeps the file as it was, and leaves no draft', { skip: !isLinux }, t => {
  const folder = makeFolder(t)
  const path = join(folder, 'state.json')
  writeFileSync(path, 'good')
  // A process may write 4 KiB into a file; then, as on a full disk, a part is written, and the next write fails.
  const write = `
    process.on('SIGXFSZ', () => {})
    const { writeWhole } = await import(process.argv[1])
    try {
      writeWhole(process.argv[2], 'x'.repeat(6000))
      console.log('written')
    } catch ({ code }) {
      console.log(code)
    }`
  const script = 'ulimit -f 4 && exec "$0" --input-type=module --eval "$1" "$2" "$3"'
  const said = execFileSync('bash', ['-c', script, process.execPath, write, FILES, path], {
    encoding: 'utf8'
  })
  t.equal(said.trim(), 'EFBIG')
  t.equal(readFileSync(path, 'utf8'), 'good')
  t.deepEqual(readdirSync(folder), ['state.json'])
  t.end()
})

test('drafts of a killed process are removed, and nothing else', t => {
  const folder = makeFolder(t)
  const others = ['key', 'state.json', 'state.json.bak', 'other.json.0b1d2f3a-0000-4000-8000-000000000000']
  for (const name of [...others, 'state.json.0b1d2f3a-0000-4000-8000-000000000000'])
    writeFileSync(join(folder, name), '')
  removeDrafts(join(folder, 'state.json'))
  t.deepEqual(readdirSync(folder).sort(), others.sort())
  t.end()
})
