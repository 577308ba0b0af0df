/** The file that keeps the key of a node in a terminal. */

import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'tape'
import { keyIn } from '../../src/cli/node-key.js'

test('a key is made once, for its owner only, and is the same the next time', t => {
  const folder = mkdtempSync(join(tmpdir(), 'webtorrent-dht-key-'))
  try {
    const path = join(folder, 'key')
    const key = keyIn(path)
    t.match(key, /^[0-9a-f]{64}$/)
    t.equal(statSync(path).mode & 0o777, 0o600)
    t.equal(keyIn(path), key)
    t.notEqual(keyIn(join(folder, 'other')), key)
    writeFileSync(join(folder, 'none'), 'hello')
    t.throws(() => keyIn(join(folder, 'none')), /--key is '.*none', which cannot be used: it has no key/)
    t.equal(readFileSync(join(folder, 'none'), 'utf8'), 'hello', 'it is left as it is')
    t.throws(() => keyIn(join(folder, 'no', 'folder')), /which cannot be used: ENOENT/)
    t.throws(() => keyIn(folder), /which cannot be used: EISDIR/)
  } finally {
    rmSync(folder, { recursive: true })
  }
  t.end()
})
