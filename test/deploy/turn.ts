/** A real TURN server, as docs/deploy/turnserver.conf has it, for whose use a bootstrap node hands out credentials. */

import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import test, { type Test } from 'tape'
import { checkTurn } from '../../src/cli/turn-check.js'
import type { NetworkKind } from '../../src/connections/network.js'
import WebTorrentDHT, { type TurnOptions, type WebTorrentDHTOptions } from '../../src/index.js'
import { nodePlatform } from '../../src/platform-node.js'
import { SimplePeer, type SimplePeerConstructor } from '../../src/simple-peer.js'
import type { Description } from '../../src/wire/description.js'
import { behindNat } from '../helpers/behind-nat.js'
import { ask, codeOf, sayBack } from '../helpers/calls.js'
import { createJoined, createNode, destroyAll, placeOf, whenJoined } from '../helpers/nodes.js'
import { freePort, needs, Service, scratchFolder } from './service.js'

/** Milliseconds. */
const DOCTOR_TIME = 10_000
const CONFIGURATION = fileURLToPath(new URL('../../../docs/deploy/turnserver.conf', import.meta.url))

/** Which NAT a node is behind, and whether it takes the TURN servers that it is handed. */
type Behind = [kind: NetworkKind, useTurn: boolean]

/** The address of a relayed connection is that of the TURN server, of which the other end sees no more. */
const CANDIDATE = /^a=candidate:.*\r?\n/gm
const isRelayed = (candidate: string) => candidate.includes(' typ relay')

export function testTurn(): void {
  const title = 'a newcomer that can connect over TURN only gets in with the credentials that it is handed'
  test(title, needs('turnserver'), async t => {
    const secret = randomBytes(16).toString('hex')
    const [service, port] = await startCoturn(t, secret)
    const server = await createHidden(t, { urls: `turn:127.0.0.1:${port}?transport=udp`, secret })
    const client = await join(t, server)
    t.equal(client.status, 'connected')
    t.ok(client.socket.get_id_mapping(server.nodeId)?.connected, 'it is connected to the node')
    const { nodes } = await client.promises.put('over TURN')
    t.equal(nodes, 1, 'messages pass')
    const user = `user <\\d+:${client.nodeId.toString('hex')}>`
    t.ok(new RegExp(`${user}.*ALLOCATE processed, success`).test(service.output), 'over the TURN server')
  })

  test('without the right secret, and with `useTurn: false`, it does not', needs('turnserver'), async t => {
    const [, port] = await startCoturn(t, 'right')
    const urls = `turn:127.0.0.1:${port}`
    const good = await createHidden(t, { urls, secret: 'right' })
    const bad = await createHidden(t, { urls, secret: 'wrong' })
    const clients = await Promise.all([join(t, good, { useTurn: false }), join(t, bad)])
    for (const client of clients) t.notEqual(client.status, 'connected', String(client.statusReason?.code))
  })

  test('nodes whose NATs cannot meet dial over the TURN server of either', needs('turnserver'), async t => {
    const [service, port] = await startCoturn(t, 'right')
    const urls = `turn:127.0.0.1:${port}?transport=udp`
    const server = await createNode({ turn: { urls, secret: 'right' } })
    t.teardown(() => destroyAll(server))
    const pairs: [title: string, first: Behind, last: Behind][] = [
      ['symmetric, with TURN, calls', ['symmetric', true], ['nat', false]],
      ['symmetric, without TURN, calls', ['symmetric', false], ['nat', true]],
      ['symmetric, with TURN, is called', ['nat', false], ['symmetric', true]],
      ['symmetric, without TURN, is called', ['nat', true], ['symmetric', false]],
      ['two symmetric ones', ['symmetric', true], ['symmetric', true]]
    ]
    for (const [title, first, last] of pairs) {
      const a = await createBehind(t, server, '203.0.113.1', first)
      const b = await createBehind(t, server, '203.0.113.2', last)
      sayBack(b, 'echo')
      const before = countAllocations(service)
      const peer = await a.dial(b.nodeId, 'echo')
      t.equal(await ask(peer, 'hello'), 'hello', title)
      t.ok(countAllocations(service) > before, 'over the TURN server')
      peer.destroy()
    }
    const a = await createBehind(t, server, '203.0.113.1', ['symmetric', false])
    const b = await createBehind(t, server, '203.0.113.2', ['nat', false])
    sayBack(b, 'echo')
    t.equal(await codeOf(a.dial(b.nodeId, 'echo')), 'ECANNOTMEET', 'without one')
  })

  test(
    '`doctor` tells a TURN server that relays from one with another secret',
    needs('turnserver'),
    async t => {
      const [, port] = await startCoturn(t, 'right')
      const urls = [`turn:127.0.0.1:${port}`]
      const levels = async (secret: string) =>
        (await checkTurn({ urls, secret, lifetime: 60 }, DOCTOR_TIME)).map(({ level }) => level)
      t.deepEqual(await levels('right'), ['good'])
      t.deepEqual(await levels('wrong'), ['bad'])
    }
  )
}

