/** Peers of a torrent: each announcer is a `'peer'` once in each lookup, however many nodes name it. */

import test from 'tape'
import type WebTorrentDHT from '../../src/index.js'
import { createJoined, createNode, destroyAll, within } from '../helpers/nodes.js'

const INFO_HASH = Buffer.alloc(20, 7)

/** Announces, and gives how many nodes have stored it. */
function announce(dht: WebTorrentDHT, port: number): Promise<number> {
  const announced = new Promise<number>((resolve, reject) =>
    dht.announce(INFO_HASH, port, (error, nodes = 0) => (error ? reject(error) : resolve(nodes)))
  )
  return within('the announcement', announced)
}

async function lookup(dht: WebTorrentDHT): Promise<string[]> {
  const found: string[] = []
  const note = ({ id, port }: { id?: Uint8Array; port: number }) =>
    found.push(`${Buffer.from(id ?? []).toString('hex')}:${port}`)
  dht.on('peer', note)
  await within('the lookup', new Promise<void>(resolve => dht.lookup(INFO_HASH, () => resolve())))
  dht.off('peer', note)
  return found.sort()
}

test('an announcer that several nodes name is found once in each lookup', async t => {
  const first = await createNode()
  const nodes = [first]
  for (let i = 0; i < 4; i++) nodes.push(await createJoined(first))
  t.teardown(() => destroyAll(...nodes))
  const [, a, b] = nodes as [WebTorrentDHT, WebTorrentDHT, WebTorrentDHT]
  t.ok((await announce(a, 1)) > 1, 'several nodes have stored it')
  await announce(b, 1)
  await announce(b, 2)
  const all = [
    `${a.nodeId.toString('hex')}:1`,
    `${b.nodeId.toString('hex')}:1`,
    `${b.nodeId.toString('hex')}:2`
  ].sort()
  for (const node of nodes) {
    t.deepEqual(await lookup(node), all, 'its own store is one of those that name them')
    t.deepEqual(await lookup(node), all, 'and again in the next lookup')
  }
})
