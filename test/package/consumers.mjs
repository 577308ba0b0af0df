/** Programs as users of the package write them. Each must run, or compile, without a complaint. */

export const programs = {
  'import gives the classes by their names': {
    file: 'import.mjs',
    code: `
      import assert from 'node:assert'
      import DHT, { Client, KRPCSocketWebRTC, KRPCWebRTC, Server, WebRTCSocket, WebTorrentDHT } from 'webtorrent-dht'
      for (const name of [DHT, KRPCSocketWebRTC, KRPCWebRTC, WebRTCSocket]) assert.equal(typeof name, 'function')
      for (const same of [Client, Server, WebTorrentDHT]) assert.equal(same, DHT)`
  },
  'the subpaths ./client and ./server, and package.json, can be imported': {
    file: 'subpaths.mjs',
    code: `
      import assert from 'node:assert'
      import DHT from 'webtorrent-dht'
      import Client from 'webtorrent-dht/client'
      import Server from 'webtorrent-dht/server'
      import { createRequire } from 'node:module'
      assert.equal(Client, DHT)
      assert.equal(Server, DHT)
      assert.equal(createRequire(import.meta.url)('webtorrent-dht/package.json').name, 'webtorrent-dht')`
  },
  'the subpath ./webtorrent gives attach, to import and require': {
    file: 'webtorrent.mjs',
    code: `
      import assert from 'node:assert'
      import { createRequire } from 'node:module'
      import DHT from 'webtorrent-dht'
      import { attach } from 'webtorrent-dht/webtorrent'
      assert.equal(createRequire(import.meta.url)('webtorrent-dht/webtorrent').attach, attach)
      const client = { torrents: [], maxConns: 55, on() {}, removeListener() {} }
      const dht = new DHT({ bootstrap: false })
      attach(client, dht)()
      assert.throws(() => attach(client, dht, { maxDials: 0 }), { code: 'EINVAL' })
      assert.throws(() => attach(dht, client), { code: 'EINVAL' })
      dht.destroy()`
  },
  'the subpath ./directory-store says which package it needs, to import and require': {
    file: 'directory-store.mjs',
    code: `
      import assert from 'node:assert'
      import { createRequire } from 'node:module'
      import { openDirectoryStore } from 'webtorrent-dht/directory-store'
      assert.equal(createRequire(import.meta.url)('webtorrent-dht/directory-store').openDirectoryStore, openDirectoryStore)
      await assert.rejects(openDirectoryStore('store'), { code: 'ENOLEVEL', message: /npm install classic-level/ })`
  },
  'require gives the class itself': {
    file: 'require.cjs',
    code: `
      const assert = require('node:assert')
      const DHT = require('webtorrent-dht')
      assert.equal(typeof DHT, 'function')
      assert.equal(DHT.name, 'WebTorrentDHT')
      assert.equal(require('webtorrent-dht/client'), DHT)
      assert.equal(require('webtorrent-dht/server'), DHT)
      import('webtorrent-dht').then(module => assert.equal(module.default, DHT))`
  },
  'a node starts, listens and ends, and the process with it': {
    file: 'run.cjs',
    code: `
      const DHT = require('webtorrent-dht')
      const dht = new DHT({ bootstrap: false })
      dht.listen(0, '127.0.0.1', () => dht.destroy())`
  },
  'two nodes connect with the dependencies that the package names': {
    file: 'connect.mjs',
    code: `
      import DHT from 'webtorrent-dht'
      const simple_peer_opts = { config: { iceServers: [] } }
      const first = new DHT({ bootstrap: false, simple_peer_opts })
      first.listen(0, '127.0.0.1', () => {
        const second = new DHT({ bootstrap: '127.0.0.1:' + first.address().port, simple_peer_opts })
        second.once('node', () => second.destroy(() => first.destroy()))
        second.once('ready', () => {
          if (second.nodes.count() === 0) throw new Error('they did not connect')
        })
      })`
  }
}

