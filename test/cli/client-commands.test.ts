/** `lookup`, `announce`, `get`, `put` and `id`, at a node that serves. */

import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'tape'
import { run, serve } from './program.js'

test('a text that was put is got, as it is, through a pipe', async t => {
  const served = await serve([])
  t.teardown(() => served.stop())
  const bootstrap = ['--bootstrap', `127.0.0.1:${served.port}`]
  const put = await run(['put', ...bootstrap], { stdin: 'hello\u001b[31m' })
  t.equal(put.code, 0)
  t.match(put.stderr, /✓ Stored at 1 node/)
  t.match(put.stdout, /^[0-9a-f]{40}\n$/)
  const got = await run(['get', put.stdout.trim(), ...bootstrap])
  t.deepEqual([got.code, got.stdout], [0, 'hello\u001b[31m'])
  const nothing = await run(['get', '0'.repeat(40), ...bootstrap])
  t.deepEqual([nothing.code, nothing.stdout], [1, ''])
  t.match(nothing.stderr, /✗ Nobody has it\./)
})

test('a signed text is replaced by the next one of the same key', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'webtorrent-dht-put-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const served = await serve([])
  t.teardown(() => served.stop())
  const flags = ['--salt', 'profile', '--bootstrap', `127.0.0.1:${served.port}`]
  const put = (text: string) => run(['put', text, '--sign-with', join(folder, 'key'), ...flags])
  const [first, second] = [await put('one'), await put('two')]
  t.match(second.stderr, /version 2/)
  t.equal(first.stdout, second.stdout)
  const [, command = ''] = /Others get it with: webtorrent-dht (.*)/.exec(first.stderr) ?? []
  t.equal(command, `get ${first.stdout.trim()} ${flags.join(' ')}`, 'with the flags that were given')
  const got = await run(command.split(' '))
  t.equal(got.stdout, 'two')
  t.match(got.stderr, /Version 2, rightly signed/)
  t.equal((await run(['put', 'x', '--salt', 'y'])).code, 2)
})

test('who announces is found for as long as it runs', async t => {
  const served = await serve([])
  t.teardown(() => served.stop())
  const bootstrap = ['--bootstrap', `127.0.0.1:${served.port}`]
  const nobody = await run(['lookup', 'a film', ...bootstrap])
  t.deepEqual([nobody.code, nobody.stdout], [1, ''])
  t.match(nobody.stderr, /^✗ No peer found$/m)
  const program = served.process.spawnargs[1] ?? ''
  const announcer = spawn(process.execPath, [program, 'announce', 'a film', '6881', ...bootstrap])
  const ended = new Promise(resolve => announcer.once('exit', resolve))
  const command = await new Promise<string>(resolve =>
    announcer.stdout.once('data', text => resolve(String(text)))
  )
  const found = await run(command.trim().split(' ').slice(1))
  t.equal(found.code, 0)
  t.match(found.stdout, /^127\.0\.0\.1:6881 +node [0-9a-f]{8}\n$/)
  const [, hash = ''] = /lookup ([0-9a-f]{40})/.exec(command) ?? []
  const linked = await run(['lookup', `magnet:?dn=x&xt=urn:btih:${hash.toUpperCase()}&tr=y`, ...bootstrap])
  t.equal(linked.stdout, found.stdout, 'a magnet link is read')
  t.equal((await run(['lookup', 'magnet:?xt=urn:btmh:1220', ...bootstrap])).code, 2)
  announcer.kill('SIGINT')
  t.equal(await ended, 0)
})

test('a place where nobody is, and a command that takes too long, are said to be so', async t => {
  const served = await serve([])
  await served.stop()
  const gone = await run(['lookup', 'x', '--bootstrap', `127.0.0.1:${served.port}`])
  t.equal(gone.code, 1)
  t.match(gone.stderr, /✗ No node lets this one in: http:\/\/127\.0\.0\.1:\d+\/: nobody listens there/)
  t.match((await run(['get', '123'])).stderr, /✗ A key is 40 hex digits/)
  t.match(
    (await run(['announce', 'x', '70000'])).stderr,
    /✗ peer-port is '70000'; it should be a whole number/
  )
  t.match((await run(['id'])).stderr, /✗ id needs --data or --identity/)
})
