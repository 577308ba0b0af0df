import { ok } from 'node:assert'
import fc from 'fast-check'
import test from 'tape'
import { addressKind, isNear } from '../../src/wire/address-kind.js'
import {
  checkingTime,
  hideLocalAddresses,
  limitCandidates,
  MAX_ADDRESSES,
  MAX_CANDIDATES,
  MAX_HOSTS,
  type Reach
} from '../../src/wire/candidates.js'

const HEAD =
  'v=0\r\no=rtc 1 0 IN IP4 127.0.0.1\r\na=x-unknown:1\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n'
const TAB = '5d1a2b9c-1f0e-4c4a-9a52-0c2f3f6f2f11.local'
const REACHES: Reach[] = ['loopback', 'private', 'public', 'foreign']

const candidate = (address: string, { port = 50000, type = 'host', protocol = 'UDP', component = 1 } = {}) =>
  `a=candidate:1 ${component} ${protocol} 2114977791 ${address} ${port} typ ${type}`
const sdpOf = (...lines: string[]) => `${HEAD}${lines.map(line => `${line}\r\n`).join('')}`
const candidatesIn = (sdp: string) => sdp.split(/\r\n|\r|\n/).filter(line => /candidate:/i.test(line))
const addressOf = (line: string) => line.split(' ')[4] ?? ''

test('addresses are told apart, in every spelling', t => {
  const kinds = {
    loopback: [
      '127.0.0.1',
      '127.255.0.1',
      '::1',
      '0:0:0:0:0:0:0:1',
      '::ffff:127.0.0.1',
      '[::1]',
      '2002:7f00:1::'
    ],
    private: [
      ...[
        '10.0.0.1',
        '172.16.0.1',
        '172.31.255.1',
        '192.168.1.1',
        '169.254.169.254',
        '100.64.0.1',
        '100.127.1.1'
      ],
      ...[
        '198.18.0.1',
        'fc00::1',
        'fd12::1',
        'FE80::1',
        'febf::1',
        'fec0::1',
        '::ffff:10.0.0.1',
        '::ffff:a00:1'
      ],
      ...['64:ff9b::10.0.0.1', '64:ff9b:1::1', '2002:c0a8:0101::1']
    ],
    public: [
      '1.1.1.1',
      '172.32.0.1',
      '100.128.0.1',
      '192.169.0.1',
      '2001:db8::1',
      '2600::',
      '64:ff9b::1.1.1.1'
    ],
    unusable: [
      ...['0.0.0.0', '0.1.2.3', '224.0.0.251', '239.1.1.1', '240.0.0.1', '255.255.255.255', '::', 'ff02::fb'],
      ...[
        '::7f00:1',
        '::ffff:0.0.0.0',
        '2001::1',
        '127.1',
        '0x7f000001',
        '2130706433',
        '0177.0.0.1',
        '10.0.0.01'
      ],
      ...['fe80::1%eth0', '1.1.1.1:80', 'localhost', 'example.org', '', ' 10.0.0.1', '12345::1', ':::']
    ]
  }
  for (const [kind, addresses] of Object.entries(kinds)) {
    for (const address of addresses) t.equal(addressKind(address), kind, address)
  }
  t.end()
})

test('hosts that are near are known by their names', t => {
  const near = ['localhost', 'a.localhost', '127.0.0.1', '[::1]', '192.168.0.1', '[fd00::1]', '100.64.0.1']
  for (const host of [...near, 'dht', 'nas.local', 'nas.lan', 'a.home.arpa', 'x.internal'])
    t.ok(isNear(host), host)
  for (const host of ['example.org', '1.1.1.1', '[2600::1]', 'local.example.org']) t.notOk(isNear(host), host)
  t.end()
})

test('what is near may name what is near, and nobody else', t => {
  const places = {
    loopback: '127.0.0.1',
    private: '192.168.1.7',
    link: 'fe80::1',
    tab: TAB,
    public: '1.1.1.1'
  }
  const sdp = sdpOf(...Object.values(places).map(address => candidate(address)))
  const named = (reach: Reach) => candidatesIn(limitCandidates(sdp, reach)).map(addressOf)
  const { loopback, ...noLoopback } = places
  t.deepEqual(named('private'), Object.values(noLoopback))
  t.deepEqual(named('public'), [TAB, '1.1.1.1'])
  t.deepEqual(named('foreign'), [TAB, '1.1.1.1'])
  t.ok(named('loopback').includes(loopback))
  t.end()
})

test('what is no candidate of a data channel over UDP is taken out', t => {
  const bad = [
    candidate('printer.local'),
    candidate('victim.example.org'),
    candidate('127.1'),
    candidate('1.1.1.1', { port: 53 }),
    candidate('1.1.1.1', { port: 0 }),
    candidate('1.1.1.1', { port: 65536 }),
    candidate('192.168.1.1', { port: 443 }),
    candidate('1.1.1.1', { protocol: 'tcp' }),
    `${candidate('1.1.1.1', { protocol: 'tcp' })} tcptype passive`,
    candidate('1.1.1.1', { component: 2 }),
    candidate(TAB, { type: 'srflx' }),
    candidate('1.1.1.1').replace('a=', 'A='),
    ` ${candidate('1.1.1.1')}`,
    `a=x\r${candidate('127.0.0.1')}`,
    `${candidate('1.1.1.1')}\0`,
    'a=candidate:',
    'a=remote-candidates:1 10.0.0.1 5000'
  ]
  for (const line of bad)
    t.deepEqual(candidatesIn(limitCandidates(sdpOf(line), 'private')), [], JSON.stringify(line))
  for (const port of [80, 443, 1024, 65535]) {
    const sdp = sdpOf(candidate('1.1.1.1', { port }), 'a=end-of-candidates')
    t.equal(limitCandidates(sdp, 'public'), sdp, `port ${port}`)
  }
  t.end()
})

