/** What differs in a page: no HTTP server, a browser that refuses connections, a page that is left. With real WebRTC. */

import test from 'tape'
import { CreationLimit } from '../../src/connections/creation-limit.js'
import WebTorrentDHT, { type SimplePeerOptions } from '../../src/index.js'
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

test('a page that is left closes its connections, and is gone from the others at once', async t => {
  let leave = () => {}
  let isWatched = false
  const platform = createPlatform({
    onLeave: callback => {
      leave = callback
      isWatched = true
      return () => {
        isWatched = false
      }
    }
  })
  const other = await createNode()
  const dht = createPageNode(platform, placeOf(other))
  await within('ready', new Promise<void>(resolve => dht.once('ready', resolve)))
  const disconnected = new Promise(resolve => other.socket.once('node_disconnected', resolve))
  leave()
  t.equal(countsOf(dht).existing, 0)
  t.equal(await within('the news', disconnected), dht.nodeId.toString('hex'), 'the other end knows')
  await destroyAll(dht, other)
  t.notOk(isWatched, 'destroy ends it')
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
