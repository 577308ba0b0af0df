/** A node that leaves hands its values over. */

import test from 'tape'
import type WebTorrentDHT from '../../src/index.js'
import { createJoined, createNode, destroyAll, within } from '../helpers/nodes.js'
import { createKeyPair, get, holds, makeMute, put } from '../helpers/values.js'

/** Notes the puts that a node gets. */
function notePuts(node: WebTorrentDHT): string[] {
  const puts: string[] = []
  node.on('put', key => puts.push(key.toString('hex')))
  return puts
}

test('a node that leaves hands over what it alone stores, to those that lack it only', async t => {
  const leaving = await createNode()
  const { key: lonely } = await put(leaving, 'put while it was alone')
  const others = [await createJoined(leaving), await createJoined(leaving)]
  const [first, second] = others as [WebTorrentDHT, WebTorrentDHT]
  const mutable = { ...createKeyPair(), v: 'of one', salt: 'salt' }
  const { key: signed } = await put(first, { ...mutable, seq: 1 })
  const { key: common } = await put(first, 'of all')
  second._values.remove(signed.toString('hex'))
  t.deepEqual([holds(first, lonely), holds(second, lonely), holds(second, signed)], [false, false, false])
  const puts = others.map(notePuts)
  t.deepEqual(await leaving.leave(), { values: 3, safe: 3 })
  t.ok(leaving.destroyed)
  for (const node of others)
    t.deepEqual(
      [lonely, signed, common].map(key => holds(node, key)),
      [true, node === second || holds(node, signed), true]
    )
  t.notOk(puts.flat().includes(common.toString('hex')), 'nobody is sent what he has')
  t.equal((await get(second, signed, { salt: 'salt' }))?.v.toString(), 'of one')
  await destroyAll(...others)
})

test('of a mutable value the newest version is handed over, to those with an older one too', async t => {
  const leaving = await createNode()
  const other = await createJoined(leaving)
  const value = createKeyPair()
  const { key } = await put(other, { ...value, v: 'old', seq: 1 })
  const old = leaving._values.get(key.toString('hex'))
  t.ok(old, 'it is stored')
  const third = await createJoined(leaving)
  await put(other, { ...value, v: 'new', seq: 2 })
  if (old) third._values.set(key.toString('hex'), old)
  t.deepEqual(await leaving.leave(), { values: 1, safe: 1 })
  t.equal(third._values.get(key.toString('hex'))?.seq, 2)
  await destroyAll(other, third)
})

test('a node that leaves takes no values, answers still, and goes in time', async t => {
  const leaving = await createNode()
  const { key } = await put(leaving, 'x')
  const slow = await createJoined(leaving)
  const other = await createJoined(leaving, { timeout: 300 })
  for (const node of [slow, other]) makeMute(node) // handing over takes as long as it may
  const left = leaving.leave({ timeout: 1500 })
  const refused = await put(other, 'y')
  t.deepEqual(refused.error?.refused, { 503: 1 }, refused.error?.message)
  t.equal((await get(other, key))?.v.toString(), 'x', 'what it has is found')
  t.equal(leaving.leave(), left, 'a second call is the first')
  t.deepEqual(await within('leave', left, 3000), { values: 1, safe: 0 })
  t.ok(leaving.destroyed)
  await destroyAll(slow, other)
})

test('a node that is alone, or destroyed, leaves at once', async t => {
  const node = await createNode()
  await put(node, 'x')
  t.deepEqual(await within('leave', node.leave(), 1000), { values: 1, safe: 0 })
  t.equal((await node.leave()).safe, 0)
  const destroyed = await createNode()
  await destroyAll(destroyed)
  t.deepEqual(await within('leave', destroyed.leave(), 1000), { values: 0, safe: 0 })
})
