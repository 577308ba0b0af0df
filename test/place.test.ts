/** Places: one parser for what users pass, what neighbours say, and what states keep. */

import { deepStrictEqual, ok, strictEqual } from 'node:assert'
import fc from 'fast-check'
import test from 'tape'
import { addressOf, isLocal, parseHost, parsePlace, urlsOf } from '../src/place.js'
import { parseServerInfo } from '../src/wire/server-info.js'

const urlsFor = (given: unknown, allowsHttp = true) => {
  const place = parsePlace(given)
  return place && urlsOf(place, allowsHttp)
}
const both = (place: string) => [`https://${place}/`, `http://${place}/`]

test('a place is tried over HTTPS, then HTTP; on this machine and in private networks over HTTP only', t => {
  const places: [given: unknown, urls: string[]][] = [
    ['dht.example.org:16881', both('dht.example.org:16881')],
    ['DHT.Example.ORG:16881', both('dht.example.org:16881')],
    ['bücher.example:1', both('xn--bcher-kva.example:1')],
    ['10.example.org:1', both('10.example.org:1')],
    [{ host: '203.0.113.5', port: 80 }, both('203.0.113.5:80')],
    [{ address: '203.0.113.5', port: '80' }, both('203.0.113.5:80')],
    ['[2001:DB8::1]:5', both('[2001:db8::1]:5')],
    [{ host: '2001:db8:0::1', port: 5 }, both('[2001:db8::1]:5')],
    [{ host: '[2001:db8::1]', port: 5 }, both('[2001:db8::1]:5')],
    [{ host: '::ffff:203.0.113.5', port: 5 }, both('203.0.113.5:5')],
    ...['127.0.0.1', '10.1.2.3', '192.168.1.9', '172.16.0.1', '169.254.1.1', 'localhost', 'a.localhost'].map(
      (host): [unknown, string[]] => [`${host}:5`, [`http://${host}:5/`]]
    ),
    ...['[::1]', '[fd00::1]', '[fe80::1]'].map((host): [unknown, string[]] => [
      `${host}:5`,
      [`http://${host}:5/`]
    ]),
    ['127.1:5', ['http://127.0.0.1:5/']],
    [{ host: '::1', port: 5 }, ['http://[::1]:5/']],
    [{ host: '::ffff:10.0.0.1', port: 5 }, ['http://10.0.0.1:5/']],
    ['https://dht.example.org/path?x=1', ['https://dht.example.org/path?x=1']],
    ['https://dht.example.org:443/#part', ['https://dht.example.org/']],
    ['HTTP://dht.example.org', ['http://dht.example.org/']],
    ['http://[::1]:5', ['http://[::1]:5/']]
  ]
  for (const [given, urls] of places) t.deepEqual(urlsFor(given), urls, JSON.stringify(given))
  t.end()
})

test('a page that came over HTTPS tries HTTPS alone, also for private networks', t => {
  t.deepEqual(urlsFor('192.168.1.10:8443', false), ['https://192.168.1.10:8443/'])
  t.deepEqual(urlsFor('dht.example.org:1', false), ['https://dht.example.org:1/'])
  t.deepEqual(urlsFor('https://localhost/', false), ['https://localhost/'])
  t.deepEqual(urlsFor('http://10.0.0.1/', false), [], 'this one it may not try')
  t.end()
})

