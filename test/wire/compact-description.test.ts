/** Descriptions of the browsers and of libdatachannel, packed and unpacked. */

import { randomBytes } from 'node:crypto'
import test from 'tape'
import { ByteReader } from '../../src/wire/byte-reader.js'
import { packDescription, unpackDescription } from '../../src/wire/compact-description.js'
import { fingerprintOf, readKeyLine, writeKeyLine } from '../../src/wire/key-line.js'

const FINGERPRINT = Array.from({ length: 32 }, (_, i) => (i + 160).toString(16).toUpperCase()).join(':')
const SECTION = 'm=application 9 UDP/DTLS/SCTP webrtc-datachannel'

const CHROMIUM = `v=0
o=- 7599173297318832916 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0
a=extmap-allow-mixed
a=msid-semantic: WMS
${SECTION}
c=IN IP4 0.0.0.0
a=candidate:1688566843 1 udp 2113937151 112e9c9c-8351-4ba4-87b1-1f5047ecfa97.local 33291 typ host generation 0 network-cost 999
a=candidate:842163049 1 udp 1677729535 203.0.113.7 40001 typ srflx raddr 0.0.0.0 rport 0 generation 0 network-cost 999
a=candidate:842163050 1 tcp 1677729535 203.0.113.7 9 typ host tcptype active
a=ice-ufrag:hwlZ
a=ice-pwd:/80bpghYX0XWAHl3Gizr/g7U
a=ice-options:trickle
a=fingerprint:sha-256 ${FINGERPRINT}
a=setup:actpass
a=mid:0
a=sctp-port:5000
a=max-message-size:262144
`
const FIREFOX = `v=0
o=mozilla...THIS_IS_SDPARTA-99.0 7578436011558052645 0 IN IP4 0.0.0.0
s=-
t=0 0
a=sendrecv
a=fingerprint:sha-256 ${FINGERPRINT}
a=group:BUNDLE 0
a=ice-options:trickle
a=msid-semantic:WMS *
${SECTION}
c=IN IP4 0.0.0.0
a=candidate:0 1 UDP 2122187007 fd95c89d-7dc7-4233-abae-050497f6850f.local 43751 typ host
a=candidate:1 1 UDP 8331263 2001:db8::7 50000 typ relay raddr 0.0.0.0 rport 0
a=sendrecv
a=end-of-candidates
a=ice-pwd:15da1f33e3bc7e8617ef6b9ed039d89d
a=ice-ufrag:644c1dfc
a=mid:0
a=setup:active
a=sctp-port:5000
a=max-message-size:1073741823
`
const LIBDATACHANNEL = `v=0
o=rtc 34440973 0 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0
a=ice-options:ice2,trickle
a=fingerprint:sha-256 ${FINGERPRINT}
a=x-wdht-careful
m=application 33483 UDP/DTLS/SCTP webrtc-datachannel
c=IN IP4 192.0.2.2
a=mid:0
a=sctp-port:5000
a=max-message-size:262144
a=setup:passive
a=ice-ufrag:AbyX
a=ice-pwd:9uTr6HCGp0WeLl+/D4P0W0
a=candidate:2 1 UDP 2116026111 fd00::2 33483 typ host
a=candidate:1 1 UDP 2114977791 192.0.2.2 33483 typ host
a=end-of-candidates
`

const toLines = (sdp: string) => sdp.replaceAll('\n', '\r\n')
const unpack = (bytes: Buffer, mid?: string) => unpackDescription(new ByteReader(bytes), 'offer', mid)

/** What WebRTC needs of a description. */
function factsOf(sdp: string): unknown {
  const textOf = (name: string) => new RegExp(`^a=${name}:(.*?)\r?$`, 'm').exec(sdp)?.[1]
  const candidates = [...sdp.matchAll(/^a=candidate:\S+ 1 udp \d+ (\S+) (\d+) typ (\w+)/gim)]
  return {
    names: ['ice-ufrag', 'ice-pwd', 'setup', 'mid', 'sctp-port'].map(textOf),
    fingerprint: fingerprintOf(sdp)?.toString('hex'),
    key: readKeyLine(sdp),
    candidates: candidates.map(([, address = '', port, type]) => [expanded(address), port, type]),
    maker: /^o=(\S+)/m.exec(sdp)?.[1]
  }
}

