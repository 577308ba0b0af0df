/** Nodes in terminals, as `npm start` runs them, call each other. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import test from 'tape'
import { PROGRAM, startDemoNode } from './demo-node.js'

test('a node in a terminal calls another one, by its id or by the first digits of it', async t => {
  const first = await startDemoNode()
  const second = await startDemoNode(undefined, '--join', `127.0.0.1:${first.port}`)
  try {
    second.type(`call ${first.id} "good morning"`)
    await second.waitForOutput(
      /answers: "Hello from a terminal\."\n.*connected in [\d.]+ s, there and back in [\d.]+ ms/
    )
    await first.waitForOutput(new RegExp(`« ${second.id.slice(0, 8)} calls: "good morning"`))
    first.type(`call ${second.id.slice(0, 8).toUpperCase()}`)
    await second.waitForOutput(new RegExp(`« ${first.id.slice(0, 8)} calls: "hello"`))
    await first.waitForOutput(new RegExp(`✓ ${second.id.slice(0, 8)} answers: "Hello from a terminal\\."`))
    first.type('call')
    await first.waitForOutput(/✗ Whom\?.*\n {2}Type it like this: call <id> \[text\]/)
    first.type(`call ${first.id}`)
    await first.waitForOutput(/✗ That is this node itself\./)
    const unknown = second.id.startsWith('0000') || first.id.startsWith('0000') ? '1111' : '0000'
    first.type(`call ${unknown}`)
    await first.waitForOutput(new RegExp(`✗ No known id begins with ${unknown}\\.`))
    first.type(`call ${unknown.repeat(10)}`)
    await first.waitForOutput(/✗ Nobody with this id answers\./)
    t.pass('each has said so')
  } finally {
    await second.stop()
    await first.stop()
  }
})

test('a path that cannot be shared is said to be so, and ends the node', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'webtorrent-dht-seed-'))
  try {
    t.match(await failToSeed(join(folder, 'nothing')), /✗ --seed is '.*nothing'; there is no file or folder/)
    t.match(await failToSeed(''), /✗ --seed is ''; it should be the path of a file or a folder/)
    writeFileSync(join(folder, 'empty'), '')
    t.match(await failToSeed(join(folder, 'empty')), /✗ --seed is '.*empty'; that file is empty/)
    rmSync(join(folder, 'empty'))
    t.match(await failToSeed(folder), /✗ ".*" cannot be shared: there is no file in it/)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

function failToSeed(path: string): Promise<string> {
  return fail('--port', '0', '--seed', path)
}

/** Gives what it says on standard error. */
async function fail(...args: string[]): Promise<string> {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: 60_000
  })
  const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')])
  if (code !== 1) throw new Error(`it ended with ${code}: ${said}`)
  return said
}

test('a node that cannot listen says why, and what to do', async t => {
  const first = await startDemoNode()
  try {
    t.match(
      await fail('--port', String(first.port)),
      new RegExp(`✗ Port ${first.port} is taken\\. .*--join 127\\.0\\.0\\.1:${first.port}`)
    )
    t.match(
      await fail('--port', '0', '--host', '203.0.113.5'),
      /✗ 203\.0\.113\.5 is not an address of this machine/
    )
    t.match(
      await fail('--port', '0', '--host', 'a b'),
      /✗ address is 'a b'; it should be an address of this machine/
    )
    t.match(await fail('--join', 'nowhere'), /✗ --join is 'nowhere'; it should be host:port/)
    t.match(await fail('--public', 'https://x/'), /✗ --public is 'https:\/\/x\/'; it should be host:port/)
  } finally {
    await first.stop()
  }
})

test('a node that nobody lets in says why', async t => {
  const { port, stop } = await startDemoNode()
  await stop()
  const node = await startDemoNode(undefined, '--join', `127.0.0.1:${port}`)
  try {
    const reason = `http://127\\.0\\.0\\.1:${port}/: nobody listens there`
    await node.waitForOutput(
      new RegExp(`Nobody lets this node in at 127\\.0\\.0\\.1:${port}\\..*\n.*\n {2}${reason}`)
    )
    t.pass('it has said so')
  } finally {
    await node.stop()
  }
})
