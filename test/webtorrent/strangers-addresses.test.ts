/** Which addresses of strangers WebTorrent is told to open TCP connections to. */

import test, { type Test } from 'tape'
import { StrangersAddresses } from '../../src/webtorrent/strangers-addresses.js'
import { HandClock } from '../helpers/hand-clock.js'

function create(t: Test, isLocal = false) {
  const clock = new HandClock()
  t.teardown(() => clock.restore())
  return { clock, addresses: new StrangersAddresses(() => isLocal) }
}

const NEAR = ['127.0.0.1', '10.0.0.1', '192.168.1.1', '172.16.0.1', '169.254.169.254', '100.64.0.1']

test('private, loopback, multicast and made-up addresses are not handed on', t => {
  const { addresses } = create(t)
  for (const host of [
    ...NEAR,
    '224.0.0.251',
    '240.0.0.1',
    '255.255.255.255',
    '0.0.0.0',
    'localhost',
    'example.org'
  ])
    t.notOk(addresses.take(host, 6881), host)
  t.ok(addresses.take('1.1.1.1', 6881))
  t.end()
})

test('a node that is nearby only hands nearby addresses on', t => {
  const { addresses } = create(t, true)
  for (const host of NEAR) t.ok(addresses.take(host, 6881), host)
  for (let i = 0; i < 5; i++) t.ok(addresses.take('127.0.0.1', 7000 + i), 'peers on one machine')
  t.notOk(addresses.take('224.0.0.251', 6881))
  t.end()
})

test('ports of services are not handed on', t => {
  const { addresses } = create(t)
  for (const port of [0, 9, 22, 25, 80, 443, 1023, 3306, 5060, 6379, 6667, 10080, 65536])
    t.notOk(addresses.take('1.1.1.1', port), `${port}`)
  for (const port of [1024, 65535]) t.ok(addresses.take('1.1.1.1', port), `${port}`)
  t.end()
})

test('so many a minute, and few to one host', t => {
  const { addresses, clock } = create(t)
  const take = (count: number, host: (i: number) => string) =>
    Array.from({ length: count }, (_, i) => addresses.take(host(i), 6881 + i)).filter(Boolean).length
  t.equal(
    take(10, () => '1.1.1.1'),
    2
  )
  t.equal(
    take(200, i => `1.1.2.${i}`),
    58
  )
  clock.move(59_000)
  t.notOk(addresses.take('1.1.3.1', 6881))
  clock.move(1000)
  t.equal(
    take(10, () => '1.1.1.1'),
    2
  )
  t.end()
})
