/** `listen` and `bind`: what they take, what they open, and what is said where that fails. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import test from 'tape'
import WebTorrentDHT, { type ErrorCode, WebTorrentDHTError } from '../../src/index.js'
import type { Platform } from '../../src/platform.js'
import { nodePlatform } from '../../src/platform-node.js'
import { createNode, destroyAll, within } from '../helpers/nodes.js'

const create = () => new WebTorrentDHT({ bootstrap: false })
const listening = (dht: WebTorrentDHT) =>
  within('listening', new Promise<void>(resolve => dht.once('listening', resolve)))

/** True if something listens at a port of this machine. */
function isOpen(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, host, () => resolve(true)).on('error', () => resolve(false))
    socket.once('close', () => socket.destroy())
    socket.once('connect', () => socket.destroy())
  })
}

test('a wrong argument fails at once, and opens nothing', async t => {
  const dht = create()
  t.teardown(() => destroyAll(dht))
  const wrong: [name: string, args: unknown[]][] = [
    ...[-1, 65536, 1.5, Number.NaN, 'x', '', '-1', '80x', true, [], 5n].map((port): [string, unknown[]] => [
      'port',
      [port]
    ]),
    ['port', [{ port: 65536 }]],
    ...[5, true, {}, 'a b', 'http://x/', '::g', '127.0.0.1:80', '[::1'].map((host): [string, unknown[]] => [
      'address',
      [0, host]
    ]),
    ['address', [{ port: 0, address: 5 }]],
    ['callback', [0, '127.0.0.1', 5]],
    ['callback', [0, '127.0.0.1', 511, () => {}]],
    ['callback', [{ port: 0 }, 'x']],
    ['callback', [{ port: 0 }, '127.0.0.1', () => {}]]
  ]
  for (const [name, args] of wrong) {
    const message = new RegExp(`^${name} is `)
    t.throws(
      () => dht.listen(...(args as [])),
      { code: 'EINVAL', message },
      `${name}: ${String(args.at(-1))}`
    )
  }
  dht.listen(0)
  await listening(dht)
  t.ok(dht.listening, 'and the node can listen still')
})

test('all forms of dgram are taken, and the callback is called once', async t => {
  const forms: ((callback: () => void) => unknown[])[] = [
    callback => [0, callback],
    callback => ['0', '127.0.0.1', callback],
    callback => [0, undefined, callback],
    callback => [0, null, callback],
    callback => [0, '', callback],
    callback => [{ port: 0 }, callback],
    callback => [{ port: 0, address: '127.0.0.1', exclusive: true }, callback],
    callback => [0, 'localhost', callback]
  ]
  for (const form of forms) {
    const dht = create()
    let calls = 0
    await within(
      'the callback',
      new Promise<void>(resolve => dht.listen(...(form(() => resolve(void calls++)) as [])))
    )
    t.ok(dht.listening, 'the node listens by then')
    t.ok(
      await isOpen(dht.address().port),
      form(() => {})
        .map(String)
        .join(', ')
    )
    await destroyAll(dht)
    t.equal(calls, 1)
  }
})

test('the callback of a listen that failed is not called later', async t => {
  const [other, dht] = [await createNode(), create()]
  t.teardown(() => destroyAll(other, dht))
  dht.listen(other.address().port, () => t.fail('this one failed'))
  await within('an error', new Promise(resolve => dht.once('error', resolve)))
  await within('the callback', new Promise<void>(resolve => dht.listen(0, resolve)))
  t.ok(dht.address().port > 0)
})

test('a second listen is an error, and the first goes on', async t => {
  const dht = create()
  t.teardown(() => destroyAll(dht))
  dht.listen(0)
  t.throws(
    () => dht.listen(0, () => t.fail('not called')),
    { code: 'EINVAL' },
    'while the first is under way'
  )
  await listening(dht)
  t.throws(() => dht.listen(0), { code: 'EINVAL' })
  t.ok(await isOpen(dht.address().port))
})

test('listen is ECLOSED at once after destroy, while connections are still being closed', async t => {
  const dht = create()
  const closed = new Promise<void>(resolve => dht.destroy(resolve))
  t.throws(() => dht.listen(0), { code: 'ECLOSED' })
  await closed
})

