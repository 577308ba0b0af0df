/** Nodes in terminals, as `npm start` runs them, call each other. */

import test from 'tape'
import { startDemoNode } from './demo-node.js'

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