test('what is no place is none', t => {
  const wrong = [
    ...[
      '',
      'nowhere',
      'host:',
      ':5',
      'host:0',
      'host:65536',
      'host:1.5',
      'host:-1',
      'host: 5',
      'ho st:5',
      'a..b:5'
    ],
    ...[
      '::1',
      '::1:5',
      '[::1]',
      '[::1',
      '[::1]5',
      '[::g]:5',
      '[fe80::1%eth0]:5',
      'fe80::1%eth0',
      '1:2:5',
      '[a]:5'
    ],
    ...[
      'user@host:5',
      'host/path:5',
      'host?x:5',
      'host#x:5',
      'ho%73t:5',
      'host\n:5',
      '256.1.1.1:5',
      '1.2.3.4.5:5'
    ],
    ...[
      'ftp://x:1',
      'ws://x:1',
      'https://',
      'https://x:0/',
      'https://x:65536/',
      'http:x',
      'https://[::1',
      'http://a..b/'
    ],
    ...['https://user:password@x/', 'https://user@x/', `${'a'.repeat(256)}:5`],
    ...[5, null, undefined, true, [], {}, ['host', 5], { host: 'x' }, { port: 5 }, { host: 5, port: 5 }],
    ...[
      { host: 'x', port: '5x' },
      { host: 'x', port: [5] },
      { host: 'x', port: true },
      { host: 'x', port: 1.5 }
    ],
    ...[
      { host: 'x:5', port: 5 },
      { host: '[::1]:5', port: 5 },
      { host: 'http://x', port: 5 },
      { host: '', port: 5 }
    ]
  ]
  for (const place of wrong) t.equal(parsePlace(place), undefined, JSON.stringify(place))
  t.end()
})

test('a page that came over HTTPS uses plain HTTP on this machine only', t => {
  const urls: [given: string, urls: string[]][] = [
    ['127.0.0.1:80', ['http://127.0.0.1:80/', 'https://127.0.0.1:80/']],
    ['localhost:80', ['http://localhost:80/', 'https://localhost:80/']],
    ['[::1]:80', ['http://[::1]:80/', 'https://[::1]:80/']],
    ['http://127.0.0.1/', ['http://127.0.0.1/']],
    ['192.168.1.1:80', ['https://192.168.1.1:80/']],
    ['0.0.0.0:80', ['https://0.0.0.0:80/']],
    ['http://192.168.1.1/', []],
    ['http://localhost.example.org/', []]
  ]
  for (const [given, expected] of urls) t.deepEqual(urlsFor(given, false), expected, given)
  t.end()
})

test('addresses of this machine and of private networks are known in every notation', t => {
  const local = [
    'localhost',
    'localhost.',
    'printer.local',
    '127.1',
    '0x7f.1',
    '0',
    '::',
    '::1',
    '::ffff:192.168.0.1',
    'fc00::'
  ]
  for (const host of local) t.ok(isLocal(parseHost(host) ?? ''), host)
  const others = [
    'example.org',
    'localhost.example.org',
    '10.example.org',
    '172.32.0.1',
    '8.8.8.8',
    '2001:db8::1',
    '::ffff:8.8.8.8'
  ]
  for (const host of others) t.notOk(isLocal(parseHost(host) ?? ''), host)
  t.end()
})

test('an IPv4 place is its own address; all others get one', t => {
  const addressFor = (given: unknown) => addressOf(parsePlace(given) ?? { host: '', port: 0, url: null })
  t.deepEqual(addressFor('203.0.113.5:80'), { host: '203.0.113.5', port: 80 })
  for (const given of ['x:80', '[::1]:80', 'http://203.0.113.5/', '240.0.0.1:1'])
    t.equal(addressFor(given), null, given)
  t.end()
})

test('a place that a neighbour names can be read again, and leads to the same', t => {
  const host = fc.oneof(fc.ipV4(), fc.ipV4Extended(), fc.ipV6(), fc.domain(), fc.string(), fc.webAuthority())
  const port = fc.oneof(fc.integer({ min: -1, max: 70_000 }), fc.string({ maxLength: 5 }), fc.double())
  let read = 0
  fc.assert(
    fc.property(host, port, (host, port) => {
      const server = parseServerInfo(Buffer.from(JSON.stringify({ http_server: { host, port } })))
      if (!server) return
      read++
      const place = parsePlace(JSON.parse(JSON.stringify(server)))
      deepStrictEqual(place, { ...server, url: null })
      const byName = parsePlace(`${server.host}:${server.port}`)
      deepStrictEqual(byName, place)
      for (const url of urlsFor(server) ?? []) {
        const { protocol, hostname } = new URL(url)
        strictEqual(hostname, server.host)
        strictEqual(parsePlace(url)?.port, server.port, `${protocol} has a default port`)
      }
    }),
    { numRuns: 5000 }
  )
  ok(read > 500)
  t.pass(`${read} of 5,000 are places`)
  t.end()
})
