/** When a routing table is refreshed. */

import { EventEmitter } from 'node:events'
import test, { type Test } from 'tape'
import { Refreshing } from '../../src/searching/refreshing.js'
import { HandClock } from '../helpers/hand-clock.js'

const SECONDS = 1000
const WIDTH = 8

/** Lets promises settle, until a refresh is over. */
const settle = () => new Promise(resolve => setImmediate(resolve))

/** A node that has joined and knows so many others, which know nobody. */
async function createJoined(t: Test, known: number) {
  const clock = new HandClock()
  const random = Math.random
  Math.random = () => 1 // the longest pauses
  const contacts = Array.from({ length: known }, (_, i) => ({
    id: Buffer.alloc(20, 0x80 + i),
    host: '240.0.0.1',
    port: i
  }))
  const searches: number[] = []
  const startedAt = performance.now()
  const node = {
    id: Buffer.alloc(20),
    destroyed: false,
    options: { idLength: 20, bucketSize: 2, lookupWidth: WIDTH },
    nodes: { closest: () => contacts.slice(0, WIDTH), toArray: () => contacts },
    query: () => {},
    connectTo: () => Promise.resolve(),
    populate: (_target: Buffer, _query: object, callback: (error: null) => void) => {
      searches.push((performance.now() - startedAt) / SECONDS)
      callback(null)
    }
  }
  const refreshing = new Refreshing(node, new EventEmitter())
  t.teardown(() => {
    refreshing.close()
    Math.random = random
    clock.restore()
  })
  refreshing.start()
  await settle()
  return {
    contacts,
    /** Lets seconds pass; gives the times of the searches so far. */
    async pass(seconds: number): Promise<number[]> {
      for (let i = 0; i < seconds; i++) {
        clock.move(1 * SECONDS)
        await settle()
      }
      return searches
    }
  }
}

test('a node that knows enough others refreshes after 20 s, then after twice as long each time', async t => {
  const node = await createJoined(t, WIDTH)
  t.deepEqual(await node.pass(200), [20, 60, 140])
})

test('a node that knows few others refreshes sooner, until it knows enough', async t => {
  const node = await createJoined(t, 3)
  t.deepEqual(await node.pass(13), [2, 6])
  node.contacts.push(
    ...Array.from({ length: WIDTH }, (_, i) => ({
      id: Buffer.alloc(20, 0xa0 + i),
      host: '240.0.0.2',
      port: i
    }))
  )
  t.deepEqual(await node.pass(60), [2, 6, 14, 34])
})

test('a node that knows nobody does not hurry: joining dials places by itself', async t => {
  const node = await createJoined(t, 0)
  t.deepEqual(await node.pass(61), [20, 60])
})
