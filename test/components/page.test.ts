/** What differs in a page: no HTTP server, a browser that refuses connections, a page that is left. With real WebRTC. */

import test from 'tape'
import { CreationLimit } from '../../src/connections/creation-limit.js'
import WebTorrentDHT, { type SimplePeer, type SimplePeerOptions } from '../../src/index.js'
import type { Platform } from '../../src/platform.js'
import { nodePlatform } from '../../src/platform-node.js'
import { countsOf, createNode, destroyAll, placeOf, within } from '../helpers/nodes.js'

/** The platform of a page, but for its WebRTC. */
function createPlatform(changes: Partial<Platform> = {}): Platform {
  return { ...nodePlatform, createHttpServer: null, ...changes }
}

function createPageNode(platform: Platform, bootstrap: string | false): WebTorrentDHT {
  return new WebTorrentDHT({ bootstrap, platform, simple_peer_opts: { config: { iceServers: [] } } })
}

test('where no server can be opened listen calls back all the same, and address answers', async t => {
  const dht = createPageNode(createPlatform(), false)
  t.deepEqual(dht.address(), { address: '0.0.0.0', family: 'IPv4', port: 0 })
  await within('the callback', new Promise<void>(resolve => dht.listen(16881, '127.0.0.1', resolve)))
  t.ok(dht.listening)
  t.equal(dht.address().port, 0, 'nothing was opened')
  await destroyAll(dht)
})

/** A platform whose page can be left. */
function createLeaving(): { platform: Platform; leave(): void; watchers: Set<() => void> } {
  const watchers = new Set<() => void>()
  const onLeave = (callback: () => void) => {
    watchers.add(callback)
    return () => void watchers.delete(callback)
  }
  return {
    platform: createPlatform({ onLeave }),
    leave: () => {
      for (const callback of [...watchers]) callback()
    },
    watchers
  }
}

test('a page that is left closes its connections, and is gone from the others at once', async t => {
  const { platform, leave, watchers } = createLeaving()
  const other = await createNode()
  const dht = createPageNode(platform, placeOf(other))
  await within('ready', new Promise<void>(resolve => dht.once('ready', resolve)))
  const disconnected = new Promise(resolve => other.socket.once('node_disconnected', resolve))
  leave()
  t.equal(countsOf(dht).existing, 0)
  t.equal(await within('the news', disconnected), dht.nodeId.toString('hex'), 'the other end knows')
  await destroyAll(dht, other)
  t.equal(watchers.size, 0, 'destroy ends it')
})

test('a page that is left closes the connections of its application, too, after its node as well', async t => {
  const { platform, leave, watchers } = createLeaving()
  const other = await createNode()
  const dht = createPageNode(platform, placeOf(other))
  await within('ready', new Promise<void>(resolve => dht.once('ready', resolve)))
  const closed: Promise<unknown>[] = []
  const take = (peer: SimplePeer) => closed.push(new Promise(resolve => peer.once('close', resolve)))
  const taken = new Promise<void>(resolve => {
    dht.handle('chat', ({ accept }) => void accept().once('connect', resolve))
  })
  other.handle('chat', ({ accept }) => void take(accept()))
  await dht.dial(other.nodeId, 'chat')
  take(await other.dial(dht.nodeId, 'chat'))
  await taken
  const ended = await dht.dial(other.nodeId, 'chat')
  t.equal(watchers.size, 4)
  ended.destroy()
  await within('its end', new Promise(resolve => ended.once('close', resolve)))
  t.equal(watchers.size, 3, 'what is closed is not watched')
  await destroyAll(dht)
  t.equal(watchers.size, 2, 'the connections outlive the node')
  leave()
  await within('the ends of all', Promise.all(closed))
  t.equal(watchers.size, 0)
  t.pass('the other end knows at once')
  await destroyAll(other)
})

test('a browser that refuses to make connections is left in peace, and asked again later', async t => {
  let refusals = 2
  let asked = 0
  const creationLimit = new CreationLimit()
  const loadWebRTC = async (): Promise<SimplePeerOptions> => {
    const { wrtc, ...options } = await nodePlatform.loadWebRTC()
    const Base = wrtc?.RTCPeerConnection as new (configuration: object) => object
    class Refusing extends Base {
      constructor(configuration: object) {
        asked++
        if (refusals-- > 0) throw new Error('Cannot create so many PeerConnections')
        super(configuration)
      }
    }
    return {
      ...options,
      wrtc: { ...wrtc, RTCPeerConnection: Refusing } as SimplePeerOptions['wrtc'] & object
    }
  }
  const other = await createNode()
  const dht = createPageNode(createPlatform({ creationLimit, loadWebRTC }), placeOf(other))
  const errors: unknown[] = []
  dht.on('error', error => errors.push(error))
  await within('joining', new Promise<void>(resolve => dht.socket.once('node_connected', () => resolve())))
  t.ok(asked >= 3, 'two were refused, and it was asked again')
  t.deepEqual(errors, [], 'without an error')
  t.equal(countsOf(dht).existing, 1, 'every slot of a refused one was given back')
  await destroyAll(dht, other)
})
