/** What others behind the same NAT may name. */

import test from 'tape'
import { OwnNat } from '../../src/connections/own-nat.js'
import { Surroundings } from '../../src/connections/surroundings.js'
import { resolveOptions } from '../../src/options.js'
import { nodePlatform } from '../../src/platform-node.js'
import { addressKind } from '../../src/wire/address-kind.js'
import type { Reach } from '../../src/wire/candidates.js'

const host = (address: string) => `a=candidate:1 1 UDP 1 ${address} 5000 typ host`
const nat = (address: string) => `a=candidate:2 1 UDP 1 ${address} 6000 typ srflx raddr 0.0.0.0 rport 0`
const TAB = host('01234567-89ab-cdef-0123-456789abcdef.local')
const offerOf = (...candidates: string[]) => ({
  type: 'offer' as const,
  sdp: ['v=0', 's=-', 'm=x', ...candidates, ''].join('\r\n')
})
const addressesIn = (sdp: string) =>
  sdp.split('\r\n').flatMap(line => (line.startsWith('a=candidate:') ? (line.split(' ')[4] ?? []) : []))

/** The addresses that are left of an offer, to a node with these candidates. */
function left(own: string[], theirs: string[], reach: Reach = 'public'): string[] {
  const surroundings = new Surroundings(
    resolveOptions({ platform: nodePlatform, bootstrap: 'dht.example.org:1' })
  )
  surroundings.ownNat.note(offerOf(...own))
  return addressesIn(surroundings.limit(offerOf(...theirs), reach).sdp)
}

const OWN = [host('192.168.1.2'), nat('1.1.1.1')]
const MATE = '192.168.1.7'

test('whoever is behind the same NAT may name hosts of the own network', t => {
  t.deepEqual(left(OWN, [host(MATE), nat('1.1.1.1')]), [MATE, '1.1.1.1'])
  t.deepEqual(left(OWN, [host(MATE), nat('2.2.2.2')]), ['2.2.2.2'], 'behind another NAT')
  t.deepEqual(left(OWN, [host(MATE)]), [], 'behind none, as it says')
  t.deepEqual(left(OWN, [host('192.168.2.7'), nat('1.1.1.1')]), ['1.1.1.1'], 'of another network')
  t.deepEqual(left(OWN, [host('127.0.0.1'), nat('1.1.1.1')]), ['1.1.1.1'], 'this machine itself')
  t.deepEqual(left(OWN, [host(MATE), nat('1.1.1.1')], 'foreign'), ['1.1.1.1'], 'a page of another origin')
  t.end()
})

test('a page, which does not know its own network, takes any home network', t => {
  const page = [TAB, nat('1.1.1.1')]
  t.deepEqual(left(page, [host(MATE), nat('1.1.1.1')]), [MATE, '1.1.1.1'])
  t.deepEqual(left(page, [host('169.254.1.1'), host('100.64.0.1'), nat('1.1.1.1')]), ['1.1.1.1'])
  t.deepEqual(left(page, [host(MATE), nat('2.2.2.2')]), ['2.2.2.2'])
  t.end()
})

test('four hosts at most are named, as of every description', t => {
  const many = Array.from({ length: 9 }, (_, i) => host(`192.168.1.${i + 10}`))
  t.equal(left(OWN, [...many, nat('1.1.1.1')]).filter(address => address.startsWith('192')).length, 4)
  t.end()
})

test('few public addresses are remembered, the latest', t => {
  const own = new OwnNat(addressKind)
  for (let i = 1; i < 10; i++) own.note(offerOf(host('192.168.1.2'), nat(`1.1.1.${i}`)))
  own.note(offerOf(host('192.168.1.2')))
  t.deepEqual([...own.places.reflexive], ['1.1.1.6', '1.1.1.7', '1.1.1.8', '1.1.1.9'])
  own.forget()
  t.equal(own.places.reflexive.size, 0)
  t.end()
})