/** `::` is written out in what was unpacked. */
function expanded(address: string): string {
  return address.includes(':') ? new URL(`http://[${address}]`).hostname : address
}

const key = { publicKey: randomBytes(32), signature: randomBytes(64) }

for (const [maker, text] of Object.entries({ CHROMIUM, FIREFOX, LIBDATACHANNEL })) {
  test(`a description of ${maker} says the same after packing, proof and all`, t => {
    for (const sdp of [toLines(text), writeKeyLine(toLines(text), key)]) {
      const packed = packDescription({ type: 'offer', sdp })
      t.deepEqual(factsOf(unpack(packed ?? Buffer.alloc(0))?.sdp ?? ''), factsOf(sdp))
      t.ok(packed && packed.length <= 200, `${packed?.length} bytes of ${sdp.length}`)
    }
    t.end()
  })
}

test('an answer gets the name of the media section that its offer has', t => {
  const packed = packDescription({ type: 'offer', sdp: toLines(CHROMIUM) }) ?? Buffer.alloc(0)
  const sdp = unpack(packed, 'data')?.sdp ?? ''
  t.match(sdp, /^a=group:BUNDLE data\r$/m)
  t.match(sdp, /^a=mid:data\r$/m)
  t.end()
})

test('candidates that come first are preferred', t => {
  const packed = packDescription({ type: 'offer', sdp: toLines(LIBDATACHANNEL) }) ?? Buffer.alloc(0)
  const priorities = [...(unpack(packed)?.sdp.matchAll(/ UDP (\d+) /g) ?? [])].map(([, text]) => Number(text))
  t.ok(priorities.length === 2 && Number(priorities[0]) > Number(priorities[1]))
  t.ok(priorities.every(priority => priority < 2 ** 31))
  t.end()
})

test('a description that lacks something, or has it in another form, is not packed', t => {
  const isPacked = (sdp: string) => packDescription({ type: 'offer', sdp }) !== undefined
  const whole = toLines(CHROMIUM)
  t.ok(isPacked(whole))
  for (const line of ['a=ice-ufrag:hwlZ', 'a=ice-pwd:/80bpghYX0XWAHl3Gizr/g7U', 'a=setup:actpass'])
    t.notOk(isPacked(whole.replace(`${line}\r\n`, '')), `without ${line}`)
  t.notOk(isPacked(whole.replace('ufrag:hwlZ', 'ufrag:hw-Z')))
  t.notOk(isPacked(whole.replace('sha-256', 'sha-1')))
  t.end()
})

test('bytes that are cut, longer or of unknown kinds are no description', t => {
  const packed = packDescription({ type: 'offer', sdp: toLines(FIREFOX) }) ?? Buffer.alloc(0)
  for (let length = 0; length < packed.length; length++) {
    if (unpack(packed.subarray(0, length))) t.fail(`${length} of ${packed.length} bytes`)
  }
  t.notOk(unpack(Buffer.concat([packed, Buffer.of(0)])), 'a byte more')
  const changed = (at: number, byte: number) =>
    unpack(Buffer.concat([packed.subarray(0, at), Buffer.of(byte), packed.subarray(at + 1)]))
  t.notOk(changed(0, 0x03), 'an unknown maker')
  t.notOk(changed(0, 0x0c), 'an unknown setup')
  const count = packed.length - 2 * 19 - 1
  t.equal(packed[count], 2)
  t.notOk(changed(count, 1), 'fewer candidates than there are')
  t.notOk(changed(count, 200), 'more')
  t.notOk(changed(count + 1, 0x03), 'an unknown form of address')
  t.notOk(changed(count + 1, 0x12), 'an unknown type of candidate')
  for (let i = 0; i < 2000; i++) unpack(randomBytes(i % 250)) // throws nothing
  t.end()
})
