/** What the nodes that pass offers on see of a room with a secret. */

import test, { type Test } from 'tape'
import { ConnectingPeer } from '../../src/reaching/connecting-peer.js'
import { Sealing } from '../../src/rooms/sealing.js'
import { createPeer } from '../helpers/raw-client.js'

const TOPIC = Buffer.alloc(20, 7)
const SECRET_LINES = /^a=(candidate|ice-pwd)/m

async function create(t: Test) {
  const peer = await createPeer(true)
  t.teardown(() => peer.destroy())
  const sealing = new Sealing(TOPIC, 'secret')
  return { peer, sealing, dialled: new ConnectingPeer(sealing.wrap(peer), true) }
}

test('a sealed description has no candidates, and opens with the secret alone', async t => {
  const { sealing, dialled } = await create(t)
  const sealed = await dialled.describe(true)
  t.doesNotMatch(sealed.sdp, SECRET_LINES)
  const addresses = sealed.sdp.match(/\b\d+\.\d+\.\d+\.\d+\b/g) ?? []
  t.deepEqual([...new Set(addresses)].sort(), ['0.0.0.0', '127.0.0.1'], 'no address, nor a port')
  t.match(sealed.sdp, /^m=application 9 /m)
  t.match(sealed.sdp, /^a=fingerprint:/m, 'the certificate, which the id proves')
  const { sdp } = await sealing.open(sealed)
  t.match(sdp, /^a=candidate/m)
  t.match(sdp, /^a=ice-pwd/m)
  for (const other of [new Sealing(TOPIC, 'guess'), new Sealing(Buffer.alloc(20, 8), 'secret')]) {
    t.ok(
      await other.open(sealed).then(
        () => false,
        () => true
      )
    )
  }
})

test('what is sealed belongs to its certificate and its kind', async t => {
  const { sealing, dialled } = await create(t)
  const sealed = await dialled.describe(true)
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

test('candidates that come late do not follow in the open', async t => {
  const { peer, dialled } = await create(t)
  const { _pc: connection } = peer as unknown as { _pc: EventTarget & { localDescription: { sdp: string } } }
  // As if a STUN server had not answered yet when the description was there.
  await new Promise<void>(resolve => peer.once('signal', () => resolve()))
  Object.defineProperty(connection, 'iceGatheringState', { value: 'gathering' })
  await dialled.description
  const { sdp } = connection.localDescription
  const late = 'a=candidate:9 1 UDP 1 198.51.100.7 4000 typ srflx raddr 0.0.0.0 rport 0'
  Object.defineProperty(connection, 'localDescription', { value: { sdp: `${sdp}${late}\r\n` } })
  connection.dispatchEvent(new Event('icecandidate'))
  t.ok(dialled.gathering.isOver, 'nobody waits for more')
  t.doesNotMatch((await dialled.describe(false)).sdp, SECRET_LINES)
})
