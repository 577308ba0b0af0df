/** What the headers of an HTTP request give away, and what a node tells whom. */

import { request } from 'node:http'
import test, { type Test } from 'tape'
import { accessHeaders, isMisdirected, whereaboutsOf } from '../../src/entrances/access.js'
import type { Platform } from '../../src/platform.js'
import { nodePlatform } from '../../src/platform-node.js'
import { addressKind } from '../../src/wire/address-kind.js'
import { createNode, destroyAll, placeOf } from '../helpers/nodes.js'
import { createOffer } from '../helpers/raw-client.js'

const DIRECT = { isProxied: false }
const OWN = { listening: '127.0.0.1', public: 'dht.example.org' }

test('on loopback a name that somebody else owns leads nowhere', t => {
  const good = [
    '127.0.0.1:1',
    '127.0.0.1',
    'localhost:1',
    'a.localhost',
    '[::1]:1',
    'dht:1',
    'dht.example.org'
  ]
  const bad = ['evil.example.org:1', 'evil.example.org', 'evil.local:1', 'a b', 'x@y', 'localhost.evil.org']
  for (const host of [...good, '192.168.1.1:1']) t.notOk(isMisdirected({ host }, OWN), host)
  for (const host of bad) t.ok(isMisdirected({ host }, OWN), host)
  for (const listening of ['::', '0.0.0.0', '192.168.1.1']) {
    t.notOk(isMisdirected({ host: 'any.example.org' }, { ...OWN, listening }), `listening on ${listening}`)
  }
  t.ok(isMisdirected({ host: 'evil.example.org' }, { ...OWN, listening: '::1' }), 'listening on ::1')
  t.notOk(isMisdirected({}, OWN), 'HTTP/1.0')
  t.end()
})

test('a page is where it came from, and who is behind a proxy is not where the proxy is', t => {
  const near = ['http://localhost:8080', 'http://127.0.0.1', 'http://192.168.1.7', 'https://dht.example.org']
  for (const origin of near) t.equal(whereaboutsOf(DIRECT, { origin }, OWN), 'direct', origin)
  for (const origin of ['https://example.org', 'null', 'chrome-extension://abc.def', '', 'http://1.1.1.1']) {
    t.equal(whereaboutsOf(DIRECT, { origin }, OWN), 'foreign', origin)
  }
  t.equal(whereaboutsOf(DIRECT, {}, OWN), 'direct', 'no page')
  t.equal(whereaboutsOf({ isProxied: true }, { origin: 'http://localhost' }, OWN), 'proxied')
  t.end()
})

test('Private Network Access is granted where it is asked for', t => {
  const name = 'access-control-allow-private-network'
  t.equal(accessHeaders({ 'access-control-request-private-network': 'true' })[name], 'true')
  t.notOk(name in accessHeaders({}))
  t.end()
})

/** Takes the addresses of this machine for private ones. */
const platform: Platform = {
  ...nodePlatform,
  addressKind: address => (addressKind(address) === 'public' ? 'private' : addressKind(address))
}

interface Answer {
  status: number
  headers: NodeJS.Dict<string | string[]>
  body: string
}

function ask(place: string, method: string, headers: Record<string, string>, body = ''): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(`http://${place}/`, { method, headers, agent: false }, async response => {
      const body = Buffer.concat(await response.toArray()).toString()
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

async function join(t: Test, headers: Record<string, string>): Promise<string> {
  const node = await createNode({ platform })
  const { offer, close } = await createOffer()
  t.teardown(() => Promise.all([close(), destroyAll(node)]))
  const { status, body } = await ask(
    placeOf(node),
    'POST',
    headers,
    JSON.stringify({ ...offer, extensions: [] })
  )
  t.equal(status, 200)
  return (JSON.parse(body) as { sdp: string }).sdp
}

const candidates = (sdp: string) => sdp.match(/a=candidate:.*/g) ?? []

test('private addresses are told to who is near, and to nobody else', async t => {
  t.ok(candidates(await join(t, {})).length > 0, 'a program on this machine')
  t.ok(candidates(await join(t, { origin: 'http://localhost:1234' })).length > 0, 'a page of this machine')
  for (const [name, value] of [
    ['origin', 'https://example.org'],
    ['origin', 'null'],
    ['x-forwarded-for', '1.1.1.1']
  ] as const) {
    const sdp = await join(t, { [name]: value })
    t.deepEqual(candidates(sdp), [], `${name}: ${value}`)
    t.ok(sdp.includes('c=IN IP4 0.0.0.0'))
  }
})

test('what is misdirected is refused, and asks for private networks are answered', async t => {
  const node = await createNode({ requestListener: (_, response) => response.end('a page') })
  t.teardown(() => destroyAll(node))
  const place = placeOf(node)
  for (const method of ['GET', 'POST', 'OPTIONS']) {
    t.equal((await ask(place, method, { host: 'evil.example.org' })).status, 421, method)
  }
  t.equal((await ask(place, 'GET', { host: place })).body, 'a page')
  const { headers } = await ask(place, 'OPTIONS', { 'access-control-request-private-network': 'true' })
  t.equal(headers['access-control-allow-private-network'], 'true')
  t.equal(node.stats().drops['HTTP 421'], 3)
})
