/** What a node keeps over a restart, and what it takes back. */

import { generateKeyPairSync, sign } from 'node:crypto'
import test from 'tape'
import WebTorrentDHT, { type NodeState, WebTorrentDHTError } from '../../src/index.js'
import { createPair, destroyAll } from '../helpers/nodes.js'

const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const k = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32)
const mutable = {
  k,
  seq: 3,
  v: Buffer.from('signed'),
  salt: Buffer.from('salt'),
  sign: (bytes: Buffer) => sign(null, bytes, privateKey)
}

const restart = (state: unknown) => new WebTorrentDHT({ bootstrap: false, state: state as NodeState })

async function makeState(): Promise<{ state: NodeState; immutableKey: string; mutableKey: string }> {
  const [first, second] = await createPair()
  const put = (value: Parameters<WebTorrentDHT['put']>[0]) =>
    new Promise<string>(resolve => second.put(value, (_, key) => resolve(key.toString('hex'))))
  const immutableKey = await put('a value')
  const mutableKey = await put(mutable)
  const state = JSON.parse(JSON.stringify(first.toJSON())) // as it comes out of a storage
  await destroyAll(first, second)
  return { state, immutableKey, mutableKey }
}

test('toJSON gives id, places and values, and the option state takes them back', async t => {
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

test('a state of the wrong form fails at once', t => {
  const wrong = ['text', 5, { nodes: {} }, { values: null }, { nodes: [{ host: 'x' }] }, { nodeId: 'ab' }]
  for (const state of wrong) {
    try {
      restart(state)
      t.fail(`${JSON.stringify(state)} was accepted`)
    } catch (error) {
      t.ok(error instanceof WebTorrentDHTError && error.code === 'EINVAL', (error as Error).message)
    }
  }
  t.end()
})
