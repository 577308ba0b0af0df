/** Buckets that are far from a node's own id are filled when it has joined. */

import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import test from 'tape'
import { commonBits, Id } from '../../src/id.js'
import type WebTorrentDHT from '../../src/index.js'
import { createIdInBucket } from '../../src/searching/bucket-refresh.js'
import { countsOf, createJoined, createNode, destroyAll, eventually } from '../helpers/nodes.js'

/** An id in the near or the far half, seen from ids that begin with a zero bit. */
function createId(isFar: boolean): Buffer {
  const id = randomBytes(20)
  id[0] = ((id[0] ?? 0) & 0x7f) | (isFar ? 0x80 : 0)
  return id
}

test('a random id in a bucket shares exactly the bucket’s number of leading bits', t => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 20, maxLength: 20 }).map(Id.of), fc.nat(159), (id, index) => {
      return commonBits(id, createIdInBucket(id, index)) === index
    })
  )
  t.equal(commonBits(Id.of(Buffer.alloc(20)), Id.of(Buffer.alloc(20))), 160)
  t.end()
})

test('a refresh makes a node that has joined know nodes of the far half', async t => {
  const bootstrap = await createNode({ nodeId: createId(false) })
  const nodes: WebTorrentDHT[] = []
  for (let i = 0; i < 12; i++) nodes.push(await createJoined(bootstrap, { nodeId: createId(i % 6 === 0) }))
  const node = await createJoined(bootstrap, { nodeId: createId(false) })
  const own = Id.of(node.nodeId)
  const countFar = () => node.nodes.toArray().filter(({ id }) => commonBits(Id.of(id), own) === 0).length
  t.ok(await eventually(() => countFar() >= 2), 'two, as many as a bucket holds')
  t.ok(countsOf(node).made <= 14, `${countsOf(node).made} RTCPeerConnections made`)
  await destroyAll(node, bootstrap, ...nodes)
})
