/** What the nodes that pass offers on see of a room with a secret. */

import test, { type Test } from 'tape'
import { ConnectingPeer } from '../../src/reaching/connecting-peer.js'
import { Sealing } from '../../src/rooms/sealing.js'
import { HERE, lineOf, THERE } from '../helpers/behind-nats.js'
import { codeOf } from '../helpers/calls.js'
import { createPeer } from '../helpers/raw-client.js'

const INFO_HASH = Buffer.alloc(20, 7)
const SECRET_LINES = /^a=(candidate|ice-pwd)/m

async function create(t: Test) {
  const peer = await createPeer(true)
  t.teardown(() => peer.destroy())
  const sealing = new Sealing(INFO_HASH, 'secret')
  const own = await new ConnectingPeer(peer, true).describe(true)
  return { sealing, own, sealed: await sealing.seal(own) }
}

test('a sealed description has no candidates, and opens with the secret alone', async t => {
  const { sealing, sealed } = await create(t)
  t.doesNotMatch(sealed.sdp, SECRET_LINES)
  const addresses = sealed.sdp.match(/\b\d+\.\d+\.\d+\.\d+\b/g) ?? []
  t.deepEqual([...new Set(addresses)].sort(), ['0.0.0.0', '127.0.0.1'], 'no address, nor a port')
  t.match(sealed.sdp, /^m=application 9 /m)
  t.match(sealed.sdp, /^a=fingerprint:/m, 'the certificate, which the id proves')
  const { sdp } = await sealing.open(sealed)
  t.match(sdp, /^a=candidate/m)
  t.match(sdp, /^a=ice-pwd/m)
  for (const other of [new Sealing(INFO_HASH, 'guess'), new Sealing(Buffer.alloc(20, 8), 'secret')]) {
    t.ok(
      await other.open(sealed).then(
        () => false,
        () => true
      )
    )
  }
})

test('what is sealed belongs to its certificate and its kind', async t => {
  const { sealing, sealed } = await create(t)
  const fails = (sdp: string, type = sealed.type) =>
    sealing.open({ type, sdp }).then(
      () => false,
      () => true
    )
  t.ok(
    await fails(sealed.sdp.replace(/(fingerprint:sha-256 )../, '$1AA').replace(/AA/, 'AB')),
    'another certificate'
  )
  t.ok(await fails(sealed.sdp, 'answer'), 'an offer as an answer')
  t.ok(await fails(sealed.sdp.replace(/x-wdht-sealed:.*/, 'x-wdht-sealed:AAAA')))
  t.ok(await fails('v=0'))
})

test('a sealed dial knows as much of NATs as an open one: who cannot meet is told so, who can does', async t => {
  const sealer = new Sealing(INFO_HASH, 'secret')
  const apart = await lineOf(t, [HERE, 'symmetric'], [THERE, 'symmetric'])
  let calls = 0
  apart[2].handle('sealed', () => void calls++, { sealer })
  t.equal(await codeOf(apart[0].dial(apart[2].nodeId, 'sealed', { sealer })), 'ECANNOTMEET')
  t.equal(calls, 0, 'no peer was made')
  const [a, , c] = await lineOf(t, [HERE, 'symmetric'], [HERE, 'symmetric'])
  c.handle('echo', ({ accept }) => accept().on('data', () => {}), { sealer })
  const peer = await a.dial(c.nodeId, 'echo', { sealer })
  t.teardown(() => peer.destroy())
  t.ok(peer.connected, 'behind one symmetric NAT')
  t.equal(await codeOf(a.dial(c.nodeId, 'echo', { sealer: new Sealing(INFO_HASH, 'guess') })), 'EREFUSED')
})
