/** What a node keeps over a restart, and what it takes back. */

import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import test from 'tape'
import WebTorrentDHT, { type NodeState, WebTorrentDHTError } from '../../src/index.js'
import { parseHost } from '../../src/place.js'
import { encode } from '../../src/wire/bencode.js'
import { createJoined, createNode, destroyAll, within } from '../helpers/nodes.js'
import { RawClient } from '../helpers/raw-client.js'

const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const k = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32)
const mutable = {
  k,
  seq: 3,
  v: Buffer.from('signed'),
  salt: Buffer.from('salt'),
  sign: (bytes: Buffer) => sign(null, bytes, privateKey)
}

/** Kept beside the state, which does not have it. */
const key = 'ab'.repeat(32)
const restart = (state: unknown) => new WebTorrentDHT({ bootstrap: false, key, state: state as NodeState })

async function makeState(): Promise<{ state: NodeState; immutableKey: string; mutableKey: string }> {
  const first = await createNode({ key })
  const second = await createJoined(first)
  const put = (value: Parameters<WebTorrentDHT['put']>[0]) =>
    new Promise<string>(resolve => second.put(value, (_, key) => resolve(key.toString('hex'))))
  const immutableKey = await put('a value')
  const mutableKey = await put(mutable)
  const state = JSON.parse(JSON.stringify(first.toJSON())) // as it comes out of a storage
  await destroyAll(first, second)
  return { state, immutableKey, mutableKey }
}

test('toJSON gives id, places and values, and the options state and key take them back', async t => {
  const { state, immutableKey, mutableKey } = await makeState()
  t.deepEqual(Object.keys(state.values).sort(), [immutableKey, mutableKey].sort())
  t.equal(state.values[mutableKey]?.salt, Buffer.from('salt').toString('hex'), 'with the salt')
  const node = restart(state)
  t.equal(node.nodeId.toString('hex'), state.nodeId)
  t.deepEqual(node.toJSON(), state, 'nothing is lost')
  await destroyAll(node)
})

test('the option `nodeId` overrides the id of the state', async t => {
  const { state } = await makeState()
  const nodeId = '77'.repeat(20)
  const node = new WebTorrentDHT({ bootstrap: false, state, nodeId })
  t.equal(node.nodeId.toString('hex'), nodeId)
  await destroyAll(node)
})

test('values that do not belong to their keys are left out', async t => {
  const { state, immutableKey, mutableKey } = await makeState()
  const value = state.values[mutableKey]
  const bad: Record<string, unknown> = {
    [immutableKey]: { ...state.values[immutableKey], v: '00' },
    [mutableKey]: { ...value, v: Buffer.from('forged').toString('hex') },
    ['11'.repeat(20)]: value,
    nonsense: null,
    more: { v: 5 },
    ['22'.repeat(20)]: { v: 'zz', id: 'zz', k: 'zz', sig: 'zz', seq: 'x' }
  }
  const node = restart({ ...state, values: bad })
  t.deepEqual(node.toJSON().values, {})
  await destroyAll(node)
})

const [LONG, SHORT] = [Buffer.alloc(1001, 'x'), Buffer.from('x')]
const ID = 'ab'.repeat(20)
const keyOf = (bytes: Buffer) => createHash('sha1').update(encode(bytes)).digest('hex')
const throwing = (name: string) =>
  Object.defineProperty({}, name, {
    enumerable: true,
    get: () => {
      throw new Error('of the getter')
    }
  })