test('after destroy nothing listens, whenever it comes, and listen is ECLOSED', async t => {
  const ports: number[] = []
  for (const turns of [0, 1, 2, 3, 20]) {
    const dht = create()
    const free = createServer()
    await new Promise<void>(resolve => free.listen(0, '127.0.0.1', resolve))
    const address = free.address()
    const port = typeof address === 'object' && address ? address.port : 0
    await new Promise(resolve => free.close(resolve))
    dht.listen(port)
    for (let i = 0; i < turns; i++) await new Promise(resolve => setImmediate(resolve))
    await destroyAll(dht)
    t.notOk(await isOpen(port), `destroyed after ${turns} turns of the event loop`)
    t.throws(() => dht.listen(0), { code: 'ECLOSED' })
    t.throws(() => dht._rpc.bind(0), { code: 'ECLOSED' })
    ports.push(port)
  }
  t.equal(ports.length, 5)
})

/** Node.js without a file descriptor left for a server. */
const fullPlatform: Platform = {
  ...nodePlatform,
  createHttpServer: () => ({
    listen: (port, host, callback) => {
      const error = Object.assign(new Error('listen EMFILE: too many open files'), { code: 'EMFILE' })
      queueMicrotask(() => callback(error, { host, port }))
    },
    close: callback => callback()
  })
}

test('an error of listen reaches whoever listens for errors of the DHT, with code and cause', async t => {
  const other = await createNode()
  t.teardown(() => destroyAll(other))
  const places: [code: ErrorCode, port: number, address: string][] = [
    ['EADDRINUSE', other.address().port, '127.0.0.1'],
    ['EADDRNOTAVAIL', 0, '203.0.113.5'],
    ['EADDRNOTAVAIL', 0, 'nowhere.invalid'],
    ['ELISTEN', 1, '127.0.0.1']
  ]
  for (const [code, port, address] of places) {
    const dht =
      code === 'ELISTEN' ? new WebTorrentDHT({ bootstrap: false, platform: fullPlatform }) : create()
    const errors: Error[] = []
    dht.on('error', error => errors.push(error))
    dht.on('warning', warning => t.fail(`a warning: ${warning.message}`))
    const failed = new Promise(resolve => dht.once('error', resolve))
    dht.listen(port, address, () => t.fail('not called'))
    await within('an error', failed)
    await destroyAll(dht)
    const [error, ...more] = errors
    t.ok(error instanceof WebTorrentDHTError && error.code === code, error?.message)
    t.ok(error?.cause instanceof Error, 'with the cause')
    t.equal(more.length, 0, 'once')
  }
})

test('address gives the family of the address that is listened on', async t => {
  const addresses: [given: string, address: string, family: string][] = [
    ['127.0.0.1', '127.0.0.1', 'IPv4'],
    ['::1', '::1', 'IPv6'],
    ['[::1]', '::1', 'IPv6'],
    ['::', '::', 'IPv6'],
    ['0.0.0.0', '0.0.0.0', 'IPv4']
  ]
  for (const [given, address, family] of addresses) {
    const dht = create()
    await within('listening', new Promise<void>(resolve => dht.listen(0, given, resolve)))
    const { port, ...place } = dht.address()
    t.deepEqual(place, { address, family }, given)
    t.ok(port > 0)
    await destroyAll(dht)
  }
})

test('others join at an IPv6 address, and keep it in their state', async t => {
  const server = create()
  await within('listening', new Promise<void>(resolve => server.listen(0, '::1', resolve)))
  const { port } = server.address()
  const bootstrap = [{ host: '::1', port }, `[::1]:${port}`, `http://[::1]:${port}/`]
  for (const place of bootstrap) {
    const dht = new WebTorrentDHT({ bootstrap: place })
    const known = new Promise(resolve => dht.socket.node.once('server', resolve))
    await within('server info', known)
    const state = JSON.parse(JSON.stringify(dht))
    t.deepEqual(state.nodes, [{ host: '[::1]', port }], JSON.stringify(place))
    await destroyAll(dht)
    const again = new WebTorrentDHT({ bootstrap: false, state })
    await within('joining', new Promise(resolve => again.socket.once('node_connected', resolve)))
    await destroyAll(again)
  }
  await destroyAll(server)
})

test('nothing of a destroyed node keeps the process', async t => {
  const programs = [
    'dht.destroy()',
    'dht.listen(0); dht.destroy()',
    'dht.listen(0, () => dht.destroy())',
    'setTimeout(() => dht.destroy(), 100)', // joining, with nobody there
    'dht.once("ready", () => { dht.lookup("ab".repeat(20)); dht.destroy() })',
    'dht.listen(0, "nowhere.invalid"); dht.on("error", () => dht.destroy())'
  ]
  const entry = new URL('../../src/index.js', import.meta.url).href
  for (const program of programs) {
    const code = `import DHT from '${entry}'; const dht = new DHT({ bootstrap: '127.0.0.1:9' }); ${program}`
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
      stdio: 'inherit',
      timeout: 20_000
    })
    t.deepEqual(await once(child, 'exit'), [0, null], program)
  }
})
