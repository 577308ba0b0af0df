/** Descriptions: the role in DTLS that an answer takes, and the candidates of a stranger that are used. */

import { readFileSync } from 'node:fs'

/** What six implementations offer of a data channel, line by line. */
const offersOf = JSON.parse(readFileSync(new URL('offers.json', import.meta.url), 'utf8'))
const text = lines => `${lines.join('\r\n')}\r\n`

const offers = Object.entries(offersOf).map(([maker, offer]) => ({
  name: `an offer by ${maker}`,
  offer: text(offer),
  due: ['active', 'passive']
}))

/** Some stacks offer one role alone. */
const oneRole = [
  ['active', ['passive']],
  ['passive', ['active']]
].map(([role, due]) => ({
  name: `an offer that says ${role}`,
  offer: text(offersOf['Chromium 156']).replace('a=setup:actpass', `a=setup:${role}`),
  due
}))

export const roles = [...offers, ...oneRole]

const candidate = (address, { type = 'host', port = 40_000, component = 1, transport = 'UDP', n = 1 } = {}) =>
  `a=candidate:${n} ${component} ${transport} 2114977791 ${address} ${port} typ ${type}`
const TAB = '73313626-8df6-4e0f-aa7f-f16872b9094f.local'

/** @param used which of the candidates, counted from 0 */
const choice = (name, from, candidates, used) => ({ name, from, candidates, used })
const hosts = [1, 2, 3, 4, 5].map(n => candidate(`198.51.100.${n}`, { n }))

export const candidates = [
  choice('a public address', 'public', [candidate('203.0.113.1')], [0]),
  choice('a public IPv6 address', 'public', [candidate('2001:4860::1')], [0]),
  choice('over TCP', 'public', [candidate('203.0.113.1', { transport: 'tcp' })], []),
  choice('of component 2', 'public', [candidate('203.0.113.1', { component: 2 })], []),
  choice('port 22', 'public', [candidate('203.0.113.1', { port: 22 })], []),
  choice('port 443 at a public address', 'public', [candidate('203.0.113.1', { port: 443 })], [0]),
  choice('port 443 at a private address', 'private', [candidate('192.168.1.2', { port: 443 })], []),
  choice('port 65536', 'public', [candidate('203.0.113.1', { port: 65_536 })], []),
  choice('a name of a tab', 'public', [candidate(TAB)], [0]),
  choice('a name of a tab that is no host', 'public', [candidate(TAB, { type: 'srflx' })], []),
  choice('another name', 'public', [candidate('example.org'), candidate('printer.local')], []),
  choice(
    'multicast, unspecified and reserved',
    'loopback',
    ['224.0.0.1', '0.0.0.0', '255.255.255.255', 'ff02::1', '::'].map(address => candidate(address)),
    []
  ),
  choice(
    'private ones, from elsewhere',
    'public',
    [
      '10.0.0.1',
      '172.16.0.1',
      '192.168.0.1',
      '169.254.0.1',
      '100.64.0.1',
      'fd00::1',
      'fe80::1',
      '::ffff:10.0.0.1'
    ].map(address => candidate(address)),
    []
  ),
  choice(
    'private ones, from a private address',
    'private',
    [candidate('10.0.0.1'), candidate('fd00::1')],
    [0, 1]
  ),
  choice('loopback, from a private address', 'private', [candidate('127.0.0.1'), candidate('::1')], []),
  choice('loopback, from the same machine', 'loopback', [candidate('127.0.0.1'), candidate('::1')], [0, 1]),
  choice('five hosts', 'public', hosts, [0, 1, 2, 3]),
  choice(
    'four hosts and two server-reflexive addresses: five addresses, and one of each kind before a second',
    'public',
    [
      ...hosts.slice(0, 4),
      candidate('203.0.113.1', { type: 'srflx' }),
      candidate('203.0.113.2', { type: 'srflx' })
    ],
    [0, 1, 2, 4, 5]
  ),
  choice('the same place twice', 'public', [hosts[0], hosts[0].replace(':1 ', ':9 ')], [0]),
  choice(
    'names of tabs do not count as addresses',
    'public',
    [
      ...hosts.slice(0, 3),
      ...[5, 6].map(n => candidate(`203.0.113.${n}`, { type: 'srflx' })),
      candidate(TAB)
    ],
    [0, 1, 2, 3, 4, 5]
  )
]
