/** Where strangers may send a node. */

import test from 'tape'
import { parsePlace } from '../../src/place.js'
import { mayBeNamed } from '../../src/wire/address-kind.js'

const mayBe = (text: string, trustsNear: boolean) => {
  const place = parsePlace(text)
  return place !== undefined && mayBeNamed(place, trustsNear)
}

const PUBLIC = ['example.org:80', 'example.org:443', 'dht.example.:8000', '8.8.8.8:1024', '[2600::1]:8000']

/** Addresses in odd spellings, special ranges, and names of private networks. */
const NEAR =
  `127.0.0.1 localhost localhost. foo.localhost [::1] [::ffff:10.0.0.1] 2130706433 0x7f.1 127.1 0177.0.0.1 10.0.0.1
  169.254.169.254 [fe80::1] [fd00::1] 100.64.0.1 198.18.0.1 [64:ff9b::7f00:1] [2002:7f00:1::] intranet intranet. router.local router.LAN
  a.b.lan. metadata.google.internal box.home.arpa dc.corp host.localdomain ①②⑦.0.0.1 127。0。0。1`
    .split(/\s+/)
    .map(host => `${host}:8000`)

/** Nobody may be sent there. */
const NOWHERE = [
  '0.0.0.0:8000',
  '[::]:8000',
  '[::127.0.0.1]:8000',
  '224.0.0.1:8000',
  '240.0.0.1:8000',
  '255.255.255.255:8000',
  '[ff02::1]:8000',
  'example.org:22',
  'example.org:25',
  '8.8.8.8:1023',
  '127.0.0.1:631'
]

test('strangers may name public places, at ports of HTTP and above 1023', t => {
  for (const place of PUBLIC) t.ok(mayBe(place, false), place)
  for (const place of [...NEAR, ...NOWHERE]) t.notOk(mayBe(place, false), place)
  t.end()
})

test('near places may be named where these are trusted; others never', t => {
  for (const place of [...PUBLIC, ...NEAR]) t.ok(mayBe(place, true), place)
  for (const place of NOWHERE) t.notOk(mayBe(place, true), place)
  t.end()
})