test('what is not understood is left out, part by part, with a warning', async t => {
  const { state, immutableKey } = await makeState()
  const place = { host: '203.0.113.5', port: 80 }
  const given: [name: RegExp, state: unknown, nodes: unknown[]][] = [
    [/nodeId \('ab'\)/, { nodeId: 'ab' }, []],
    [/nodeId \(5\)/, { nodeId: 5, nodes: [place] }, [place]],
    [/^1 of 1 places in options\.state\.nodes/, { nodes: {} }, []],
    [/^1 of 1 places/, { nodes: 'garbage' }, []],
    [/^3 of 4 places/, { nodes: [null, place, { host: 'x' }, 'https://x/'] }, [place]],
    [/options\.state\.values \(5\)/, { nodes: [place], values: 5 }, [place]],
    [/options\.state\.values/, { values: [] }, []],
    [/^1 of 2 values/, { values: { ...state.values, [immutableKey]: null } }, []],
    [/options\.state\.values/, { values: new Map() }, []],
    [/^1 of 1 values .* too long$/, { values: { [keyOf(LONG)]: { v: LONG.toString('hex'), id: ID } } }, []],
    [
      /^1 of 1 values/,
      { values: { [keyOf(SHORT)]: { v: SHORT.toString('hex'), id: 'ab'.repeat(5000) } } },
      []
    ],
    [
      /^1 of 1 values/,
      { values: { [keyOf(SHORT)]: { v: SHORT.toString('hex'), id: ID, salt: ID.repeat(9) } } },
      []
    ],
    [/^1 of 1 values/, { values: throwing(keyOf(SHORT)) }, []],
    [/^1 of 2 places/, { nodes: [place, throwing('host')] }, [place]]
  ]
  for (const [said, state, nodes] of given) {
    const node = restart(state)
    const warning = await within('a warning', new Promise<Error>(resolve => node.once('warning', resolve)))
    t.ok(warning instanceof WebTorrentDHTError && warning.code === 'ESTATE', warning.message)
    t.match(warning.message, said)
    t.deepEqual(node.toJSON().nodes, nodes)
    await destroyAll(node)
  }
})

test('a state of bittorrent-dht, of an earlier version, or none at all is taken without a word', async t => {
  const given = [
    undefined,
    null,
    {},
    { nodes: null, values: null },
    { nodes: [{ host: '203.0.113.5', port: 80 }], values: {} },
    {
      nodes: [
        { host: '::1', port: 80 },
        { host: 'example.org', port: '80' }
      ]
    },
    { nodes: [], values: {}, laterPart: [1] }
  ]
  for (const state of given) {
    const node = restart(state)
    const warnings: Error[] = []
    node.on('warning', warning => warnings.push(warning))
    await within('ready', new Promise<void>(resolve => node.once('ready', resolve)))
    t.deepEqual(warnings, [], JSON.stringify(state))
    const again = restart(JSON.parse(JSON.stringify(node)))
    t.deepEqual(again.toJSON(), node.toJSON(), 'and its own is taken')
    await destroyAll(node, again)
  }
})

test('what is no object at all is an error: JSON that was not parsed, for example', t => {
  for (const state of ['{"nodes":[]}', '', 5, true, [], Buffer.alloc(1)]) {
    t.throws(() => restart(state), { code: 'EINVAL', message: /options\.state is / }, JSON.stringify(state))
  }
  t.end()
})

test('no neighbour can make the state unloadable', async t => {
  const node = await createNode()
  t.teardown(() => destroyAll(node))
  const places = ['::1', '[::1]', 'bücher.example', 'a:b', 'http://x/', '%31', 'x\n', '1', 'user@x']
  for (const host of places) {
    const client = await RawClient.connect(node)
    const heard = new Promise(resolve => node.socket.node.once('server', resolve))
    client.send(Buffer.from(JSON.stringify({ http_server: { host, port: 80 } })))
    if (parseHost(host) !== undefined) await within(`the place ${host}`, heard)
    restart(JSON.parse(JSON.stringify(node))).destroy()
    await client.close()
  }
  t.deepEqual(
    node.toJSON().nodes.map(({ host }) => host),
    ['xn--bcher-kva.example'],
    'this machine is remembered only where the neighbour is seen there'
  )
})

test('toJSON never throws, whatever the store holds', async t => {
  const node = new WebTorrentDHT({ bootstrap: false })
  const values: { set(key: string, value: unknown): void } = node._values as never
  node.put('a value')
  const entries = [undefined, null, 5, {}, { v: null }, { v: Symbol('x') }, { v: Buffer.alloc(1), id: 5n }]
  for (const [i, value] of entries.entries()) values.set(`${i}`.repeat(40), value)
  await within('ready', new Promise<void>(resolve => node.once('ready', resolve)))
  const state = JSON.parse(JSON.stringify(node))
  restart(state).destroy()
  t.equal(state.nodeId, node.nodeId.toString('hex'))
  const fail = () => {
    throw new Error('the store has failed')
  }
  const part = { size: 0, get: fail, put: fail, remove: fail, entries: fail }
  const broken = new WebTorrentDHT({ bootstrap: false, store: { values: part, peers: part } })
  t.deepEqual(broken.toJSON().values, {})
  await destroyAll(node, broken)
  t.deepEqual(node.toJSON().nodeId, state.nodeId, 'also after destroy')
})
