/** A server that is far: a node has a link over WebSocket first, and WebRTC takes its place without anybody noticing. */

import test, { type Test } from 'tape'
import WebTorrentDHT, { type WebTorrentDHTOptions } from '../../src/index.js'
import { nodePlatform } from '../../src/platform-node.js'
import { SimplePeer } from '../../src/simple-peer.js'
import type { Description } from '../../src/wire/description.js'
import { BlockedPeer } from '../helpers/blocked-peer.js'
import { tableOf } from '../helpers/line.js'
import { countsOf, createNode, destroyAll, eventually, placeOf, within } from '../helpers/nodes.js'

const infoHash = 'ab'.repeat(20)

type FarOptions = WebTorrentDHTOptions & Partial<Pick<typeof nodePlatform, 'openLinkSocket'>>

/** Makes peers that take no answer before they are released, as where round trips are long. */
function createSlow() {
  const waiting: (() => void)[] = []
  let isReleased = false
  class SlowPeer extends SimplePeer {
    override signal(description: Description): void {
      const go = () => super.signal(description)
      if (isReleased || !this.initiator) go()
      else waiting.push(go)
    }
  }
  const release = () => {
    isReleased = true
    for (const go of waiting) go()
  }
  return { SlowPeer, release }
}

/** Makes a server that counts as far, though it is on this machine, and a node that joins through it. */
async function createFar(
  t: Test,
  { openLinkSocket = nodePlatform.openLinkSocket, ...options }: FarOptions = {}
) {
  const platform: NonNullable<WebTorrentDHTOptions['platform']> = {
    ...nodePlatform,
    addressKind: () => 'public'
  }
  const server = await createNode({ platform })
  const opened: string[] = []
  const node = new WebTorrentDHT({
    bootstrap: placeOf(server),
    simple_peer_opts: { config: { iceServers: [] } },
    platform: {
      ...platform,
      openLinkSocket: async url => {
        opened.push(url)
        if (!openLinkSocket) throw new Error('there is none')
        return openLinkSocket(url)
      }
    },
    ...options
  })
  const events: string[] = []
  for (const [name, one] of Object.entries({ server, node })) {
    one.socket.on('node_connected', () => events.push(`${name} connected`))
    one.socket.on('node_disconnected', (_, reason) => events.push(`${name} disconnected: ${reason}`))
  }
  t.teardown(() => destroyAll(node, server))
  return { server, node, opened, events }
}

/** Over what the nodes are connected, as both see it. */
const transportsOf = (...nodes: WebTorrentDHT[]) =>
  nodes.flatMap(node =>
    [...tableOf(node).connections].map(({ isOverWebSocket }) => (isOverWebSocket ? 'WebSocket' : 'WebRTC'))
  )

for (const [kind, options] of [
  ['proven', {}],
  ['claimed', { nodeId: 'c1'.repeat(20) }]
] as const) {
  test(`a node whose id is ${kind} is in over WebSocket, and WebRTC takes over without a word`, async t => {
    const { SlowPeer, release } = createSlow()
    const { server, node, opened, events } = await createFar(t, {
      simple_peer_constructor: SlowPeer,
      ...options
    })
    await within('ready', node.promises.ready())
    t.deepEqual(transportsOf(node), ['WebSocket'])
    t.equal(node.status, 'connected')
    const isMaking = () => [...tableOf(server).all].some(connection => !connection.isOverWebSocket)
    t.ok(await eventually(isMaking), 'the attempt over WebRTC goes on at the server')
    await node.promises.announce(infoHash, 1234)
    const first = [...tableOf(node).connections]
    const tags = [...(first[0]?.tags ?? [])]

    const query = node.promises.put('under way')
    release()
    t.ok(await eventually(() => transportsOf(node, server).join() === 'WebRTC,WebRTC'))
    t.equal((await query).nodes, 1, 'a query under way is answered')
    const found = await server.promises.lookup(infoHash).next()
    t.equal(found.value?.port, 1234, 'what was announced is there')
    t.deepEqual([...([...tableOf(node).connections][0]?.tags ?? [])], tags)
    t.ok(await eventually(() => first[0]?.isClosed === true))
    t.ok(
      await eventually(() => countsOf(node).existing === 1 && countsOf(server).existing === 1),
      'one is left'
    )
    t.deepEqual(events.sort(), ['node connected', 'server connected'], 'nobody noticed')
    t.equal(opened.length, 1)
    t.notOk('isBlocked' in node.toJSON())
  })
}

test('the link stays where WebRTC does not open, and UDP is blocked then', async t => {
  const { server, node, events } = await createFar(t, { simple_peer_constructor: BlockedPeer })
  await within('ready', node.promises.ready())
  t.ok(await eventually(() => 'isBlocked' in node.toJSON()))
  t.deepEqual(transportsOf(node, server), ['WebSocket', 'WebSocket'])
  t.ok(await eventually(() => countsOf(node).existing === 1 && countsOf(server).existing === 1))
  t.deepEqual(events.sort(), ['node connected', 'server connected'])
})

test('a server that takes no links is asked for one once, without a warning', async t => {
  const { server, node, opened } = await createFar(t, {
    openLinkSocket: () => Promise.reject(new Error('unexpected response: 400'))
  })
  node.on('warning', warning => t.fail(warning.message))
  await within('ready', node.promises.ready())
  const back = new Promise(resolve => node.socket.once('node_connected', resolve))
  for (const connection of tableOf(server).all) connection.close('unresponsive')
  await within('it is back', back)
  t.ok(await eventually(() => transportsOf(node, server).join() === 'WebRTC,WebRTC'))
  t.ok(opened.length <= 1)
})
