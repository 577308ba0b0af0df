/**
 * Nodes of this package and of the predecessor, `webtorrent-dht@0.18.6`, in one network. Run `install.mjs` first.
 *
 * What is retried, and why: an *old* node may lose a step of its own through faults that no other node can mend. It makes
 * exactly two offers a query and takes a failed attempt for a missing node; it shifts answers onto the wrong offers when
 * one is missing; it closes every connection after 30 seconds that its own table of buckets of two does not need; and its
 * callbacks are never called when an answer is lost. So what an old node does is tried up to three times, and so is
 * finding what an old node stored; what our nodes do among themselves gets one try.
 */

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import test, { type Test } from 'tape'
import { Child, type Found, type Started } from '../helpers/child.js'
import { forkOldNode } from './old-node.js'

const TRIES = 3
const OURS = fileURLToPath(new URL('../helpers/swarm-worker.js', import.meta.url))
/** Nobody listens there: the predecessor cannot start without a place to join. */
const NOWHERE = ['127.0.0.1:1']

/** A node of either kind. */
interface Node {
  name: string
  isOld: boolean
  id: string
  /** What it takes to join through it. */
  place: string
  announce(infoHash: string): Promise<unknown>
  lookup(infoHash: string): Promise<Found>
  put(value: string): Promise<string>
  get(key: string): Promise<string | null>
  table(): Promise<string[]>
}

test('an old node joins through ours, and both find what the other stored', { timeout: 120_000 }, async t => {
  const ours = await startOurs(t, 'ours', [], true)
  const old = await startOld(t, 'old', [ours.place])
  await isKnown(t, ours, old)
  await isKnown(t, old, ours)
  await findsEachOther(t, [ours, old])
})

test('our node joins through an old one, and both find what the other stored', {
  timeout: 120_000
}, async t => {
  const old = await startOld(t, 'old', NOWHERE, true)
  const ours = await startOurs(t, 'ours', [old.place])
  await isKnown(t, ours, old)
  await isKnown(t, old, ours)
  await findsEachOther(t, [ours, old])
})

test('three of each find what the others stored', { timeout: 300_000 }, async t => {
  const first = await startOurs(t, 'ours 1', [], true)
  const old1 = await startOld(t, 'old 1', [first.place], true)
  const ours2 = await startOurs(t, 'ours 2', [first.place])
  const old2 = await startOld(t, 'old 2', [first.place])
  const ours3 = await startOurs(t, 'ours 3', [old1.place])
  const old3 = await startOld(t, 'old 3', [old1.place])
  await findsEachOther(t, [first, old1, ours2, old2, ours3, old3])
})

/** Each node announces and puts; each other one finds it. */
async function findsEachOther(t: Test, nodes: Node[]): Promise<void> {
  for (const [i, by] of nodes.entries()) {
    const infoHash = (i + 1).toString(16).padStart(2, '0').repeat(20)
    await attempt(t, by.isOld, () => by.announce(infoHash))
    for (const from of nodes.filter(node => node !== by)) {
      const isOldInvolved = by.isOld || from.isOld
      const found = await attempt(t, isOldInvolved, async () => {
        const { ports } = await from.lookup(infoHash)
        if (ports.length > 0) return ports
        if (by.isOld) await by.announce(infoHash) // it may have told only nodes that are gone for it now
        return undefined
      })
      t.ok(found, `${from.name} finds the announcement of ${by.name}`)
    }
    const value = `value of ${by.name}`
    const key = await attempt(t, by.isOld, () => by.put(value))
    for (const from of nodes.filter(node => node !== by)) {
      const isOldInvolved = by.isOld || from.isOld
      const got = await attempt(t, isOldInvolved, async () => {
        const one = (await from.get(key ?? '')) ?? undefined
        if (one === undefined && by.isOld) await by.put(value)
        return one
      })
      t.equal(got, value, `${from.name} gets the value of ${by.name}`)
    }
  }
}

async function isKnown(t: Test, node: Node, by: Node): Promise<void> {
  const table = await by.table()
  t.ok(table.includes(node.id), `${by.name} has ${node.name} in its routing table`)
}

/** Tries again, where a fault of the predecessor may be in the way. */
async function attempt<T>(t: Test, mayRetry: boolean, run: () => Promise<T>): Promise<T | undefined> {
  for (let left = mayRetry ? TRIES : 1; ; left--) {
    const result = await run().catch(() => undefined) // tells no more than that it failed
    if ((result !== undefined && result !== null) || left === 1) return result
    t.comment('tried again')
  }
}

async function startOurs(t: Test, name: string, bootstrap: string[], listen = false): Promise<Node> {
  const process = new Child(OURS)
  t.teardown(() => stop(process))
  const { index, id, port } = await process.call<Started & { index: number }>('start', { bootstrap, listen })
  return {
    name,
    isOld: false,
    id,
    place: `127.0.0.1:${port}`,
    // The port of the connection, since the predecessor finds nobody at another.
    announce: infoHash => process.call('announce', index, infoHash, 0).then(() => true),
    lookup: infoHash => process.call('lookup', index, infoHash),
    put: value => process.call('put', index, value),
    get: key => process.call('get', index, key),
    table: () => process.call('tableOf', index)
  }
}

async function startOld(t: Test, name: string, bootstrap: string[], listen = false): Promise<Node> {
  const process = forkOldNode()
  t.teardown(() => stop(process))
  const port = listen ? await freePort() : 0
  const { id } = await process.call<Started>('start', { bootstrap, port })
  return {
    name,
    isOld: true,
    id,
    place: `127.0.0.1:${port}`,
    announce: infoHash => process.call('announce', infoHash, 0).then(() => true),
    lookup: infoHash => process.call('lookup', infoHash),
    put: value => process.call('put', value),
    get: key => process.call('get', key),
    table: () => process.call('nodes')
  }
}

async function stop(process: Child): Promise<void> {
  process.call('destroy').catch(() => {}) // it ends the process
  await process.exited
}

/** The predecessor does not take port 0. */
function freePort(): Promise<number> {
  const server = createServer()
  return new Promise(resolve => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}
