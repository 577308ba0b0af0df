/** Which network a node is in, and when STUN servers are asked for it. */

import test, { type Test } from 'tape'
import { Network } from '../../src/connections/network.js'
import { probeNetwork } from '../../src/connections/network-probe.js'
import type { NetworkKind, Probed, ProbeOptions } from '../../src/network-kind.js'
import { addressKind } from '../../src/wire/address-kind.js'
import { HandClock } from '../helpers/hand-clock.js'
import { createStunServer, type StunServer } from '../helpers/stun-server.js'

const SECONDS = 1000
const [A, B] = ['stun:a.example', 'stun:b.example'] as const

/** What STUN servers on this machine show. */
async function probe(
  servers: StunServer[],
  own: string[] = [],
  signal = AbortSignal.timeout(900)
): Promise<Probed & { answered: string[] }> {
  const answered: string[] = []
  const options = { signal, own, kindOf: addressKind, onAnswered: (url: string) => answered.push(url) }
  const urls = servers.map(({ url }) => url)
  return { ...(await probeNetwork(urls, options)), answered }
}

test('two servers that see one port mean a NAT, two ports a symmetric one', async t => {
  const sees = '203.0.113.1'
  const a = await createStunServer(t, { sees })
  const b = await createStunServer(t, { sees, host: '127.0.0.2', lost: 1 })
  t.deepEqual(await probe([a, b], ['10.0.0.1']), { kind: 'nat', silent: [], answered: [a.url, b.url] })
  b.shift = 1
  t.equal((await probe([a, b], ['10.0.0.1'])).kind, 'symmetric')
  b.shift = 0
  b.sees = '203.0.113.2'
  t.equal((await probe([a, b], ['10.0.0.1'])).kind, 'symmetric')
})

test('an address of this machine that is seen elsewhere makes it public', async t => {
  const a = await createStunServer(t, { sees: '203.0.113.1' })
  t.equal((await probe([a], ['10.0.0.1', '203.0.113.1'])).kind, 'public')
})

test('one server, or one in the local network, does not tell', async t => {
  const a = await createStunServer(t, { sees: '203.0.113.1' })
  const near = await createStunServer(t, { sees: '192.168.0.7', host: '127.0.0.2' })
  t.equal((await probe([a])).kind, 'unknown')
  t.equal((await probe([a, a])).kind, 'unknown')
  t.equal((await probe([a, near])).kind, 'unknown')
  t.equal((await probe([near], ['192.168.0.7'])).kind, 'unknown')
})

test('servers that are silent are named, and whoever answers is known at once', async t => {
  const [dead, alive] = [await createStunServer(t), await createStunServer(t, { sees: '203.0.113.1' })]
  dead.isDead = true
  const { kind, silent, answered } = await probe([dead, alive])
  t.deepEqual([kind, silent, answered], ['unknown', [dead.url], [alive.url]])
  t.ok(dead.requests > 1, 'it was asked more than once')
})

test('a probe that is let go ends at once', async t => {
  const dead = await createStunServer(t)
  dead.isDead = true
  const abort = new AbortController()
  const ended = probe([dead], [], abort.signal)
  abort.abort()
  t.equal((await ended).kind, 'unknown')
  t.equal((await probe([dead], [], abort.signal)).kind, 'unknown', 'also before it began')
  t.equal(dead.requests, 0)
})

interface Asked extends ProbeOptions {
  servers: readonly string[]
  end(probed: Partial<Probed>): Promise<void>
}

/** A network whose probes end when the test says so. */
function create(t: Test, urls: readonly string[] = [A, B]) {
  const clock = new HandClock()
  const asked: Asked[] = []
  const state = { own: ['10.0.0.1'], isBlocked: false, isLocal: false }
  const changes: NetworkKind[] = []
  const network = new Network({
    options: {
      simplePeerOptions: { config: { iceServers: [{ urls: [...urls] }] } },
      platform: {
        ownAddresses: () => [...state.own],
        probeNetwork: (servers: readonly string[], options: ProbeOptions) =>
          new Promise(resolve => {
            const end = async (probed: Partial<Probed>) => {
              resolve({ kind: 'unknown', silent: [], ...probed })
              await Promise.resolve().then(() => {})
            }
            asked.push({ servers, ...options, end })
          })
      } as never
    },
    surroundings: {
      kindOf: addressKind,
      get isLocal() {
        return state.isLocal
      }
    },
    isBlocked: () => state.isBlocked
  })
  network.on('change', kind => changes.push(kind))
  t.teardown(() => {
    network.close()
    clock.restore()
  })
  return { clock, asked, state, changes, network }
}