const usage = `
const options: WebTorrentDHTOptions = { bootstrap: ['127.0.0.1:16881'], k: 2, extensions: ['chat'] }
const dht: WebTorrentDHT = new DHT(options)
dht.listen(0, '127.0.0.1', () => {})
dht.announce('0123456789012345678901234567890123456789', 4000, error => error?.message)
const stop: () => void = dht.lookup(Buffer.alloc(20))
dht.on('peer', (peer: FoundPeer) => [peer.host.length, peer.port + 1, peer.id?.toString('hex')])
const key: Buffer = dht.put('text', (error, stored) => [error, stored.length])
dht.get(key, (_, value) => value?.v.length)
const nodes: { host: string; port: number }[] = dht.toJSON().nodes
const { socket } = dht._rpc.socket
socket.on('node_connected', id => id.toUpperCase())
socket.on('extensions_received', (peer, names) => [peer.destroyed, names.join()])
socket.add_tag(dht.nodeId, 'chat')
const parts: [KRPCWebRTC, KRPCSocketWebRTC, WebRTCSocket] = [dht._rpc, dht._rpc.socket, socket]
declare const client: WebTorrentClient
const store: Promise<DirectoryStore> = openDirectoryStore('store', { onWarning: ({ code }) => code })
store.then(store => new DHT({ store }))
const own: Store = {
  values: { size: 0, get: async () => undefined, put: async () => {}, remove: () => {}, entries: () => [] },
  peers: { size: 0, get: () => [], put: async () => {}, remove: () => {}, entries: async function* () {} }
}
const detach: () => void = attach(client, dht, { wantedPeers: 5, peerOptions: { config: { iceServers: [] } } })
detach()
dht.destroy(() => {})
export { nodes, own, parts, stop }
`

const names =
  'FoundPeer, KRPCSocketWebRTC, KRPCWebRTC, Store, WebRTCSocket, WebTorrentDHT, WebTorrentDHTOptions'
const imports = `
import DHT, { Client } from 'webtorrent-dht'
import type { ${names} } from 'webtorrent-dht'
import Server from 'webtorrent-dht/server'
import { type DirectoryStore, openDirectoryStore } from 'webtorrent-dht/directory-store'
import { attach } from 'webtorrent-dht/webtorrent'
import type { WebTorrentClient } from 'webtorrent-dht/webtorrent'
const same: [typeof DHT, typeof DHT] = [Client, Server]
export { same }
`

export const typed = {
  'the types compile in strict mode, library and all, in an ES module': {
    files: { 'consumer.mts': imports + usage },
    compilerOptions: { module: 'nodenext', types: ['node'] }
  },
  'the types compile for a bundler': {
    files: { 'consumer.ts': imports + usage },
    compilerOptions: { module: 'esnext', moduleResolution: 'bundler', types: ['node'] }
  },
  'the types compile for pages': {
    files: { 'consumer.ts': imports + usage },
    compilerOptions: {
      module: 'esnext',
      moduleResolution: 'bundler',
      customConditions: ['browser'],
      lib: ['es2022', 'dom'],
      types: ['node']
    }
  },
  'the types compile for pages without those of Node.js, where libraries are not checked': {
    files: {
      'consumer.ts':
        imports + usage.replace('Buffer.alloc(20)', 'new Uint8Array(20)').replaceAll('Buffer', 'Uint8Array')
    },
    compilerOptions: {
      module: 'esnext',
      moduleResolution: 'bundler',
      customConditions: ['browser'],
      lib: ['es2022', 'dom'],
      types: [],
      skipLibCheck: true
    }
  },
  'the types compile in a CommonJS module': {
    files: {
      'consumer.cts': `
        import DHT = require('webtorrent-dht')
        const dht = new DHT({ bootstrap: false })
        dht.listen(0)
        dht.destroy()`
    },
    compilerOptions: { module: 'nodenext', types: ['node'] }
  }
}
