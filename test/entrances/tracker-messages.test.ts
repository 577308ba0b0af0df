/** The messages of trackers, and the line that our descriptions carry through them. */

import test from 'tape'
import {
  encodeAnnounce,
  infoHashOf,
  parseTrackerMessage,
  type TrackerPeer
} from '../../src/entrances/tracker-messages.js'
import { takeNodeLine, writeNodeLine } from '../../src/entrances/tracker-node-line.js'

const PEER: TrackerPeer = { infoHash: infoHashOf('test'), peerId: '-WD0100-0123456789ab' }
const OTHER = '-WW0100-0123456789ab'
const ID = 'f'.repeat(20)
const SDP = 'v=0\r\ns=-\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:0\r\n'

const parse = (message: object) =>
  parseTrackerMessage(JSON.stringify({ action: 'announce', info_hash: PEER.infoHash, ...message }), PEER)

test('each network has an info hash of its own: 20 bytes, of SHA-1', t => {
  const hex = Buffer.from(infoHashOf('webtorrent-dht'), 'latin1').toString('hex')
  t.equal(hex, 'f7a11722a8ea904c7fb5dc43750323f34b380caa')
  t.equal(infoHashOf('ü').length, 20)
  t.notEqual(infoHashOf('a'), infoHashOf('b'))
  t.end()
})

test('an announce says once that it is the first; doors have nothing left', t => {
  const read = (isFirst: boolean, isDoor: boolean) =>
    JSON.parse(encodeAnnounce(PEER, { isFirst, isDoor, offers: [{ offerId: ID, sdp: SDP }] }))
  t.deepEqual([read(true, false).event, read(true, false).left], ['started', 1])
  t.deepEqual([read(false, true).event, read(false, true).left], [undefined, 0])
  t.deepEqual(read(true, false).offers, [{ offer_id: ID, offer: { type: 'offer', sdp: SDP } }])
  t.end()
})

test('the messages of a tracker are read', t => {
  t.deepEqual(parse({ interval: 120, complete: 3, incomplete: 1 }), {
    kind: 'announced',
    interval: 120,
    doors: 3,
    newcomers: 1
  })
  t.deepEqual(parse({ 'min interval': 5 }), { kind: 'announced', interval: 5, doors: null, newcomers: null })
  const none = { kind: 'announced', interval: 0, doors: null, newcomers: null }
  for (const count of ['1', -1, 1.5, 1e300, 2 ** 53])
    t.deepEqual(parse({ interval: count, complete: count, incomplete: count }), none, `no count: ${count}`)
  t.deepEqual(parse({ offer: { type: 'offer', sdp: SDP }, offer_id: ID, peer_id: OTHER }), {
    kind: 'offer',
    offerId: ID,
    from: OTHER,
    sdp: SDP
  })
  t.deepEqual(parse({ answer: { type: 'answer', sdp: SDP }, offer_id: ID, peer_id: OTHER }), {
    kind: 'answer',
    offerId: ID,
    sdp: SDP
  })
  t.deepEqual(parse({ 'failure reason': 'no' }), { kind: 'refused', reason: 'no' })
  t.deepEqual(parse({ 'failure reason': 'no', info_hash: undefined }), { kind: 'refused', reason: 'no' })
  t.end()
})

test('what is no message, or for somebody else, is not read', t => {
  const offer = { offer: { type: 'offer', sdp: SDP }, offer_id: ID, peer_id: OTHER }
  const wrong: object[] = [
    { ...offer, info_hash: infoHashOf('other') },
    { ...offer, info_hash: undefined },
    { ...offer, peer_id: PEER.peerId },
    { ...offer, peer_id: 7 },
    { ...offer, offer_id: 'short' },
    { ...offer, offer: { type: 'answer', sdp: SDP } },
    { ...offer, offer: { type: 'offer', sdp: 'v=0'.repeat(9000) } },
    { ...offer, offer: { type: 'offer', sdp: { toString: 'v=0' } } },
    { ...offer, offer: null },
    { answer: 'v=0', offer_id: ID },
    { action: 'scrape', interval: 120 },
    { action: undefined }
  ]
  for (const message of wrong) t.equal(parse(message), undefined, JSON.stringify(message).slice(0, 100))
  for (const text of ['', 'null', '[]', '{', '"x"', '7'])
    t.equal(parseTrackerMessage(text, PEER), undefined, text)
  t.end()
})

test('the line of a node comes through a description, and leaves no trace', t => {
  const line = { id: 'ab'.repeat(20), extensions: ['routes', 'a"$&\r\n'] }
  const written = writeNodeLine(SDP, line)
  t.ok(written.indexOf('a=x-wdht-node:') < written.indexOf('m='), 'it belongs to the session')
  t.equal(written.split('\r\n').length, SDP.split('\r\n').length + 1, 'it is one line')
  t.deepEqual(takeNodeLine(written), { sdp: SDP, line })
  t.deepEqual(takeNodeLine(writeNodeLine('v=0\r\n', { refused: 'full' })), {
    sdp: 'v=0\r\n',
    line: { refused: 'full' }
  })
  t.end()
})

test('fields of a line that are wrong are left out; without a line there is no node', t => {
  const take = (text: string) => takeNodeLine(`v=0\r\na=x-wdht-node:${text}\r\n`)?.line
  t.deepEqual(take('{"id":7,"extensions":"x","refused":{}}'), {})
  t.deepEqual(take('{"extensions":["x",7]}'), {})
  t.equal(take('{'), undefined)
  t.equal(takeNodeLine(SDP), undefined)
  t.end()
})
