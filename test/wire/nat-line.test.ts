/** The line of a description that says which NAT its maker is behind. */

import test from 'tape'
import type { Description } from '../../src/wire/description.js'
import { type NatKind, readNatLine, writeNatLine } from '../../src/wire/nat-line.js'
import { MAX_SDP_BYTES } from '../../src/wire/signal.js'

const BARE = 'v=0\r\ns=-\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:0\r\n'
const offer = (sdp = BARE): Description => ({ type: 'offer', sdp })
const answer = (sdp = BARE): Description => ({ type: 'answer', sdp })

test('each kind is read as it was written, in the session part', t => {
  for (const kind of ['nat', 'symmetric', 'blocked'] as const) {
    for (const bare of [offer(), answer()]) {
      const said = writeNatLine(bare, kind)
      t.equal(readNatLine(said), kind)
      t.equal(said.sdp, BARE.replace('m=', `a=x-wdht-nat:${bare.type} ${kind}\r\nm=`))
    }
  }
  t.end()
})

test('an answer does not say what an offer said', t => {
  const { sdp } = writeNatLine(offer(), 'symmetric')
  t.equal(readNatLine(answer(sdp)), undefined, 'libdatachannel has copied the line')
  t.equal(writeNatLine(answer(sdp), undefined).sdp, BARE, 'what was copied is taken out')
  t.equal(readNatLine(writeNatLine(answer(sdp), 'nat')), 'nat')
  t.end()
})

test('what is not one known line says nothing', t => {
  const line = 'a=x-wdht-nat:offer nat\r\n'
  const others: Record<string, string> = {
    none: BARE,
    'two lines': BARE.replace('m=', `${line}${line}m=`),
    'a line of the media': `${BARE}${line}`,
    'another kind': BARE.replace('m=', 'a=x-wdht-nat:offer cone\r\nm='),
    'a name of every object': BARE.replace('m=', 'a=x-wdht-nat:offer constructor\r\nm='),
    'more words': BARE.replace('m=', 'a=x-wdht-nat:offer nat nat\r\nm='),
    'a long word': BARE.replace('m=', `a=x-wdht-nat:offer ${'n'.repeat(17)}\r\nm=`),
    nothing: ''
  }
  for (const [what, sdp] of Object.entries(others)) t.equal(readNatLine(offer(sdp)), undefined, what)
  t.end()
})

test('a description as long as it may be stays as it is', t => {
  const kind: NatKind = 'nat'
  const long = offer(`${BARE}${'a=x\r\n'.repeat((MAX_SDP_BYTES - BARE.length) / 5)}`)
  t.deepEqual(writeNatLine(long, kind), long)
  t.equal(writeNatLine(offer('v=0\r\ns=-'), kind).sdp, 'v=0\r\ns=-', 'one without media, too')
  t.end()
})
