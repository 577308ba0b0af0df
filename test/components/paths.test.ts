/** `paths` in replies to `get_peers`: the ways to announcers that are told, believed, and not believed. */

import { randomBytes } from 'node:crypto'
import test, { type Test } from 'tape'
import { Id } from '../../src/id.js'
import type WebTorrentDHT from '../../src/index.js'
import { encodePeer } from '../../src/wire/compact.js'
import { createLine, createWithoutRoutes, dial, idOf, tableOf } from '../helpers/line.js'
import { createNode, destroyAll } from '../helpers/nodes.js'
import { RawClient } from '../helpers/raw-client.js'

/** Of announcements, where one has failed. */
const MORE_ROUNDS = 4

type Four = [WebTorrentDHT, WebTorrentDHT, WebTorrentDHT, WebTorrentDHT]

async function lineOf(t: Test, count: number, options = {}): Promise<WebTorrentDHT[]> {
  const nodes = await createLine(count, options)
  t.teardown(() => destroyAll(...nodes))
  return nodes
}

async function join(t: Test, node: WebTorrentDHT, extensions = ['introduce', 'route']): Promise<RawClient> {
  const client = await RawClient.connect(node, { extensions })
  t.teardown(() => client.close())
  client.onQuery = query => client.reply(query, {})
  await client.query('ping')
  return client
}

const announce = (node: WebTorrentDHT, infoHash: Buffer) =>
  new Promise<Error | null>(resolve => node.announce(infoHash, 4242, resolve))

/** The ids of the peers that a lookup finds, in hex. */
async function lookup(node: WebTorrentDHT, infoHash: Buffer): Promise<string[]> {
  const ids: string[] = []
  const note = ({ id }: { id?: Buffer }) => ids.push(id?.toString('hex') ?? '')
  node.on('peer', note)
  await new Promise(resolve => node.lookup(infoHash, resolve))
  node.off('peer', note)
  return ids.sort()
}

const relaysTo = (node: WebTorrentDHT, id: Buffer) =>
  node.socket.node.routes.relaysTo(Id.of(id))?.map(({ hex }) => hex)

test('a node tells the way to each announcer, and only to who speaks `route`', async t => {
  const [a, b, c, d] = (await lineOf(t, 4)) as Four
  const old = await createWithoutRoutes()
  t.teardown(() => destroyAll(old))
  await dial(old, b)
  const infoHash = randomBytes(20)
  const ask = async (client: RawClient) => {
    const { r = {} } = await client.query('get_peers', { info_hash: infoHash })
    const ids = (r.values as Buffer[]).map(value => value.subarray(6).toString('hex'))
    return { ids, paths: r.paths as (Buffer | 0)[] | undefined }
  }
  const client = await join(t, b)
  const announceAll = async () => {
    for (const node of [c, d, old]) await announce(node, infoHash)
    return ask(client)
  }
  let { ids, paths } = await announceAll()
  // On a busy machine a node may miss one, which is repeated in life, too.
  for (let i = 0; i < MORE_ROUNDS && ids.length < 3; i++) ({ ids, paths } = await announceAll())
  t.deepEqual([...ids].sort(), [idOf(c), idOf(d), idOf(old)].sort())
  const pathTo = (node: WebTorrentDHT) => paths?.[ids.indexOf(idOf(node))]
  t.deepEqual(pathTo(c), Buffer.alloc(0), 'c is a neighbour')
  t.deepEqual(pathTo(d), c.nodeId, 'd is behind c')
  t.equal(pathTo(old), 0, 'frames are not passed on to a neighbour that does not take them')
  t.equal((await ask(await join(t, b, ['introduce']))).paths, undefined)

  await lookup(a, infoHash)
  t.deepEqual(relaysTo(a, d.nodeId), [idOf(b), idOf(c)], 'whoever looks up learns the ways')
})

test('wrong paths are ignored: peers are found, and queries take good ways', async t => {
  const [a, b] = (await lineOf(t, 2)) as [WebTorrentDHT, WebTorrentDHT]
  const liar = await join(t, a)
  const infoHash = randomBytes(20)
  const announcers = Array.from({ length: 9 }, () => randomBytes(20))
  const values = announcers.map(id => encodePeer({ host: '192.0.2.1', port: 4000, id: Id.of(id) }))
  const strangers = Array.from({ length: 7 }, () => randomBytes(20))
  const [first, second] = strangers as [Buffer, Buffer]
  const paths = [
    a.nodeId,
    liar.id,
    announcers[2],
    Buffer.concat([first, first]),
    Buffer.concat([first, second, first]),
    Buffer.concat(strangers),
    0,
    Buffer.concat([b.nodeId, a.nodeId, first]),
    b.nodeId
  ]
  const said: (unknown[] | undefined)[] = [paths, paths.slice(0, 3), [], undefined, Array(64).fill(a.nodeId)]
  for (const given of said) {
    liar.onQuery = query =>
      liar.reply(query, query.q === 'get_peers' ? { token: 'x', values, ...(given && { paths: given }) } : {})
    const ids = announcers.map(id => id.toString('hex')).sort()
    t.deepEqual(await lookup(a, infoHash), ids, `${given?.length} paths for ${values.length} values`)
  }
  for (const id of announcers) {
    const relays = relaysTo(a, id) ?? []
    t.equal(new Set([...relays, idOf(a), id.toString('hex')]).size, relays.length + 2, 'no way is a loop')
  }
  t.equal(relaysTo(a, b.nodeId)?.length, 0, 'a neighbour stays one')
  t.equal(a.stats().drops.malformed, 0)

  const c = await createNode()
  t.teardown(() => destroyAll(c))
  await dial(c, b)
  const other = randomBytes(20)
  t.equal(await announce(c, other), null)
  liar.onQuery = query => liar.reply(query, {})
  t.ok((await lookup(a, other)).includes(idOf(c)), 'what others tell is believed')
  t.ok(tableOf(a).get(Id.of(liar.id)), 'nobody is disconnected for it')
})

test('a reply with `paths` that are none is dropped, and the lookup goes on without it', async t => {
  const [a, b] = (await lineOf(t, 2, { timeout: 300 })) as [WebTorrentDHT, WebTorrentDHT]
  const liar = await join(t, a)
  const infoHash = randomBytes(20)
  const other = encodePeer({ host: '192.0.2.2', port: 4001, id: Id.of(randomBytes(20)) })
  b._peers.add(infoHash.toString('hex'), other)
  const value = encodePeer({ host: '192.0.2.1', port: 4000, id: Id.of(randomBytes(20)) })
  const malformed = [[Buffer.alloc(19)], [Buffer.alloc(160)], [1], ['x'], 'x', { 0: '' }, Array(65).fill(0)]
  for (const paths of malformed) {
    const { drops } = a.stats()
    liar.onQuery = query =>
      liar.reply(query, query.q === 'get_peers' ? { token: 'x', values: [value], paths } : {})
    t.deepEqual(await lookup(a, infoHash), [other.subarray(6).toString('hex')], 'what others know')
    t.equal(a.stats().drops.malformed, drops.malformed + 1)
  }
  t.notOk(liar.isClosed)
})