test('it is asked once, before the first connection', async t => {
  const { asked, network, changes, clock } = create(t)
  for (let i = 0; i < 3; i++) network.check()
  t.equal(asked.length, 1)
  await asked[0]?.end({ kind: 'nat' })
  clock.move(3600 * SECONDS)
  network.check()
  t.deepEqual([asked.length, network.kind, changes], [1, 'nat', ['nat']])
})

test('while nothing is found out it is asked again, more and more rarely', async t => {
  const { asked, network, clock } = create(t)
  const times: number[] = []
  for (let second = 0; second <= 700; second++) {
    network.check()
    const last = asked.pop()
    if (last) times.push(second)
    await last?.end({})
    clock.move(1 * SECONDS)
  }
  t.deepEqual(times, [0, 20, 60, 140, 300, 600])
})

test('the server that answers first is asked from then on, silent ones last', async t => {
  const { asked, network } = create(t)
  network.check()
  asked[0]?.onAnswered(B)
  t.deepEqual(network.servers.urls, [B, A], 'while the probe goes on')
  asked[0]?.onAnswered(A)
  t.deepEqual(network.servers.urls, [B, A])
  await asked[0]?.end({ silent: [A] })
  t.deepEqual(network.servers.urls, [B, A])
})

test('a description without an address turns to the next server, once for all that asked it', async t => {
  const { asked, network, clock } = create(t)
  network.check()
  await asked[0]?.end({ kind: 'nat' })
  for (let i = 0; i < 5; i++) network.unanswered(A)
  t.deepEqual(network.servers.urls, [B, A])
  t.equal(asked.length, 1, 'a probe was made just now')
  clock.move(10 * SECONDS)
  t.equal(asked.length, 2, 'a server that failed is looked into')
  clock.move(100 * SECONDS)
  t.equal(asked.length, 2)
})

test('a public address of its own is believed until a server tells otherwise', async t => {
  const { asked, network, state, changes } = create(t)
  state.own = ['10.0.0.1', '203.0.113.1']
  network.check()
  t.equal(network.kind, 'public')
  await asked[0]?.end({ kind: 'nat' })
  t.deepEqual(changes, ['public', 'nat'])
})

test('another address is another network: what was known is forgotten, and asked again', async t => {
  const { asked, network, state, clock, changes } = create(t)
  network.check()
  await asked[0]?.end({ kind: 'nat' })
  clock.move(30 * SECONDS)
  state.own = ['10.1.1.1']
  network.check()
  t.deepEqual([network.kind, asked.length], ['unknown', 2])
  state.own = ['10.2.2.2']
  clock.move(5 * SECONDS)
  network.check()
  t.ok(asked[1]?.signal.aborted, 'a probe of the network before is let go')
  await asked[1]?.end({ kind: 'symmetric' })
  t.equal(network.kind, 'unknown')
  await asked[2]?.end({ kind: 'symmetric' })
  t.deepEqual(changes, ['nat', 'unknown', 'symmetric'])
})

test('however often a network is forgotten, it is asked once a second at most', async t => {
  const { asked, network, clock } = create(t)
  for (let i = 0; i < 50; i++) {
    network.forget()
    clock.move(100)
  }
  t.ok(asked.length >= 4 && asked.length <= 6, `${asked.length} in 5 s`)
})

test('UDP is blocked where links over WebSocket open, WebRTC does not, and no server answers', async t => {
  const { asked, network, state, clock, changes } = create(t)
  network.check()
  await asked[0]?.end({})
  state.isBlocked = true
  network.blockedChanged()
  t.equal(network.kind, 'blocked')
  state.isBlocked = false
  network.blockedChanged()
  clock.move(30 * SECONDS)
  network.check()
  await asked[1]?.end({ kind: 'nat' })
  clock.move(30 * SECONDS)
  state.isBlocked = true
  network.blockedChanged()
  t.equal(network.kind, 'nat', 'a server has answered: it is asked again')
  await asked[2]?.end({})
  t.deepEqual(changes, ['blocked', 'unknown', 'nat', 'blocked'])
})

test('nobody is asked where all is local, without servers, or after the end', t => {
  const { asked, network, state, clock } = create(t)
  state.isLocal = true
  network.check()
  state.isLocal = false
  network.close()
  for (const ask of [() => network.check(), () => network.probe(), () => network.forget()]) ask()
  network.unanswered(A)
  clock.move(100 * SECONDS)
  t.equal(asked.length + clock.pending, 0)
  const none = create(t, [])
  none.network.check()
  none.network.probe()
  t.equal(none.asked.length + none.clock.pending, 0)
  t.end()
})
