/** The package in a page, with one node in Node.js, or with another node in the same page. */

import { Buffer } from 'node:buffer'
import { getPublicKey, hashes, sign } from '@noble/ed25519'
import { sha512 } from '@noble/hashes/sha2.js'
import test from 'tape'
import WebTorrentDHT from 'webtorrent-dht'
import {
  ask,
  called,
  countConnections,
  createPageNode,
  destroyAll,
  eventually,
  idsIn,
  tidyUp
} from './page.js'

type FoundPeer = { host: string; port: number; id?: Uint8Array }

hashes.sha512 = sha512
const infoHash = 'a1'.repeat(20)
const isIPv4 = (host: string) => /^\d+\.\d+\.\d+\.\d+$/.test(host)

/** All that a node of the page finds. */
async function lookup(node: WebTorrentDHT, hash: string): Promise<FoundPeer[]> {
  const found: FoundPeer[] = []
  const note = (peer: FoundPeer) => found.push(peer)
  node.on('peer', note)
  await called(done => node.lookup(hash, done))
  node.off('peer', note)
  return found
}

function mutable(v: string, seq: number) {
  const secretKey = new Uint8Array(32).fill(seq)
  return {
    k: Buffer.from(getPublicKey(secretKey)),
    seq,
    v: Buffer.from(v),
    sign: (bytes: Uint8Array) => Buffer.from(sign(bytes, secretKey))
  }
}

test('a node in a page joins one in Node.js, and each knows the other', async t => {
  t.teardown(tidyUp)
  const remote = await ask('start')
  const node = await createPageNode(remote)
  t.deepEqual(idsIn(node), [remote.id])
  const id = node.nodeId.toString('hex')
  t.ok(await eventually(async () => (await ask('connectedTo', { node: remote })).includes(id)))
})

test('what a page announces is found in Node.js, with host, port and id', async t => {
  t.teardown(tidyUp)
  const remote = await ask('start')
  const node = await createPageNode(remote)
  await called(done => node.announce(infoHash, 6881, done))
  const found = await ask('lookup', { node: remote, infoHash })
  t.equal(found.length, 1)
  t.equal(found[0]?.port, 6881)
  t.equal(found[0]?.id, node.nodeId.toString('hex'))
  t.ok(isIPv4(found[0]?.host ?? ''), `host: ${found[0]?.host}`)
})

test('what Node.js announces is found in a page, with host, port and id', async t => {
  t.teardown(tidyUp)
  const remote = await ask('start')
  const announcer = await ask('start', { joins: remote })
  await ask('announce', { node: announcer, infoHash, port: 6882 })
  const node = await createPageNode(remote)
  const found = await lookup(node, infoHash)
  t.equal(found.length > 0, true)
  for (const { host, port, id } of found) {
    t.equal(port, 6882)
    t.equal(id && Buffer.from(id).toString('hex'), announcer.id)
    t.ok(isIPv4(host), `host: ${host}`)
  }
})

test('values that a page stores are read in Node.js: immutable and mutable ones', async t => {
  t.teardown(tidyUp)
  const remote = await ask('start')
  const node = await createPageNode(remote)
  const key = await called<Buffer>(done => node.put('from a page', done))
  t.deepEqual(await ask('get', { node: remote, key: key.toString('hex') }), { v: 'from a page' })
  const mutableKey = await called<Buffer>(done => node.put(mutable('signed in a page', 3), done))
  t.deepEqual(await ask('get', { node: remote, key: mutableKey.toString('hex') }), {
    v: 'signed in a page',
    seq: 3
  })
})

test('values that Node.js stores are read in a page: immutable and mutable ones', async t => {
  t.teardown(tidyUp)
  const remote = await ask('start')
  const writer = await ask('start', { joins: remote })
  const key = await ask('put', { node: writer, v: 'from Node.js' })
  const mutableKey = await ask('put', { node: writer, v: 'signed in Node.js', seq: 4 })
  const node = await createPageNode(remote)
  const get = (hex: string) => called<{ v: Buffer; seq?: number }>(done => node.get(hex, done))
  t.equal((await get(key)).v.toString(), 'from Node.js')
  const { v, seq } = await get(mutableKey)
  t.equal(v.toString(), 'signed in Node.js')
  t.equal(seq, 4)
})

test('two nodes in one page find each other through one in Node.js', async t => {
  t.teardown(tidyUp)
  const remote = await ask('start')
  const first = await createPageNode(remote)
  const second = await createPageNode(remote)
  const [firstId, secondId] = [first.nodeId.toString('hex'), second.nodeId.toString('hex')]
  t.ok(await eventually(() => idsIn(first).includes(secondId)), 'the first knows the second')
  t.ok(await eventually(() => idsIn(second).includes(firstId)), 'the second knows the first')
  await ask('stop', { only: remote })
  await called(done => first.announce(infoHash, 6883, done))
  const found = await lookup(second, infoHash)
  t.deepEqual(
    found.map(({ port, id }) => [port, id && Buffer.from(id).toString('hex')]),
    [[6883, firstId]],
    'without the one in Node.js, what one announces the other finds'
  )
})

test('listen in a page calls back, and opens nothing', async t => {
  t.teardown(tidyUp)
  const { made } = countConnections()
  const node = await createPageNode()
  t.deepEqual(Object.keys(node.address()).sort(), ['address', 'family', 'port'], 'an address before')
  await called(done => node.listen(0, '127.0.0.1', () => done(null)))
  t.deepEqual(Object.keys(node.address()).sort(), ['address', 'family', 'port'], 'an address after')
  t.equal(countConnections().made, made, 'no connection was made')
  t.deepEqual(node.toJSON().nodes, [], 'no server is known')
})

test('destroy calls back, may be called twice, and leaves no connection', async t => {
  t.teardown(tidyUp)
  const remote = await ask('start')
  const other = await ask('start', { joins: remote })
  const node = await createPageNode(remote)
  t.ok(await eventually(() => idsIn(node).includes(other.id)), 'it is connected to both')
  t.ok(countConnections().open >= 2, `${countConnections().open} connections are open`)
  await destroyAll(node)
  t.equal(node.destroyed, true)
  t.doesNotThrow(() => node.destroy())
  await destroyAll(node)
  t.ok(await eventually(() => countConnections().open === 0), `${countConnections().open} are open`)

  const early = new WebTorrentDHT({ bootstrap: remote.place })
  await destroyAll(early)
  t.ok(await eventually(() => countConnections().open === 0), 'destroyed while it joins')
  t.deepEqual(idsIn(early), [])
})