test('of many candidates one of each kind and family stays first', t => {
  const hosts = Array.from({ length: 9 }, (_, i) => candidate(`2600::${i + 1}`))
  const others = [
    candidate('1.1.1.1'),
    candidate(TAB),
    candidate('1.1.1.2', { type: 'srflx' }),
    candidate('1.1.1.3', { type: 'relay' })
  ]
  const left = candidatesIn(limitCandidates(sdpOf(...hosts, ...others), 'public'))
  t.deepEqual(left, [hosts[0], hosts[1], ...others])
  t.end()
})

test('few candidates are checked longer than many, and names do not count', t => {
  const many = Array.from({ length: 4 }, (_, i) => candidate(`1.1.1.${i + 1}`))
  t.equal(checkingTime(sdpOf(...many)), 1400)
  t.equal(checkingTime(sdpOf(...many.slice(1))), 3400)
  t.equal(checkingTime(sdpOf(...many.slice(1), candidate(TAB))), 3400)
  const relayed = candidate('9.9.9.9', { type: 'relay' })
  t.equal(checkingTime(sdpOf(candidate('1.1.1.1', { type: 'srflx' }), relayed)), 7400, 'over a TURN server')
  t.equal(checkingTime(sdpOf(...many.slice(2), relayed)), 3400, 'no more than ten packets')
  t.equal(checkingTime(sdpOf()), Number.POSITIVE_INFINITY, 'nothing to check yet')
  t.end()
})

test('an answer for somebody elsewhere says no private address', t => {
  const own = [
    candidate('192.168.1.7'),
    candidate('fd00::7'),
    candidate('127.0.0.1'),
    `${candidate('192.168.1.7', { protocol: 'tcp', port: 9 })} tcptype active`,
    candidate('1.1.1.1'),
    candidate(TAB),
    `${candidate('1.1.1.2', { type: 'srflx' })} raddr 192.168.1.7 rport 50000`
  ]
  const hidden = hideLocalAddresses(sdpOf('c=IN IP4 192.168.1.7', ...own, 'a=end-of-candidates'))
  t.deepEqual(candidatesIn(hidden).map(addressOf), ['1.1.1.1', TAB, '1.1.1.2'])
  t.notOk(/192\.168|fd00/.test(hidden))
  t.ok(hidden.includes('a=end-of-candidates'))
  t.end()
})

const octet = fc.nat(255)
const ipv4 = fc.oneof(
  fc.tuple(octet, octet, octet, octet).map(octets => octets.join('.')),
  fc.constantFrom('10.0.0.1', '127.0.0.1', '169.254.169.254', '192.168.0.1', '224.0.0.251')
)
const address = fc.oneof(
  ipv4,
  fc.ipV6(),
  ipv4.map(a => `::ffff:${a}`),
  fc.uuid().map(id => `${id}.local`),
  fc.domain()
)
const candidateLine = fc
  .tuple(
    address,
    fc.nat(70000),
    fc.constantFrom('host', 'srflx', 'prflx', 'relay', 'x'),
    fc.constantFrom('udp', 'UDP', 'tcp'),
    fc.constantFrom('', ' raddr 10.0.0.1 rport 9', ' generation 0 ufrag abcd network-cost 999', '\0', ' ')
  )
  .map(([a, port, type, protocol, rest]) => candidate(a, { port, type, protocol }) + rest)
const line = fc.oneof(
  candidateLine,
  candidateLine,
  fc.constantFrom('a=mid:0', 'a=x-wdht-key:AAAA', 'm=audio 9'),
  fc.string()
)
const sdps = fc
  .tuple(fc.array(line, { maxLength: 40 }), fc.constantFrom('\r\n', '\n', '\r'))
  .map(([lines, end]) => HEAD + lines.join(end))

test('whatever a description says, few candidates stay, none of them near, and all else is as it was', t => {
  let kept = 0
  fc.assert(
    fc.property(sdps, fc.constantFrom(...REACHES), (sdp, reach) => {
      const limited = limitCandidates(sdp, reach)
      const candidates = candidatesIn(limited)
      const [hosts, addresses] = [
        candidates.filter(line => line.includes('typ host')),
        candidates.map(addressOf).filter(name => !name.toLowerCase().endsWith('.local'))
      ]
      ok(
        candidates.length <= MAX_CANDIDATES && hosts.length <= MAX_HOSTS && addresses.length <= MAX_ADDRESSES
      )
      const isFar = reach === 'public' || reach === 'foreign'
      for (const name of addresses) {
        const kind = addressKind(name)
        ok(
          kind === 'public' || (kind === 'private' && !isFar) || (kind === 'loopback' && reach === 'loopback')
        )
      }
      ok(candidates.every(line => Number(line.split(' ')[5]) >= 1024 || /\b(80|443) typ/.test(line)))
      ok(limitCandidates(limited, reach) === limited)
      const others = (text: string) =>
        text
          .split(/\r\n|\r|\n/)
          .filter(line => !/candidate/i.test(line))
          .join()
      ok(others(limited) === others(sdp))
      kept += candidates.length
    }),
    { numRuns: 500 }
  )
  t.ok(kept > 0, `${kept} candidates of 500 descriptions`)
  t.end()
})

test('a description within the limits stays as it is, byte for byte', t => {
  const sdp = sdpOf(candidate('1.1.1.1'), candidate(TAB), 'a=end-of-candidates').replaceAll('\r\n', '\n')
  t.equal(limitCandidates(sdp, 'public'), sdp)
  t.end()
})
