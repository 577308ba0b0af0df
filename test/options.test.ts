/** Options: checked once, with the bad value quoted, and never written to. */

import test from 'tape'
import WebTorrentDHT, { WebTorrentDHTError } from '../src/index.js'
import { resolveOptions, type WebTorrentDHTOptions } from '../src/options.js'

const wrong: [name: string, options: Record<string, unknown>][] = [
  ['k is 0', { k: 0 }],
  ["k is '2'", { k: '2' }],
  ['lookupWidth is 1.5', { lookupWidth: 1.5 }],
  ["nodeId is 'abc'", { nodeId: 'abc' }],
  ['nodeId is 5', { nodeId: 5 }],
  ["bootstrap is 'nowhere'", { bootstrap: 'nowhere' }],
  ["bootstrap is 'host:99999'", { bootstrap: ['127.0.0.1:1', 'host:99999'] }],
  ["bootstrap is 'ftp://x:1'", { bootstrap: 'ftp://x:1' }],
  ["entrances is 'x'", { entrances: 'x' }],
  ['entrances[0] is 5', { entrances: [5] }],
  ['entrances[1].name is undefined', { entrances: [() => {}, { request() {} }] }],
  ['entrances[0] is {"name":"x"}', { entrances: [{ name: 'x' }] }],
  ['entrances[0].request is 5', { entrances: [{ name: 'x', request: 5 }] }],
  ['entrances[0].serve is 5', { entrances: [{ name: 'x', serve: 5 }] }],
  ["entrances[0].isLocal is 'no'", { entrances: [{ name: 'x', serve() {}, isLocal: 'no' }] }],
  ["network is ''", { network: '' }],
  ['network is 5', { network: 5 }],
  ["extensions is 'x'", { extensions: 'x' }],
  ['maxConnections is -1', { maxConnections: -1 }],
  ['peer_connection_timeout is 0', { peer_connection_timeout: 0 }],
  ['http_address is {"port":1}', { http_address: { port: 1 } }]
]

test('a wrong option fails at once, and is quoted', t => {
  for (const [name, options] of wrong) {
    try {
      new WebTorrentDHT(options as WebTorrentDHTOptions)
      t.fail(`${name} was accepted`)
    } catch (error) {
      const isQuoted = error instanceof WebTorrentDHTError && error.message.includes(name)
      t.ok(isQuoted && error.code === 'EINVAL', (error as Error).message)
    }
  }
  t.end()
})

test('the options of the caller stay as they are', t => {
  const given = { bootstrap: ['127.0.0.1:5'], simple_peer_opts: { config: {} }, extensions: ['x'] }
  const before = JSON.stringify(given)
  const resolved = resolveOptions(given)
  t.equal(JSON.stringify(given), before)
  t.ok(Object.isFrozen(resolved))
  t.equal(resolveOptions(resolved), resolved, 'and resolved ones are not resolved again')
  t.end()
})

test('STUN is asked by default, but not where everything is on this machine', t => {
  const servers = (options: WebTorrentDHTOptions) =>
    resolveOptions(options).simplePeerOptions.config?.iceServers
  t.deepEqual(servers({}), [], 'the default bootstrap node')
  t.deepEqual(servers({ bootstrap: ['localhost:1', '127.0.0.2:3'] }), [])
  t.equal(servers({ bootstrap: 'dht.example.org:80' })?.length, 1)
  t.equal(servers({ bootstrap: '192.168.0.9:80' })?.length, 1)
  const entrances = [{ name: 'x', isLocal: true, serve() {} }]
  t.equal(
    servers({ bootstrap: '127.0.0.1:1', entrances })?.length,
    1,
    'nor known of those behind an entrance'
  )
  t.deepEqual(
    servers({ bootstrap: 'dht.example.org:80', simple_peer_opts: { config: { iceServers: [] } } }),
    []
  )
  t.end()
})

test('the length of ids follows the hash', t => {
  const { idLength, id } = resolveOptions({ hash: () => Buffer.alloc(32) })
  t.deepEqual([idLength, id.bytes.length], [32, 32])
  t.end()
})
