/** The bytes of the handshake, as docs/beps/links.md has them. */

import test from 'tape'
import {
  describeEnd,
  isOfLink,
  linkUrl,
  nonceOfPath,
  readNonce,
  writeNonce
} from '../../src/connections/websocket-handshake.js'
import { text as bep } from '../docs/bep-text.js'

const nonces = { server: Buffer.alloc(32, 'S'), client: Buffer.alloc(32, 'C') }

test('the descriptions of both ends are those in docs/beps/links.md', t => {
  const [offer, answer] = [describeEnd('offer', nonces), describeEnd('answer', nonces)]
  for (const [{ sdp }, print] of [
    [
      offer,
      '22:84:3A:4A:49:A5:D7:5D:9B:58:E9:30:D3:BB:A1:F7:A3:FD:EE:4F:A8:07:98:CA:49:70:E6:3D:0B:C0:2C:EB'
    ],
    [
      answer,
      'AF:3F:95:CF:38:08:01:E2:76:47:80:B5:0D:80:F7:64:C8:32:49:2B:4B:3E:C0:03:3A:0D:39:5B:95:82:CF:2B'
    ]
  ] as const) {
    t.equal(sdp, `v=0\r\na=fingerprint:sha-256 ${print}\r\n`)
    t.ok(bep.includes(print))
  }
  t.ok(isOfLink(offer, nonces) && isOfLink(answer, nonces))
  t.notOk(isOfLink({ ...offer, type: 'answer' }, nonces), 'an offer is no answer')
  t.notOk(isOfLink(offer, { server: nonces.client, client: nonces.server }), 'nor may the ends change places')
  t.notOk(isOfLink({ ...offer, sdp: `${offer.sdp}${answer.sdp}` }, nonces), 'nor may there be two')
  t.end()
})

test('a nonce is 64 hex digits in lower case, beside whatever else there is', t => {
  const hex = '0f'.repeat(32)
  t.equal(readNonce(writeNonce(Buffer.from(hex, 'hex'), '{"type":"offer"}'))?.toString('hex'), hex)
  t.equal(writeNonce(Buffer.alloc(32), '{"type":"offer"}'), `{"type":"offer","nonce":"${'00'.repeat(32)}"}`)
  for (const nonce of [hex.slice(2), `${hex}00`, hex.toUpperCase(), 7, null, [hex]]) {
    t.equal(readNonce(JSON.stringify({ nonce })), undefined, JSON.stringify(nonce))
  }
  t.equal(linkUrl('https://x/path?a=1', Buffer.from(hex, 'hex')), `wss://x/path?a=1&nonce=${hex}`)
  t.equal(nonceOfPath(`/path?a=1&nonce=${hex}`)?.toString('hex'), hex)
  for (const path of ['/', '', '/?nonce=', `/?nonce=${hex}00`, `/nonce=${hex}`]) {
    t.equal(nonceOfPath(path), undefined, path)
  }
  t.end()
})
