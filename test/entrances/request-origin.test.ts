/** Whom a request comes from, and what its headers can change. */

import type { IncomingMessage } from 'node:http'
import test from 'tape'
import { isShared } from '../../src/connections/origin.js'
import { createSenderReader } from '../../src/entrances/request-origin.js'
import { readTrustedProxies } from '../../src/entrances/trusted-proxies.js'

/** The origin of a request that comes from `address` with these headers; `shared` where it may be anybody's. */
function originOf(trusted: unknown, address: string, headers: Record<string, string> = {}): string {
  const proxies = trusted === null ? null : readTrustedProxies('trustProxy', trusted)
  const request = { socket: { remoteAddress: address }, headers } as unknown as IncomingMessage
  const { origin, isProxied } = createSenderReader(proxies)(request)
  if (isProxied !== isShared(origin)) throw new Error(`${origin} is ${isProxied ? '' : 'not '}proxied`)
  return isProxied ? 'shared' : origin
}
const forwarded = (text: string) => ({ 'x-forwarded-for': text })

test('without a proxy the address of the socket counts', t => {
  t.equal(originOf(null, '192.0.2.1'), '192.0.2.1')
  t.equal(originOf(null, '::ffff:192.0.2.1'), '192.0.2.1', 'IPv4 that is written as IPv6')
  t.equal(originOf(null, '2001:db8:1:2:3:4:5:6'), '2001:db8:1:2::/64')
  t.equal(originOf(null, '2001:db8::6'), '2001:db8:0:0::/64')
  t.equal(originOf(null, 'fe80::1%eth0'), 'fe80:0:0:0::/64')
  t.end()
})

test('with the headers of a proxy that nobody said to trust, a request counts for nobody', t => {
  for (const name of ['x-forwarded-for', 'forwarded', 'via', 'x-real-ip', 'cf-connecting-ip']) {
    t.equal(originOf(null, '192.0.2.1', { [name]: '198.51.100.7' }), 'shared', name)
  }
  t.end()
})

test('behind a trusted proxy the address that it names counts, whatever the client has put before', t => {
  const headers = forwarded('203.0.113.9, 198.51.100.7')
  t.equal(originOf('loopback', '127.0.0.1', headers), '198.51.100.7')
  t.equal(originOf('loopback', '::1', headers), '198.51.100.7')
  t.equal(originOf('loopback', '::ffff:127.0.0.1', headers), '198.51.100.7')
  t.equal(originOf(1, '192.0.2.1', headers), '198.51.100.7')
  t.equal(originOf('loopback', '127.0.0.1', forwarded('2001:db8::1')), '2001:db8:0:0::/64')
  t.end()
})

test('several proxies, one behind the other', t => {
  const headers = forwarded('203.0.113.9, 198.51.100.7, 10.0.0.5')
  t.equal(originOf(['loopback', '10.0.0.0/8'], '127.0.0.1', headers), '198.51.100.7')
  t.equal(originOf('private', '127.0.0.1', headers), '198.51.100.7')
  t.equal(originOf(2, '127.0.0.1', headers), '198.51.100.7')
  t.equal(originOf('2001:db8::/32', '2001:db8::5', forwarded('192.0.2.8')), '192.0.2.8')
  t.end()
})

test('headers of others than the trusted proxies mean nothing', t => {
  t.equal(originOf('loopback', '192.0.2.1', forwarded('198.51.100.7')), '192.0.2.1')
  t.equal(originOf('10.0.0.1', '10.0.0.2', forwarded('198.51.100.7')), '10.0.0.2')
  t.end()
})

test('a port that a proxy names is left out; what is no address counts for nobody', t => {
  t.equal(originOf('loopback', '127.0.0.1', forwarded('198.51.100.7:4711')), '198.51.100.7')
  t.equal(originOf('loopback', '127.0.0.1', forwarded('[2001:db8::1]:4711')), '2001:db8:0:0::/64')
  for (const text of ['unknown', '', '198.51.100.7, _hidden', 'a'.repeat(9000), ', ,']) {
    t.equal(originOf('loopback', '127.0.0.1', forwarded(text)), 'shared', text.slice(0, 20))
  }
  t.equal(originOf('loopback', '127.0.0.1'), 'shared', 'no header at all')
  t.end()
})

test('trustProxy is checked', t => {
  for (const wrong of [
    0,
    17,
    1.5,
    true,
    '',
    [],
    'proxy.example',
    '10.0.0.0/33',
    '::ffff:10.0.0.0/8',
    [7],
    '10.0.0.0/x',
    {}
  ]) {
    t.throws(() => readTrustedProxies('options.trustProxy', wrong), { code: 'EINVAL' }, JSON.stringify(wrong))
  }
  t.end()
})
