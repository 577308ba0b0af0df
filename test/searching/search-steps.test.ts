/** The event `'search'` of real nodes. */

import test from 'tape'
import type { SearchStep } from '../../src/index.js'
import { createJoined, createNode, destroyAll } from '../helpers/nodes.js'

const INFO_HASH = 'c0ffee'.padEnd(40, '0')

test('a lookup tells its steps: it begins, asks over neighbours, gets replies, and ends', async t => {
  const first = await createNode()
  const second = await createJoined(first)
  const third = await createJoined(first)
  try {
    const steps: SearchStep[] = []
    third.on('search', step => {
      if (step.target.toString('hex') === INFO_HASH) steps.push(step)
    })
    const replied = await new Promise<number>((resolve, reject) =>
      third.lookup(INFO_HASH, (error, count = 0) => (error ? reject(error) : resolve(count)))
    )
    t.deepEqual([steps[0]?.name, steps.at(-1)?.name], ['began', 'ended'])
    t.equal(new Set(steps.map(({ search, method }) => `${search} ${method}`)).size, 1, 'of one search')
    const idsOf = (name: SearchStep['name']) =>
      steps.flatMap(step => (step.name === name && step.id ? [step.id.toString('hex')] : []))
    const others = [first, second].map(({ nodeId }) => nodeId.toString('hex'))
    t.deepEqual(idsOf('replied').sort(), others.sort())
    t.equal(replied, 2)
    const neighbours = third.socket.known_nodes().filter(({ state }) => state === 'connected')
    const isNeighbour = (via: Uint8Array | null) =>
      neighbours.some(({ id }) => via !== null && id === Buffer.from(via).toString('hex'))
    t.ok(steps.filter(({ name }) => name === 'replied').every(({ via }) => isNeighbour(via)))
    t.ok(steps.filter(({ name }) => name === 'asked').every(({ via }) => isNeighbour(via)))
  } finally {
    await destroyAll(first, second, third)
  }
})

test('a listener for steps that throws is a warning, and the search goes on', async t => {
  const first = await createNode()
  const second = await createJoined(first)
  try {
    second.on('search', () => {
      throw new Error('of the listener')
    })
    const warnings: string[] = []
    second.on('warning', ({ message }) => warnings.push(message))
    await new Promise<void>((resolve, reject) =>
      second.lookup(INFO_HASH, error => (error ? reject(error) : resolve()))
    )
    t.match(warnings.join(), /of the listener/)
  } finally {
    await destroyAll(first, second)
  }
})
