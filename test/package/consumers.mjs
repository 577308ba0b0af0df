/** Programs as users of the package write them. Each must run, or compile, without a complaint. */

import { readFileSync } from 'node:fs'

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
  'the subpath ./rooms joins a room, to import and require': {
    file: 'rooms.mjs',
    code: `
      import assert from 'node:assert'
      import { createRequire } from 'node:module'
      import DHT from 'webtorrent-dht'
      import { join } from 'webtorrent-dht/rooms'
      assert.equal(createRequire(import.meta.url)('webtorrent-dht/rooms').join, join)
      const dht = new DHT({ bootstrap: false })
      const room = join(dht, 'a room', { secret: 'a secret' })
      assert.throws(() => join(dht, ''), { code: 'EINVAL' })
      assert.deepEqual(room.members, [])
      await room.leave()
      dht.destroy()`
  },
  'the subpath ./directory-store opens a store, to import and require': {
    file: 'directory-store.mjs',
    code: `
      import assert from 'node:assert'
      import { createRequire } from 'node:module'
      import { openDirectoryStore } from 'webtorrent-dht/directory-store'
      assert.equal(createRequire(import.meta.url)('webtorrent-dht/directory-store').openDirectoryStore, openDirectoryStore)
      const store = await openDirectoryStore('store')
      await store.close()`
  },
  'the declarations reach no class that is internal, and nothing of the types of Node.js': {
    file: 'declarations.mjs',
    code: `
      import assert from 'node:assert'
      import { readFileSync } from 'node:fs'
      import { dirname, join } from 'node:path'
      const folder = 'node_modules/webtorrent-dht'
      const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
      const found = new Map()
      const read = file => {
        if (found.has(file)) return
        const text = readFileSync(file, 'utf8')
        found.set(file, text)
        for (const [, path] of text.matchAll(/(?:from |import\\()['"](\\.[^'"]+)\\.js['"]/g)) read(join(dirname(file), path + '.d.ts'))
      }
      for (const { types } of Object.values(exports)) if (types) read(join(folder, types))
      assert.ok(found.size > 20, 'the declarations import each other')
      for (const [file, text] of found) {
        assert.doesNotMatch(text, /@internal|['"]node:|NodeJS\\.|: Buffer\\b/, file)
        assert.doesNotMatch(file, /dist.(node|id|connections|routes|searching|signal-exchange|krpc.(?!method-names))\\b/)
      }`
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
  'a node has promises, signs, and can be disposed of': {
    file: 'promises.mjs',
    code: `
      import assert from 'node:assert'
      import DHT from 'webtorrent-dht'
      const dht = new DHT({ bootstrap: false })
      await dht.promises.ready()
      const keys = await DHT.keyPair()
      assert.equal(await dht.promises.record(keys).get(), null)
      await assert.rejects(dht.promises.record(keys.publicKey).set('text'), { code: 'EINVAL' })
      await dht[Symbol.asyncDispose]()
      await assert.rejects(dht.promises.get(new Uint8Array(20)), { code: 'ECLOSED' })`
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
const stop: () => void = dht.lookup(new Uint8Array(20))
dht.on('peer', (peer: FoundPeer) => [peer.host.length, peer.port + 1, peer.id?.toString('hex')])
const key: Bytes = dht.put('text', (error, stored) => [error, stored.length])
dht.get(key, (_, value) => value?.v instanceof Uint8Array && value.v.length)
const nodes: { host: string; port: number }[] = dht.toJSON().nodes
const { socket } = dht
socket.on('node_connected', id => id.toUpperCase())
socket.on('extensions_received', (peer, names) => [peer.destroyed, names.join()])
socket.add_tag(dht.nodeId, 'chat')
const parts: [KRPCWebRTC, KRPCSocketWebRTC, WebRTCSocket] = [dht._rpc, dht._rpc.socket, dht._rpc.socket.socket]
declare const client: WebTorrentClient
const store: Promise<DirectoryStore> = openDirectoryStore('store', { onWarning: ({ code }) => code })
store.then(store => new DHT({ store }))
const own: Store = {
  values: { size: 0, get: async () => undefined, put: async () => {}, remove: () => {}, entries: () => [] },
  peers: { size: 0, get: () => [new Uint8Array(6)], put: async () => {}, remove: () => {}, entries: async function* () {} }
}
const detach: () => void = attach(client, dht, { wantedPeers: 5, peerOptions: { config: { iceServers: [] } } })
detach()
dht.destroy(() => {})
export { nodes, own, parts, stop }

// Events: their arguments need no annotation, and names that are none do not compile.
dht.once('ready', () => {}).off('close', () => {}).prependListener('listening', () => {}).removeAllListeners('node')
dht.on('peer', (peer, infoHash, from) => {
  const found: [string, number, string | undefined] = [peer.host, peer.port, peer.id?.toString('hex')]
  const others: [string, string | undefined] = [infoHash.toString('hex'), from?.host]
  return [found, others, peer.id?.equals(dht.nodeId)]
})
dht.on('announce', (peer, infoHash, from) => [peer.port, infoHash.length, from?.host])
dht.on('get', (key, value) => [key.length, value?.v.toString()])
dht.on('put', (key, v) => [key.length, v.toString()])
dht.on('announce_peer', (infoHash, { host, port }) => [infoHash.length, host, port])
dht.on('node', ({ id, host, port }) => [id.toString('hex'), host, port])
dht.on('warning', error => error.message).on('error', error => error.message)
dht.on('warning', ({ code, message }) => code === 'EUNKNOWNOPTION' && message).on('error', ({ code }) => code === 'EADDRINUSE')
dht.listen(() => {})
dht.listen('16881')
dht.listen({ port: 0, address: '::1' }, () => {})
// @ts-expect-error: no such field
dht.listen({ prt: 1 })
// @ts-expect-error: no callback
dht.listen(0, '127.0.0.1', {})
interface Profile {
  name: string
}
declare const profile: Profile
dht.put({ v: profile })
dht._rpc.on('query', (query, from) => [query.q?.toString(), query.a?.id, from.address])
dht._rpc.on('ping', (older, swap) => swap(older[0]))
dht._rpc.socket.on('response', (response, from) => [response.r?.id, from?.port])
dht._rpc.socket.on('update', () => {}).once('postupdate', () => {})
dht.nodes.on('added', contact => contact.id.toString('hex')).on('updated', (before, after) => [before.port, after.port])
dht._values.on('evict', ({ key, value }) => [key.length, value.v.toString()])
socket.on('message', (bytes, from) => [bytes.length, from.size])
socket.on('node_disconnected', (id, reason) => [id, reason === 'no room'])
const counts: number[] = [dht.listenerCount('peer'), dht.listeners('ready').length, dht.rawListeners('node').length]
const ready: Promise<void> = new Promise(resolve => dht.once('ready', resolve))
// @ts-expect-error: no such event
dht.on('peers', () => {})
// @ts-expect-error: no such event
dht.once('peers', () => {})
// @ts-expect-error: no such event
dht.off('peers', () => {})
// @ts-expect-error: no such event
dht.addListener('peers', () => {})
// @ts-expect-error: no such event
dht.removeListener('peers', () => {})
// @ts-expect-error: no such event
dht.prependListener('peers', () => {})
// @ts-expect-error: no such event
dht.prependOnceListener('peers', () => {})
// @ts-expect-error: no such event
dht.removeAllListeners('peers')
// @ts-expect-error: no such event
dht.listenerCount('peers')
// @ts-expect-error: no such event
dht.listeners('peers')
// @ts-expect-error: no such event
dht.rawListeners('peers')
// @ts-expect-error: no such event
dht.emit('peers')
// @ts-expect-error: too few arguments
dht.emit('peer')
// @ts-expect-error: no such event of k-rpc
dht._rpc.on('peer', () => {})
// @ts-expect-error: no such event of k-rpc-socket
dht._rpc.socket.on('node', () => {})
// @ts-expect-error: no such event of the socket
socket.on('nodeConnected', () => {})
// @ts-expect-error: no such event of the routing table
dht.nodes.on('add', () => {})
// @ts-expect-error: no such event of the store
dht._values.on('evicted', () => {})
// @ts-expect-error: the argument is a peer
dht.on('peer', (peer: string) => peer)
// @ts-expect-error: the id is a string
socket.on('node_connected', (id: number) => id)
// @ts-expect-error: no such field of what an event gives
dht.on('peer', peer => peer.address)
// @ts-expect-error: no such field
dht.peers
// @ts-expect-error: no such option
new DHT({ bootstraps: [] })
// @ts-expect-error: not a number
new DHT({ k: '2' })
// @ts-expect-error: internal
socket.node
// @ts-expect-error: internal
dht._rpc.options
// @ts-expect-error: internal
dht._onquery

// Bytes: any Uint8Array is taken, and hex for ids, hashes and keys.
const bytes = new Uint8Array(20)
new DHT({ nodeId: bytes, hash: bytes => bytes, verify: (signature, message, key) => signature.equals(message) && key.equals(key) })
dht.announce(bytes)
dht.put(bytes)
dht.put({ v: bytes })
dht.put({ v: bytes, k: bytes, seq: 1, salt: bytes, sign: message => message })
dht.put({ v: ['text', 1, { bytes }], k: bytes, seq: 1, sign: async () => new ArrayBuffer(64) }, (error, key, nodes, tally) => [
  error?.refused?.[302],
  key.length,
  nodes + (tally?.refused[203] ?? 0)
])
dht.put({ v: 'text', k: bytes, seq: 1, cas: 0, salt: 'salt', sig: bytes })
dht.get(bytes, { salt: bytes, cache: false }, (error, value) => [error, value?.sig?.toString('base64')])
dht.addNode({ host: '127.0.0.1', port: 1, id: bytes })
dht.removeNode(bytes)
dht.nodes.get(bytes)?.id.subarray(0, 4)
dht.nodes.closest(bytes, 8)
dht._rpc.populate(bytes, { q: 'find_node', a: { target: bytes } })
dht._rpc.socket.query({ host: '127.0.0.1', port: 1, id: bytes }, { q: 'ping' }, (error, reply, peer) => [error?.code, reply?.r, peer?.id?.length])
socket.get_id_mapping(bytes)
socket.add_tag(dht.nodeId.toString('hex'), 'chat')
dht.dial(bytes, 'chat').then(peer => peer.destroyed)
dht.connect({ id: bytes }).then(({ id, release }) => [id.toString('hex'), release()])
dht.handle('chat', ({ id, accept }) => [id.equals(bytes), accept().connected])
new DHT({ requestListener: (request, response) => response.writeHead(200, { 'content-type': 'text/plain' }) && response.end(request.url) })
const fields: [boolean, boolean, boolean | undefined] = [dht.listening, dht.destroyed, dht.ready]
const stored: number[] = [dht._values.length, dht._peers.size, dht._tables.length]
export { counts, fields, ready, stored }

// Promises, and signed values.
const made: Promise<KeyPair> = DHT.keyPair(bytes)
DHT.keyPair('00').then(({ seed }) => seed.toString('hex'))
made.then(({ publicKey, sign }) => dht.put({ v: 'text', k: publicKey, seq: 1, sign }))
const { signal } = new AbortController()
async function promises({ promises }: WebTorrentDHT, cryptoKeys: CryptoKeyPair, signer: Signer): Promise<unknown> {
  await promises.ready({ signal })
  const value = await promises.get(bytes, { signal, salt: 'salt' })
  const { key, stored, refused }: PutResult = await promises.put('text', { signal })
  const nodes: number = await promises.announce(bytes, 4000, { signal })
  for await (const { port, id } of promises.lookup(bytes, { own: true, signal })) if (id?.equals(key)) return port
  const record: SignedRecord = promises.record(await made, { salt: bytes })
  const records = [promises.record(bytes), promises.record('00'), promises.record(cryptoKeys), promises.record(signer)]
  const newest: RecordVersion | null = await record.get({ signal })
  const { seq } = await record.set('text', { signal })
  await record.set(profile)
  for await (const { value, seq } of record.watch({ interval: 1000, signal })) return [String(value), seq + 1]
  // @ts-expect-error: no such option
  promises.lookup(bytes, { all: true })
  // @ts-expect-error: neither a public key nor what signs
  promises.record({ publicKey: bytes })
  return [value, stored, refused[302], nodes, records, newest?.value, seq]
}
export { promises }

// Rooms and topics: without types everything is unknown; with them presence and data are what the application says.
const plain = join(dht, 'plain', { presence: { nick: 'Ada' } })
plain.on('message', (data, { presence }) => [data instanceof Uint8Array, String(presence)])
plain.send(1).then(count => count + 1)
// @ts-expect-error: unknown
plain.members[0]?.presence.nick
const room: Room<{ nick: string }, { move: string } | 'bye'> = join<{ nick: string }, { move: string } | 'bye'>(dht, 'typed', {
  presence: { nick: 'Ada' },
  admit: ({ presence }) => presence.nick !== 'Bob'
})
room.on('message', (data, member, channel) => [data === 'bye' ? data : data.move, member.presence.nick, channel?.length])
room.on('join', ({ id, presence, isProven }) => isProven && presence.nick + id)
room.channel<{ move: string }>('moves').on('message', ({ move }, { presence }) => move + presence.nick)
room.channel<{ move: string }>('moves').send({ move: 'e4' }, room.members)
room.send('bye', room.members[0])
room.presence = { nick: 'Bob' }
join<unknown, RoomStream | string>(dht, 'files').on('message', data => typeof data === 'string' || data.bytes())
join<unknown, RoomStream | string>(dht, 'files').send((async function* () { yield new Uint8Array(1) })())
// @ts-expect-error: no such data
room.send('hello')
// @ts-expect-error: no such presence
room.presence = 'Bob'
// @ts-expect-error: no such presence
join<{ nick: string }>(dht, 'wrong', { presence: 1 })
// @ts-expect-error: no such option
join(dht, 'wrong', { nick: 'Ada' })
const topic: Topic<{ nick: string }> = openTopic<{ nick: string }>(dht, 'players', { key: { publicKey: bytes, sign: bytes => bytes } })
topic.publish({ nick: 'Ada' }, { lifetime: 1000, signal }).then(({ nodes, expiresAt }) => nodes + expiresAt)
topic.query({ signal }).then(([first]) => [first?.value.nick, first?.publisher.length])
// @ts-expect-error: no such value
topic.publish('Ada')
export { room }
`

// What only the types of Node.js can say.
const usageOfNode = `
import { once } from 'node:events'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
const buffers: Buffer[] = [dht.nodeId, key, dht.put('text')]
dht.on('peer', (peer: FoundPeer, infoHash: Buffer) => [peer, infoHash])
const listened: Promise<unknown> = once(dht, 'ready')
declare const handler: RequestListener
new DHT({ requestListener: handler })
new DHT({ requestListener: (request: IncomingMessage, response: ServerResponse) => response.end(request.method) })
const verify = (signature: Buffer, message: Buffer, publicKey: Buffer) => signature.equals(message) && publicKey.equals(message)
new DHT({ verify, hash: (bytes: Uint8Array) => Buffer.from(bytes) })
export { buffers, listened }
`

// What a library that has WebCrypto and `fetch` can say.
const usageOfWeb = `
made.then(({ publicKey, seed }) => [crypto.subtle.digest('SHA-256', publicKey), new Blob([publicKey, seed]), fetch('/', { method: 'POST', body: publicKey })])
declare const cryptoKeyPair: CryptoKeyPair
dht.promises.record(cryptoKeyPair)
dht.promises.ready({ signal: AbortSignal.timeout(5) })
`

const names =
  'Bytes, FoundPeer, KRPCSocketWebRTC, KRPCWebRTC, KeyPair, PutResult, RecordVersion, SignedRecord, Signer, Store, ' +
  'WebRTCSocket, WebTorrentDHT, WebTorrentDHTOptions'
const imports = `
import DHT, { Client } from 'webtorrent-dht'
import type { ${names} } from 'webtorrent-dht'
import Server from 'webtorrent-dht/server'
import { type DirectoryStore, openDirectoryStore } from 'webtorrent-dht/directory-store'
import { attach } from 'webtorrent-dht/webtorrent'
import type { WebTorrentClient } from 'webtorrent-dht/webtorrent'
import { join, openTopic } from 'webtorrent-dht/rooms'
import type { Room, RoomStream, Topic } from 'webtorrent-dht/rooms'
const same: [typeof DHT, typeof DHT] = [Client, Server]
export { same }
`

const document = readFileSync(new URL('../../docs/programs.md', import.meta.url), 'utf8')

/** The script of a page and the program in docs/programs.md that keep a signed profile. Only the place of the package differs. */
function readProfilePrograms() {
  const scripts = [...document.matchAll(/<script type="module">\n(.*?)<\/script>|^```js\n(.*?)^```$/gms)]
  const programs = scripts
    .map(([, script, program]) => script ?? program)
    .filter(code => code.includes('.keyPair('))
    .map(code => code.replace('./node_modules/webtorrent-dht/dist/browser.js', 'webtorrent-dht'))
  if (programs.length !== 2)
    throw new Error(`docs/programs.md has ${programs.length} programs with a profile.`)
  return Object.fromEntries(programs.map((code, i) => [`profile-${i}.mts`, code]))
}

const withNode = imports + usage + usageOfWeb + usageOfNode
const withoutNode = imports + usage + usageOfWeb

export const typed = {
  'the types compile in strict mode, library and all, in an ES module': {
    files: { 'consumer.mts': withNode },
    compilerOptions: { module: 'nodenext', types: ['node'] }
  },
  'the types compile for a bundler': {
    files: { 'consumer.ts': withNode },
    compilerOptions: { module: 'esnext', moduleResolution: 'bundler', types: ['node'] }
  },
  'the types compile for pages': {
    files: { 'consumer.ts': withNode },
    compilerOptions: {
      module: 'esnext',
      moduleResolution: 'bundler',
      customConditions: ['browser'],
      lib: ['es2022', 'dom'],
      types: ['node']
    }
  },
  'the types compile for pages without those of Node.js, library and all': {
    needsNode: false,
    files: { 'consumer.ts': withoutNode },
    compilerOptions: {
      module: 'esnext',
      moduleResolution: 'bundler',
      customConditions: ['browser'],
      lib: ['es2022', 'dom'],
      types: []
    }
  },
  'the types compile in an ES module without those of Node.js, library and all': {
    needsNode: false,
    files: { 'consumer.mts': withoutNode },
    compilerOptions: { module: 'nodenext', lib: ['es2022', 'dom'], types: [] }
  },
  'the types need neither the DOM nor Node.js, library and all': {
    needsNode: false,
    files: {
      'consumer.mts': `
        import DHT from 'webtorrent-dht'
        import { attach } from 'webtorrent-dht/webtorrent'
        import { join, openTopic } from 'webtorrent-dht/rooms'
        import { openDirectoryStore } from 'webtorrent-dht/directory-store'
        const dht = new DHT({ bootstrap: false })
        const keys = await DHT.keyPair()
        await dht.promises.record(keys).set('text')
        export { attach, join, openDirectoryStore, openTopic }`
    },
    compilerOptions: { module: 'nodenext', lib: ['es2022'], types: [] }
  },
  'the programs in docs/programs.md that keep a signed profile compile without the types of Node.js': {
    needsNode: false,
    files: readProfilePrograms(),
    compilerOptions: { module: 'nodenext', lib: ['es2022', 'dom'], types: [] }
  },
  'a node can be disposed of where the library of the compiler knows how': {
    needsNode: false,
    files: {
      'consumer.mts': `
        import DHT from 'webtorrent-dht'
        await using dht = new DHT({ bootstrap: false })
        const disposable: AsyncDisposable = dht
        export { disposable }`
    },
    compilerOptions: { module: 'nodenext', lib: ['es2022', 'dom', 'esnext.disposable'], types: [] }
  },
  'the types compile in a CommonJS module': {
    files: {
      'consumer.cts': `
        import DHT = require('webtorrent-dht')
        const dht = new DHT({ bootstrap: false })
        dht.on('peer', peer => peer.host.length)
        dht.listen(0)
        dht.destroy()`
    },
    compilerOptions: { module: 'nodenext', types: ['node'] }
  }
}
