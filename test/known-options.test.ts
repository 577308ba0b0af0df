/** Options that nobody knows: each is a warning, which names the nearest one. */

import test from 'tape'
import WebTorrentDHT, { KRPCSocketWebRTC, KRPCWebRTC, type WebTorrentDHTOptions } from '../src/index.js'
import { warnOfUnknownOptions } from '../src/known-options.js'
import { within } from './helpers/nodes.js'

interface Warning {
  on(event: 'warning', listener: (error: Error) => void): unknown
  destroy(callback: () => void): void
}

/** The texts of the warnings. */
async function warningsOf(options: object): Promise<string[]> {
  const texts: string[] = []
  warnOfUnknownOptions(options, ({ message }) => texts.push(message))
  await new Promise(resolve => process.nextTick(resolve))
  return texts
}

test('an unknown option is a warning that names the nearest one', async t => {
  const nearest: [name: string, known: string][] = [
    ['maxConnection', 'maxConnections'],
    ['max_connections', 'maxConnections'],
    ['peerConnectionTimeout', 'peer_connection_timeout'],
    ['bootstraps', 'bootstrap'],
    ['nodeID', 'nodeId'],
    ['simplePeerOptions', 'simple_peer_opts'],
    ['maxpeers', 'maxPeers'],
    ['limit', 'limits'],
    ['iceServers', 'simple_peer_opts.config.iceServers']
  ]
  for (const [name, known] of nearest) {
    const [text = ''] = await warningsOf({ [name]: 1 })
    t.ok(text.endsWith(`the nearest is '${known}'`), text.slice(0, 200))
    t.ok(text.length < 200)
  }
  for (const name of ['x'.repeat(1e6), 'colour', 'z', '']) {
    const [text = ''] = await warningsOf({ [name]: 1 })
    t.match(text, /^There is no option '[^']*'$/, 'nothing is near')
    t.ok(text.length < 200)
  }
})

test('what bittorrent-dht, k-rpc and k-rpc-socket know is known', async t => {
  const known = {
    ...{ bootstrap: 1, concurrency: 1, hash: 1, host: 1, id: 1, idLength: 1, k: 1, krpc: 1, maxAge: 1 },
    ...{ maxPeers: 1, maxTables: 1, maxValues: 1, nodeId: 1, nodes: 1, timeBucketOutdated: 1, verify: 1 },
    ...{ backgroundConcurrency: 1, krpcSocket: 1, isIP: 1, socket: 1, timeout: 1 },
    wrong: undefined
  }
  t.deepEqual(await warningsOf(known), [])
})

test('each class warns of its own options, once, on the next tick', async t => {
  const options = { bootstrap: false, maxConnection: 5 } as WebTorrentDHTOptions
  const creators: (() => Warning)[] = [
    () => new WebTorrentDHT(options),
    () => new KRPCWebRTC(options),
    () => new KRPCSocketWebRTC(options),
    () => new WebTorrentDHT({ ...options, krpc: new KRPCWebRTC({ bootstrap: false }) }),
    () => new KRPCWebRTC({ ...options, krpcSocket: new KRPCSocketWebRTC({ bootstrap: false }) })
  ]
  for (const create of creators) {
    const one = create()
    const codes: unknown[] = []
    one.on('warning', error => codes.push((error as { code?: unknown }).code))
    t.deepEqual(codes, [])
    await within('destroy', new Promise<void>(resolve => one.destroy(resolve)))
    t.deepEqual(codes, ['EUNKNOWNOPTION'])
  }
})
