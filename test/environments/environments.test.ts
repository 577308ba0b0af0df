/** Surroundings that need no other package: worker threads, two copies of the package, other realms, an import alone. */

import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath, pathToFileURL } from 'node:url'
import test from 'tape'

const build = fileURLToPath(new URL('../../', import.meta.url))
/** Milliseconds for a program to end by itself. */
const DEADLINE = 30_000

/** Runs a program until it ends by itself. */
async function run(name: string, ...args: string[]): Promise<{ said: unknown; end: number | string | null }> {
  const program = fileURLToPath(new URL(`programs/${name}.js`, import.meta.url))
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: DEADLINE
  })
  const exit = new Promise<number | string | null>(resolve =>
    child.once('exit', (code, signal) => resolve(signal ?? code))
  )
  const output = await text(child.stdout)
  return { said: JSON.parse(output || 'null'), end: await exit }
}

for (const end of ['destroy', 'exit', 'throw', 'terminate', 'alone']) {
  test(`a node in a worker thread is told why it has no WebRTC, and the process lives on (${end})`, async t => {
    const { said, end: exit } = await run('beside-workers', end)
    t.equal(exit, 0)
    const { said: workers, found } = said as { said: { reason: string; nodes: number }[]; found?: number }
    const nodes = end === 'destroy' ? 1 : 0 // the others do not wait
    t.ok(
      workers.every(worker => worker.nodes === nodes),
      `each has joined ${nodes} over WebSocket`
    )
    t.ok(workers.every(({ reason }) => /worker thread.*child process.*werift/.test(reason)))
    t.ok(
      end === 'alone' ? found === undefined : (found ?? 0) >= 1,
      'the main thread goes on asking its neighbour'
    )
  })
}

test('destroying the nodes of one copy of the package leaves those of another connected', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'webtorrent-dht-copy-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const copy = join(folder, 'build')
  for (const part of ['src', 'test/helpers']) cpSync(join(build, part), join(copy, part), { recursive: true })
  cpSync(join(build, '../package.json'), join(folder, 'package.json'))
  symlinkSync(join(build, '../node_modules'), join(folder, 'node_modules'), 'junction')
  const { said, end } = await run('two-copies', pathToFileURL(`${copy}/`).href)
  t.equal(end, 0)
  t.deepEqual(said, { isOther: true, visited: 1, lost: [] })
})

test('nodes work where the global Uint8Array is of another realm', async t => {
  const { said, end } = await run('other-realm')
  t.equal(end, 0)
  t.deepEqual(said, {
    ports: [4000],
    value: 'v',
    kinds: { buffer: true, plain: true, other: false, derived: false }
  })
})

test('the import alone loads no native library and starts no timer, and the process ends by itself', async t => {
  const { said, end } = await run('import-only')
  t.equal(end, 0)
  t.deepEqual(said, { kind: 'function', native: [], timers: [] })
})
