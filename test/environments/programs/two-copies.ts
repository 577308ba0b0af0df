/**
 * Two copies of the package in one thread: `node-datachannel` is the same for both. Two nodes of each, and those of the second are
 * destroyed. Prints how many nodes the first's lookup then visits, and which connections it has lost.
 */

import { setTimeout as pause } from 'node:timers/promises'
import { createPair, destroyAll } from '../../helpers/nodes.js'

/** Milliseconds in which the copy's connections are closed, and its share of the library with them. Nothing tells of it. */
const CLOSING_TIME = 500

const copy = new URL(process.argv[2] ?? '', 'file:')
const nodesOfCopy: { createPair: typeof createPair } = await import(
  new URL('test/helpers/nodes.js', copy).href
)

const [first, second] = await createPair()
const lost: string[] = []
first.socket.on('node_disconnected', (_, reason) => lost.push(String(reason)))
const others = await nodesOfCopy.createPair()
const isOther = others[0].constructor !== first.constructor
await destroyAll(...others)
await pause(CLOSING_TIME)
const visited = await new Promise(resolve => first.lookup(Buffer.alloc(20, 7), (_, count) => resolve(count)))
console.log(JSON.stringify({ isOther, visited, lost }))
await destroyAll(first, second)
