/** A store that does not work costs the answers that need it, and nothing else: the node goes on. */

import { createHash } from 'node:crypto'
import test, { type Test } from 'tape'
import WebTorrentDHT from '../../src/index.js'
import type { Store } from '../../src/storing/store.js'
import { HandClock } from '../helpers/hand-clock.js'
import { createJoined, createNode, destroyAll, eventually, watchProcess, within } from '../helpers/nodes.js'

const INFO_HASH = Buffer.alloc(20, 7)

/** A store that does nothing, and fails while it is broken. */
function createStore() {
  const state = { isBroken: true, calls: [] as string[] }
  const fail = (name: string) => async () => {
    state.calls.push(name)
    await new Promise(resolve => setImmediate(resolve))
    if (state.isBroken) throw new Error(`${name}: no disk`)
  }
  const list = async () => {
    await fail('get')()
    return []
  }
  const store = {
    values: { size: 0, get: fail('get'), put: fail('put'), remove: fail('remove'), entries: () => [] },
    peers: { size: 0, get: list, put: fail('put'), remove: fail('remove'), entries: () => [] },
    close: fail('close')
  } as unknown as Store
  return { store, state }
}

/** Runs a test with a node whose store is broken, and one that has joined through it. Nothing may end the process. */
function testWithNodes(
  name: string,
  run: (
    t: Test,
    nodes: { broken: WebTorrentDHT; other: WebTorrentDHT; state: { isBroken: boolean; calls: string[] } }
  ) => Promise<void>
): void {
  test(name, async t => {
    const { crashes, stop } = watchProcess()
    const { store, state } = createStore()
    const broken = await createNode({ store })
    const other = await createJoined(broken)
    await run(t, { broken, other, state })
    await within('destroy', destroyAll(broken, other))
    await new Promise(resolve => setImmediate(resolve))
    stop()
    t.equal(state.calls.at(-1), 'close')
    t.deepEqual(crashes, [])
  })
}

const put = (node: WebTorrentDHT, text: string) =>
  within('put', new Promise<Error | null>(resolve => node.put(text, error => resolve(error))))
const announce = (node: WebTorrentDHT) =>
  within(
    'announce',
    new Promise<Error | null>(resolve => node.announce(INFO_HASH, 5000, error => resolve(error)))
  )

testWithNodes('a query that needs a broken store is answered with an error', async (t, { broken, other }) => {
  const ask = (method: string, a: Record<string, unknown>) =>
    within(
      method,
      new Promise<unknown>(resolve =>
        other._rpc.query(
          other.nodes.toArray()[0] as { host: string; port: number },
          { q: method, a: { id: other.nodeId, ...a } },
          (error, reply) => resolve(error ? error.code : reply?.r)
        )
      )
    )
  t.equal(await ask('get', { target: INFO_HASH }), 202)
  t.equal(await ask('get_peers', { info_hash: INFO_HASH }), 202)
  t.notEqual(await ask('find_node', { target: INFO_HASH }), 202, 'others do not need it')
  t.ok(broken.stats().queries.received.get > 0)
})

testWithNodes('what the node itself does goes on without its store', async (t, { broken, other, state }) => {
  t.equal(await put(broken, 'a value'), null, 'others store it')
  t.equal(await announce(broken), null)
  const key = createHash('sha1').update('7:a value').digest()
  const value = await within('get', new Promise(resolve => broken.get(key, (_, value) => resolve(value))))
  t.ok(value, 'others have it')
  const ports: number[] = []
  broken.on('peer', ({ port }) => ports.push(port))
  await within('lookup', new Promise(resolve => broken.lookup(INFO_HASH, resolve)))
  t.ok(await eventually(() => ports.includes(5000)), 'others know it')
  t.ok(state.calls.includes('put'))
  t.ok(other.stats().stored.values > 0)
})

testWithNodes(
  'a node that goes, whose announcement cannot be removed, harms nobody',
  async (t, { broken, other, state }) => {
    state.isBroken = false
    t.equal(await announce(other), null)
    state.isBroken = true
    for (const connection of broken.socket.node.table.all) connection.close('failed')
    t.ok(await eventually(() => state.calls.includes('remove')))
  }
)

testWithNodes(
  'each method that fails is a warning, once until it works again',
  async (t, { broken, other, state }) => {
    const warnings: string[] = []
    broken.on('warning', error => warnings.push(`${(error as { code?: unknown }).code} ${error.message}`))
    const tries = [() => put(other, 'one'), () => put(other, 'two')]
    for (const attempt of tries) await attempt()
    t.deepEqual(warnings, ['ESTORE store.values.get failed: get: no disk'])
    state.isBroken = false
    await put(other, 'three')
    state.isBroken = true
    await put(other, 'four')
    t.deepEqual(
      warnings,
      Array(2)
        .fill(warnings[0])
        .concat('ESTORE store.values.put failed: put: no disk')
        .slice(0, warnings.length)
    )
    t.ok(warnings.length > 1)
  }
)

test('`entries` that gives a promise is a warning, and never an unhandled rejection', async t => {
  const { crashes, stop } = watchProcess()
  const { store } = createStore()
  for (const entries of [
    () => Promise.reject(new Error('no disk')),
    () => Promise.resolve([]),
    () => {
      throw new Error('no disk')
    }
  ]) {
    const values = { ...store.values, entries } as unknown as Store['values']
    const node = new WebTorrentDHT({ bootstrap: false, store: { ...store, values } })
    const warnings: string[] = []
    node.on('warning', error => warnings.push(error.message))
    t.deepEqual([node.toJSON().values, node.toJSON().values], [{}, {}])
    t.match(
      warnings.join(),
      /^store\.values\.entries failed: (no disk|it should return an iterable, or an async iterable)$/
    )
    await within('destroy', destroyAll(node))
  }
  await new Promise(resolve => setImmediate(resolve))
  stop()
  t.deepEqual(crashes, [])
})

test('a store that never settles holds neither get nor destroy for ever', async t => {
  const clock = new HandClock()
  t.teardown(() => clock.restore())
  const never = () => new Promise(() => {})
  const methods = { size: 0, get: never, put: never, remove: never, entries: () => [] }
  const store = { values: methods, peers: methods, close: never } as unknown as Store
  const node = new WebTorrentDHT({ bootstrap: false, store })
  const ends: unknown[] = []
  node.get(INFO_HASH, (...end) => ends.push(end))
  await movePast(clock, 4999)
  t.deepEqual(ends, [])
  await movePast(clock, 1)
  t.deepEqual(ends, [[null, null]], 'the network is asked')
  node.destroy(() => ends.push('destroyed'))
  await movePast(clock, 4999)
  t.equal(ends.length, 1)
  await movePast(clock, 2)
  t.equal(ends.at(-1), 'destroyed')
  t.equal(clock.pending, 0, 'no timer is left')
})

/** Lets time pass, and what was waiting for it run. */
async function movePast(clock: HandClock, milliseconds: number): Promise<void> {
  for (const step of [0, milliseconds]) {
    await new Promise(resolve => setImmediate(resolve))
    clock.move(step)
  }
  await new Promise(resolve => setImmediate(resolve))
}
