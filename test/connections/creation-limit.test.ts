/** The limit on making connections that all nodes of a page share. */

import test from 'tape'
import { CreationLimit } from '../../src/connections/creation-limit.js'
import { WebTorrentDHTError } from '../../src/errors.js'

/** A limit whose garbage collector is called by hand. */
function createLimit() {
  let collect = () => {}
  let nudges = 0
  const limit = new CreationLimit({
    watchCollection: onCollected => {
      collect = onCollected
      return { register: () => {} }
    },
    nudge: () => void nudges++
  })
  const make = async () => {
    await limit.take()
    limit.made({})
    limit.giveBack()
  }
  return { limit, make, collect: () => collect(), countNudges: () => nudges }
}

const codeOf = (error: unknown) => (error instanceof WebTorrentDHTError ? error.code : String(error))

test('a page makes as many connections at once as a node may have, then one per interval', async t => {
  const { limit, make } = createLimit()
  const startedAt = Date.now()
  for (let i = 0; i < 64; i++) await make()
  t.ok(Date.now() - startedAt < 400, '64 without waiting')
  t.equal(limit.uncollected, 64)
  const results = await Promise.allSettled(Array.from({ length: 20 }, make))
  const made = results.filter(({ status }) => status === 'fulfilled').length
  t.ok(made >= 1 && made <= 5, `${made} of 20 in the next second`)
  const refused = results.flatMap(result => (result.status === 'rejected' ? [codeOf(result.reason)] : []))
  t.deepEqual([...new Set(refused)], ['EFULL'], 'the others are refused')
})

test('a full queue refuses at once', async t => {
  const { make } = createLimit()
  for (let i = 0; i < 64; i++) await make()
  const waiting = Array.from({ length: 64 }, () => make().catch(codeOf))
  t.equal(await make().catch(codeOf), 'EFULL')
  await Promise.all(waiting)
})

test('closed connections count until they are collected, and a collection is requested', async t => {
  const { limit, make, collect, countNudges } = createLimit()
  for (let i = 0; i < 30; i++) await make()
  for (let i = 0; i < 30; i++) limit.closed()
  t.equal(limit.uncollected, 30)
  t.ok(countNudges() >= 1, 'asked')
  for (let i = 0; i < 30; i++) collect()
  t.equal(limit.uncollected, 0)
})

test('after a refusal by the browser, creation pauses', async t => {
  const { limit, make } = createLimit()
  limit.refused()
  t.equal(await make().catch(codeOf), 'EFULL')
})