/** A node that names a port where nobody is: it cannot be reached, and reaches those only whose addresses it is told. */
async function createHidden(t: Test, turn: TurnOptions): Promise<WebTorrentDHT> {
  const candidate = `a=candidate:1 1 UDP 1 127.0.0.1 ${await freePort()} typ host\r\n`
  const simple_peer_constructor = createTransforming(sdp => sdp.replace(CANDIDATE, '') + candidate)
  const node = await createNode({ turn, simple_peer_constructor })
  t.teardown(() => destroyAll(node))
  return node
}

/** Joins with a node that names no address of its own but that of a TURN server, and opens no link over WebSocket. */
async function join(
  t: Test,
  bootstrap: WebTorrentDHT,
  options: WebTorrentDHTOptions = {}
): Promise<WebTorrentDHT> {
  const hide = (sdp: string) => sdp.replace(CANDIDATE, line => (isRelayed(line) ? line : ''))
  const node = await createJoined(bootstrap, {
    simple_peer_constructor: createTransforming(hide),
    platform: { ...nodePlatform, openLinkSocket: null },
    ...options
  })
  t.teardown(() => destroyAll(node))
  return node
}

/** A node behind a NAT that is found to be of a kind, with TURN servers or without. Its host candidate leads nowhere. */
async function createBehind(
  t: Test,
  bootstrap: WebTorrentDHT,
  address: string,
  [kind, useTurn]: Behind
): Promise<WebTorrentDHT> {
  const host = `a=candidate:1 1 UDP 1 127.0.0.1 ${await freePort()} typ host\r\n`
  const hide = (sdp: string) => sdp.replace(CANDIDATE, line => (isRelayed(line) ? line : '')) + host
  const node = new WebTorrentDHT({
    bootstrap: placeOf(bootstrap),
    useTurn,
    simple_peer_constructor: behindNat(address, hide),
    platform: { ...nodePlatform, openLinkSocket: null },
    simple_peer_opts: { config: { iceServers: [] } }
  })
  t.teardown(() => destroyAll(node))
  const { network } = node.socket.node.connector
  network.learn(kind)
  // They are never connected: a dial goes over the route that the bootstrap node is.
  Object.defineProperty(node.nodes, 'wants', { value: () => false })
  await whenJoined(node)
  return node
}

function countAllocations(service: Service): number {
  return service.output.split('ALLOCATE processed, success').length
}

/** A class of peers that change the descriptions that they give. */
function createTransforming(transform: (sdp: string) => string): SimplePeerConstructor {
  return class extends SimplePeer {
    override emit(event: string | symbol, ...args: unknown[]): boolean {
      const [signal] = args as [Description]
      if (event !== 'signal') return super.emit(event, ...args)
      return super.emit(event, { ...signal, sdp: transform(signal.sdp) })
    }
  }
}

async function startCoturn(t: Test, secret: string): Promise<[Service, port: number]> {
  const folder = scratchFolder(t)
  const port = await freePort()
  const where = ['--listening-ip=127.0.0.1', '--relay-ip=127.0.0.1', `--listening-port=${port}`]
  const files = ['-c', CONFIGURATION, `--pidfile=${folder}/pid`, `--userdb=${folder}/db`]
  const others = [`--static-auth-secret=${secret}`, '--realm=dht.example.org', '--verbose']
  // coturn denies them by itself, and here there are no others.
  const allowed = ['--allow-loopback-peers']
  const service = await Service.start('turnserver', [...where, ...files, ...others, ...allowed], port)
  t.teardown(() => service.stop())
  return [service, port]
}
