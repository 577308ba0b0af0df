/** Which pairs of nodes can meet, by their NATs and the ways to them. */

import test from 'tape'
import { canMeet, type End, Meeting } from '../../src/connections/meeting.js'
import type { Network } from '../../src/connections/network.js'
import { OwnNat } from '../../src/connections/own-nat.js'
import { Id } from '../../src/id.js'
import { addressKind } from '../../src/wire/address-kind.js'
import type { Description } from '../../src/wire/description.js'
import { readNatLine, writeNatLine } from '../../src/wire/nat-line.js'
import { placesIn } from '../../src/wire/places.js'
import { knownNetwork } from '../helpers/known-network.js'

const HOST = (address = '192.168.1.2') => `a=candidate:1 1 UDP 1 ${address} 5000 typ host`
const TAB = HOST('01234567-89ab-cdef-0123-456789abcdef.local')
const NAT = (address: string) => `a=candidate:2 1 UDP 1 ${address} 6000 typ srflx raddr 0.0.0.0 rport 0`
const RELAY = 'a=candidate:3 1 UDP 1 9.9.9.9 7000 typ relay raddr 0.0.0.0 rport 0'
const AT_HOME = [HOST(), NAT('1.1.1.1')]
const ELSEWHERE = [HOST(), NAT('2.2.2.2')]

const sdpOf = (candidates: string[]) => ['v=0', 's=-', 'm=x', ...candidates, ''].join('\r\n')
const end = (kind: End['kind'], candidates: string[]): End => ({
  kind,
  places: placesIn(sdpOf(candidates))
})

const PAIRS: [title: string, one: End, other: End, canMeet: boolean][] = [
  ['two ordinary NATs', end('nat', AT_HOME), end('nat', ELSEWHERE), true],
  ['symmetric and ordinary', end('symmetric', AT_HOME), end('nat', ELSEWHERE), false],
  ['two symmetric', end('symmetric', AT_HOME), end('symmetric', ELSEWHERE), false],
  ['symmetric and one that says nothing', end('symmetric', AT_HOME), end(undefined, ELSEWHERE), true],
  ['symmetric and public', end('symmetric', AT_HOME), end(undefined, [HOST('3.3.3.3')]), true],
  [
    'symmetric and a public host that says `nat`',
    end('symmetric', AT_HOME),
    end('nat', [HOST('3.3.3.3')]),
    true
  ],
  ['symmetric, and a relay here', end('symmetric', [...AT_HOME, RELAY]), end('nat', ELSEWHERE), true],
  ['symmetric, and a relay there', end('symmetric', AT_HOME), end('nat', [...ELSEWHERE, RELAY]), true],
  ['symmetric, both behind one', end('symmetric', AT_HOME), end('symmetric', AT_HOME), true],
  ['IPv6 at both ends', end('symmetric', [...AT_HOME, HOST('2600::1')]), end('nat', [HOST('2600::2')]), true],
  ['IPv6 at one end', end('symmetric', [...AT_HOME, HOST('2600::1')]), end('nat', ELSEWHERE), false],
  [
    'symmetric in one subnet, public addresses not known',
    end('symmetric', [HOST()]),
    end('nat', [HOST()]),
    true
  ],
  ['symmetric in two subnets', end('symmetric', [HOST()]), end('nat', [HOST('192.168.2.2')]), false],
  ['tabs, public addresses not known', end('symmetric', [TAB]), end('symmetric', [TAB]), true],
  ['tabs, one public address known', end('symmetric', [TAB]), end('symmetric', [TAB, NAT('1.1.1.1')]), false],
  ['UDP blocked, and a public host', end('blocked', [HOST()]), end(undefined, [HOST('3.3.3.3')]), false],
  [
    'UDP blocked, and a relay there',
    end('blocked', [HOST()]),
    end('nat', [HOST('192.168.2.2'), RELAY]),
    false
  ],
  ['UDP blocked, and a relay here', end('blocked', [HOST(), RELAY]), end('nat', ELSEWHERE), true],
  ['UDP blocked, in one subnet', end('blocked', [HOST()]), end('blocked', [HOST('192.168.1.9')]), true],
  ['nothing known', end(undefined, []), end(undefined, []), true]
]

test('pairs that can meet, and pairs that cannot', t => {
  for (const [title, one, other, expected] of PAIRS) {
    t.equal(canMeet(one, other), expected, title)
    t.equal(canMeet(other, one), expected, `${title}, the other way round`)
  }
  t.end()
})

function meetingOf(kind: Network['kind'] = 'unknown') {
  const network = knownNetwork(kind)
  const surroundings = { ownNat: new OwnNat(addressKind), kindOf: addressKind }
  return { network, meeting: new Meeting(network, surroundings) }
}

const offerOf = (candidates: string[]): Description => ({ type: 'offer', sdp: sdpOf(candidates) })

test('a node says which NAT it is behind', t => {
  const said = (kind: Network['kind'], isDial?: boolean) =>
    readNatLine(meetingOf(kind).meeting.describe(offerOf(AT_HOME), isDial))
  t.deepEqual([said('nat'), said('symmetric')], ['nat', 'symmetric'])
  t.deepEqual([said('unknown'), said('public')], [undefined, undefined])
  t.deepEqual(
    [said('blocked'), said('blocked', true)],
    [undefined, 'blocked'],
    'offers try whether UDP is back'
  )
  t.end()
})

test('an offer is judged by what this node has shown of itself', t => {
  const { meeting } = meetingOf('symmetric')
  const mate = writeNatLine(offerOf(AT_HOME), 'symmetric')
  const stranger = writeNatLine(offerOf(ELSEWHERE), 'nat')
  t.notOk(meeting.isPossible(mate), 'it has shown nothing yet')
  meeting.describe(offerOf(AT_HOME))
  t.ok(meeting.isPossible(mate), 'behind the same NAT')
  t.notOk(meeting.isPossible(stranger))
  t.ok(meeting.isPossible(stranger, { hasTurn: true }))
  t.notOk(meeting.isPossible(stranger, { own: offerOf(AT_HOME), hasTurn: true }), 'the relay did not come')
  t.ok(meeting.isPossible(stranger, { own: offerOf([...AT_HOME, RELAY]) }))
  t.end()
})

test('nodes that cannot be met are remembered, few of them, until the network is another', t => {
  const { meeting, network } = meetingOf('symmetric')
  const ids = Array.from({ length: 300 }, (_, i) => Id.of(Buffer.alloc(20, `${i} `)))
  for (const id of ids) meeting.note(id)
  t.equal(ids.filter(id => meeting.isHopeless(id)).length, 256)
  t.ok(meeting.isHopeless(ids.at(-1) as Id), 'the latest')
  t.notOk(meeting.isHopeless(ids[0] as Id), 'the oldest is forgotten')
  network.learn('nat')
  t.notOk(ids.some(id => meeting.isHopeless(id)))
  t.end()
})
