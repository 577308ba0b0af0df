/** The rules of `attach`, with a client and a node that do nothing. */

import { randomBytes } from 'node:crypto'
import test from 'tape'
import { WebTorrentDHTError } from '../../src/index.js'
import { attach } from '../../src/webtorrent/index.js'
import { HandClock } from '../helpers/hand-clock.js'
import {
  attachFakes,
  countListeners,
  type FakeDHT,
  type FakePeer,
  FakeTorrent,
  HIGH,
  LOW,
  settle
} from './fakes.js'

const SECONDS = 1000
const MINUTES = 60 * SECONDS

/** Runs a test on a clock that stands still. */
function testOnClock(name: string, run: (t: test.Test, clock: HandClock) => Promise<void> | void): void {
  test(name, async t => {
    const clock = new HandClock()
    try {
      await run(t, clock)
    } finally {
      clock.restore()
    }
  })
}

testOnClock('torrents that the client has, and those that it adds, are announced and watched', async t => {
  const early = new FakeTorrent().parsed({}).verified()
  const { client, dht, detach } = attachFakes({}, ({ client }) => client.add(early))
  const late = client.add()
  t.deepEqual(dht.watched, [early.infoHash], 'the second one is not known yet')
  late.parsed({})
  t.equal(dht.watched.length, 1, 'its data is not verified')
  late.verified()
  await settle()
  t.deepEqual(dht.watched, [early.infoHash, late.infoHash])
  t.deepEqual(
    dht.announcements.map(({ infoHash, port }) => [infoHash, port]),
    [
      [early.infoHash, 9],
      [late.infoHash, 9]
    ],
    'without a TCP server the port is that of discard'
  )
  t.deepEqual([...dht.handlers.keys()], [`webtorrent:${early.infoHash}`, `webtorrent:${late.infoHash}`])
  detach()
})

testOnClock('a magnet link is watched at once, and announced when its metadata is there', async t => {
  const { client, dht, detach } = attachFakes()
  const torrent = client.add().parsed()
  dht.emit('status', 'connected')
  await settle()
  t.deepEqual([dht.watched.length, dht.announcements.length], [1, 0])
  torrent.verified()
  await settle()
  t.equal(dht.announcements.length, 1)
  detach()
})

testOnClock(
  'a torrent is announced again before it is forgotten, and sooner after a failure',
  async (t, clock) => {
    const { client, dht, detach } = attachFakes()
    client.port = 6881
    const torrent = client.addReady()
    let announced = 0
    torrent.on('dhtAnnounce', () => announced++)
    const move = async (time: number) => {
      await settle()
      clock.move(time)
      await settle()
    }
    await settle()
    dht.announcements[0]?.done(new Error('nobody there'))
    t.equal(announced, 1, 'WebTorrent is told, whatever came of it: seed waits for it')
    await move(1 * SECONDS)
    t.equal(dht.announcements.length, 2, 'a second later')
    await move(60 * MINUTES)
    t.equal(dht.announcements.length, 2, 'not while one is under way')
    dht.announcements[1]?.done(null)
    await move(15 * MINUTES)
    t.equal(dht.announcements.length, 3)
    t.equal(dht.announcements[2]?.port, 6881)
    dht.announcements[2]?.done(null)
    await settle()
    dht.emit('status', 'connected')
    await settle()
    t.equal(dht.announcements.length, 4, 'and when the node is back in the network')
    detach()
  }
)

testOnClock('one watch goes on while peers are wanted, and not when there are plenty', (t, clock) => {
  const { client, dht, detach } = attachFakes({ wantedPeers: 2 })
  const torrent = client.add().parsed()
  clock.move(10 * MINUTES)
  const first = torrent.meet()
  clock.move(1 * MINUTES)
  t.deepEqual([dht.watched.length, dht.watches.size], [1, 1], 'one watch, however long it takes')
  const second = torrent.meet()
  clock.move(1 * MINUTES)
  t.equal(dht.watches.size, 0, 'two are enough')
  torrent.wires = [first]
  second.emit('close')
  t.deepEqual([dht.watched.length, dht.watches.size], [2, 1], 'one is lost: a watch begins at once')
  torrent.paused = true
  clock.move(1 * MINUTES)
  t.equal(dht.watches.size, 0, 'paused')
  torrent.paused = false
  clock.move(1 * MINUTES)
  t.equal(dht.watches.size, 1, 'it goes on')
  clock.move(60 * MINUTES)
  t.ok(dht.watched.length <= 8, 'a new one finds all peers again, seldom')
  t.equal(dht.watches.size, 1)
  detach()
})

testOnClock('a watch that fails is a warning, and another one begins', async (t, clock) => {
  const { client, dht, detach } = attachFakes()
  const torrent = client.add().parsed()
  const warnings: unknown[] = []
  torrent.on('warning', warning => warnings.push(warning))
  const error = new Error('the module cannot be loaded')
  for (const watch of dht.watches) watch.fail(error)
  await settle()
  t.deepEqual(warnings, [error])
  t.equal(dht.watches.size, 0)
  clock.move(1 * MINUTES)
  t.equal(dht.watches.size, 1)
  detach()
})

testOnClock('a private torrent is neither announced nor watched, and takes no dial', async t => {
  const { client, dht, detach } = attachFakes()
  const known = client.add()
  known.private = true
  known.parsed({}).verified()
  await dht.find(known, HIGH)
  t.deepEqual([dht.watched, dht.announcements, dht.dials], [[], [], []])
  t.equal(dht.handlers.size, 0)
  detach()
})

testOnClock('a magnet link that turns out to be of a private torrent is left at once', async (t, clock) => {
  const { client, dht, detach } = attachFakes()
  const torrent = client.add().parsed()
  await dht.find(torrent, HIGH)
  const peer = dht.dials[0]?.succeed()
  await settle()
  await dht.find(torrent, LOW)
  torrent.verified({ isPrivate: true })
  t.ok(peer?.destroyed, 'the connection is closed')
  t.ok(dht.dials[1]?.signal.aborted, 'the dial is given up')
  t.equal(dht.watches.size, 0, 'and the watch')
  clock.move(60 * MINUTES)
  await settle()
  t.deepEqual([dht.announcements.length, dht.watched.length, dht.handlers.size], [0, 1, 0])
  detach()
})

testOnClock(
  'seed need not wait for the announcement of a private torrent, where the node is the client’s',
  t => {
    const { client, detach } = attachFakes({}, ({ client, dht }) => {
      client.dht = dht
    })
    const torrent = client.add()
    let announced = 0
    torrent.on('dhtAnnounce', () => announced++)
    torrent.private = true
    torrent.parsed({}).verified()
    t.equal(announced, 1)
    detach()
  }
)

testOnClock('both ends hand their connection to WebTorrent, named by the node', async t => {
  const { client, dht, detach } = attachFakes()
  const torrent = client.addReady()
  await dht.find(torrent, HIGH)
  t.equal(dht.dials[0]?.protocol, `webtorrent:${torrent.infoHash}`)
  const dialled = dht.dials[0]?.succeed()
  await settle()
  const accepted = dht.call(torrent, LOW)
  t.deepEqual(torrent.added, [{ peer: dialled, source: 'dht' }], 'the one that answers is not connected yet')
  accepted?.emit('connect')
  t.equal(torrent.added[1]?.peer, accepted)
  t.deepEqual([dialled?.id, accepted?.id], [HIGH.toString('hex'), LOW.toString('hex')])
  detach()
})

testOnClock('crossing dials become one: that of the lower id', async t => {
  const { client, dht, detach } = attachFakes()
  const torrent = client.addReady()
  await dht.find(torrent, HIGH)
  t.notOk(dht.call(torrent, HIGH), 'ours goes on, theirs is refused')
  t.notOk(dht.dials[0]?.signal.aborted)
  await dht.find(torrent, LOW)
  t.ok(dht.call(torrent, LOW), 'theirs goes on')
  t.ok(dht.dials[1]?.signal.aborted, 'ours is given up')
  await settle()
  await dht.find(torrent, LOW)
  t.equal(dht.dials.length, 2, 'it is not dialled again')
  detach()
})

testOnClock('a dial that was given up and had succeeded all the same leaves no connection', async t => {
  const { client, dht, detach } = attachFakes()
  const torrent = client.addReady()
  await dht.find(torrent, LOW)
  const peer = dht.dials[0]?.succeed()
  dht.call(torrent, LOW)
  await settle()
  t.ok(peer?.destroyed)
  t.equal(torrent.added.length, 0)
  detach()
})

testOnClock('who is connected is not dialled, nor this node itself', async t => {
  const { client, dht, detach } = attachFakes()
  const torrent = client.addReady()
  torrent.meet(HIGH)
  await dht.find(torrent, HIGH)
  await dht.find(torrent, dht.nodeId)
  t.equal(dht.dials.length, 0, 'known by its handshake, on a connection from a tracker')
  t.notOk(dht.call(torrent, HIGH), 'nor may it dial')
  await dht.find(torrent, LOW)
  await dht.find(torrent, LOW)
  t.equal(dht.dials.length, 1, 'once')
  dht.dials[0]?.succeed()
  await settle()
  await dht.find(torrent, LOW)
  t.equal(dht.dials.length, 1)
  t.notOk(dht.call(torrent, LOW))
  detach()
})

testOnClock('a wire tells the other side which node this is', t => {
  const { client, dht, detach } = attachFakes()
  const wire = client.addReady().meet()
  t.deepEqual(wire.extendedHandshake, { webtorrent_dht_id: dht.nodeId })
  detach()
})

testOnClock('so many dials at once, for all torrents together', async t => {
  const { client, dht, detach } = attachFakes({ maxDials: 3 })
  const torrents = [client.addReady(), client.addReady()]
  for (const torrent of torrents) for (let i = 0; i < 4; i++) await dht.find(torrent, randomBytes(20))
  t.equal(dht.dials.length, 3)
  dht.dials[0]?.succeed()
  dht.dials[1]?.fail()
  await settle()
  t.equal(dht.dials.length, 5, 'the next ones follow')
  for (let i = 2; i < 8; i++) {
    dht.dials[i]?.fail()
    await settle()
  }
  t.equal(new Set(dht.dials.map(({ id }) => id)).size, 8, 'each has its turn')
  detach()
})

testOnClock('dials end with the peers that are wanted, and WebTorrent’s limit holds for all', async t => {
  const { client, dht, detach } = attachFakes({ wantedPeers: 2, maxDials: 10 })
  client.maxConns = 3
  const torrent = client.addReady()
  for (let i = 0; i < 5; i++) await dht.find(torrent, randomBytes(20))
  t.equal(dht.dials.length, 2)
  t.ok(dht.call(torrent, LOW), 'others may dial')
  t.notOk(dht.call(torrent, HIGH), 'while there is room')
  for (const dial of dht.dials) dial.succeed()
  await settle()
  t.equal(dht.dials.length, 2)
  const [first] = torrent.added as { peer: FakePeer }[]
  first?.peer.destroy()
  t.equal(dht.dials.length, 2, 'one that waits is not dialled: with the one that dialled, there are two')
  detach()
})

/** Fails each dial as soon as it is there. @returns the seconds between them */
async function failDials(dht: FakeDHT, clock: HandClock, seconds: number): Promise<number[]> {
  const pauses: number[] = []
  let failedAt = 0
  for (let time = 0, dials = 0; time <= seconds; time++) {
    if (dht.dials.length > dials) {
      dials = dht.dials.length
      pauses.push(time - failedAt)
      failedAt = time
      dht.dials.at(-1)?.fail()
      await settle()
    }
    clock.move(1 * SECONDS)
  }
  return pauses
}

testOnClock(
  'a peer that could not be reached is dialled again without being found again',
  async (t, clock) => {
    const { client, dht, detach } = attachFakes()
    const torrent = client.addReady()
    await dht.find(torrent, HIGH)
    t.deepEqual(
      await failDials(dht, clock, 800),
      [0, 1, 2, 4, 8, 16, 32, 64, 128, 256],
      'later each time, and not for ever'
    )
    t.ok(dht.call(torrent, HIGH)?.emit('close'), 'it may dial all the same')
    await dht.find(torrent, HIGH)
    clock.move(10 * MINUTES)
    t.equal(dht.dials.length, 11, 'it is dialled if it is found again')
    detach()
  }
)

testOnClock('a peer whose connection was closed is dialled again, later each time', async (t, clock) => {
  const { client, dht, detach } = attachFakes()
  const torrent = client.addReady()
  await dht.find(torrent, HIGH)
  const pauses = []
  for (let time = 0, closedAt = 0; pauses.length < 4; time++) {
    const dial = dht.dials[pauses.length]
    if (dial) {
      pauses.push(time - closedAt)
      const peer = dial.succeed()
      await settle()
      closedAt = time
      peer.destroy()
    }
    clock.move(1 * SECONDS)
  }
  t.deepEqual(pauses, [0, 1, 2, 4])
  detach()
})

testOnClock(
  'a peer that has dialled is dialled a second after its connection was closed',
  async (t, clock) => {
    const { client, dht, detach } = attachFakes()
    const torrent = client.addReady()
    const peer = dht.call(torrent, HIGH)
    await dht.find(torrent, HIGH)
    peer?.destroy()
    t.equal(dht.dials.length, 0, 'it may try again itself')
    clock.move(1 * SECONDS)
    t.equal(dht.dials.length, 1)
    detach()
  }
)

testOnClock('so many peers are remembered: one that could not be reached gives way', async t => {
  const { client, dht, detach } = attachFakes({ wantedPeers: 2000, maxDials: 1000 })
  client.maxConns = 2000
  const torrent = client.addReady()
  await dht.find(torrent, HIGH)
  dht.dials[0]?.fail()
  await settle()
  torrent.paused = true
  for (let i = 1; i < 1000; i++) await dht.find(torrent, randomBytes(20))
  const tooMany = randomBytes(20)
  await dht.find(torrent, LOW)
  await dht.find(torrent, tooMany)
  torrent.paused = false
  await dht.find(torrent, LOW)
  const dialled = dht.dials.slice(1).map(({ id }) => id)
  t.equal(dialled.length, 1000)
  t.ok(dialled.includes(LOW.toString('hex')))
  t.notOk(dialled.includes(tooMany.toString('hex')))
  detach()
})

testOnClock('addresses go to WebTorrent only where both ends have TCP, and no node id', async t => {
  const { client, dht, detach } = attachFakes({}, ({ client, dht }) => {
    client.dht = dht
  })
  const torrent = client.addReady()
  await dht.find(torrent, undefined, '192.0.2.1', 6881)
  t.equal(torrent.added.length, 0, 'in a page')
  client.port = 6881
  await dht.find(torrent, undefined, '192.0.2.1', 9)
  await dht.find(torrent, undefined, '240.0.0.1', 6881)
  t.equal(torrent.added.length, 0, 'no TCP server, no address')
  await dht.find(torrent, undefined, '192.0.2.1', 6881)
  t.deepEqual(torrent.added, [{ peer: '192.0.2.1:6881', source: 'dht' }])
  torrent.addPeer('192.0.2.2:6881', 'dht')
  t.equal(torrent.added.length, 1, 'torrent-discovery’s are left out, where the node is the client’s DHT')
  torrent.addPeer('192.0.2.2:6881', 'ut_pex')
  t.equal(torrent.added.length, 2, 'others are not')
  detach()
  torrent.addPeer('192.0.2.3:6881', 'dht')
  t.equal(torrent.added.length, 3, 'nor any after detach')
})

testOnClock('a torrent that is complete connects to others if the client wants that', async t => {
  const { client, dht, detach } = attachFakes()
  client.seedOutgoingConnections = false
  const torrent = client.addReady()
  torrent.done = true
  await dht.find(torrent, HIGH)
  t.equal(dht.dials.length, 0)
  t.ok(dht.call(torrent, HIGH), 'it takes dials')
  torrent.paused = true
  t.notOk(dht.call(torrent, LOW), 'not while it is paused')
  detach()
})

for (const [name, end] of Object.entries({
  'after detach': ({ detach }: ReturnType<typeof attachFakes>) => detach(),
  'after the client is destroyed': ({ client }: ReturnType<typeof attachFakes>) => client.destroy(),
  'after the node is destroyed': ({ dht }: ReturnType<typeof attachFakes>) => {
    dht.destroyed = true
    dht.emit('close')
  }
})) {
  testOnClock(
    `${name} there is no timer, no listener, no handler, no dial, no connection`,
    async (t, clock) => {
      const fakes = attachFakes({}, ({ client, dht }) => {
        client.dht = dht
      })
      const { client, dht } = fakes
      const torrents = [client.addReady(), client.add().parsed(), client.add()]
      const [torrent] = torrents as [FakeTorrent]
      const wire = torrent.meet()
      await dht.find(torrent, HIGH)
      const dialled = dht.dials[0]?.succeed()
      await settle()
      const accepted = dht.call(torrent, LOW)
      await dht.find(torrent, randomBytes(20))
      end(fakes)
      await settle()
      dht.announcements[0]?.done(null)
      t.equal(clock.pending, 0, 'timers')
      t.equal(countListeners(client, dht, wire, ...torrents), 0, 'listeners')
      t.equal(dht.handlers.size, 0, 'handlers')
      t.ok(dht.dials[1]?.signal.aborted, 'dials')
      t.ok(dialled?.destroyed && accepted?.destroyed, 'connections')
      t.notOk(
        torrents.some(torrent => Object.hasOwn(torrent, 'addPeer')),
        'the torrents are as they were'
      )
      client.add().parsed()
      t.equal(dht.handlers.size, 0, 'new torrents are not followed')
    }
  )
}

testOnClock(
  'two clients of one node may have the same torrent: the second one says that it takes no dials',
  t => {
    const { client, dht, detach } = attachFakes()
    const torrent = new FakeTorrent()
    const warnings: unknown[] = []
    torrent.on('warning', error => warnings.push(error))
    torrent.parsed()
    dht.handle(`webtorrent:${torrent.infoHash}`, () => {})
    client.add(torrent)
    t.equal(warnings.length, 1)
    detach()
    t.equal(dht.handlers.size, 1, 'the handler of the first one stays')
  }
)

test('wrong options are refused', t => {
  for (const options of [
    { wantedPeers: 0 },
    { maxDials: 1.5 },
    { announceInterval: 30 * MINUTES },
    { Peer: 'simple-peer' as never },
    { peerOptions: {} }
  ]) {
    t.throws(() => attachFakes(options), WebTorrentDHTError, JSON.stringify(options))
  }
  t.end()
})

test('anything in the place of a client, a node or options is EINVAL, and quoted', t => {
  const { client, dht, detach } = attachFakes()
  detach()
  const bare: unknown = Object.create(null)
  for (const value of [undefined, null, 5, 5n, Symbol('s'), 'text', bare, () => {}]) {
    t.throws(() => attach(value as never, dht as never), { code: 'EINVAL', message: /^client is / })
    t.throws(() => attach(client, value as never), { code: 'EINVAL', message: /^dht is / })
    const isOptions = value === undefined || value === null || value === bare
    if (!isOptions)
      t.throws(() => attach(client, dht as never, value as never), {
        code: 'EINVAL',
        message: /^options is /
      })
  }
  t.end()
})

test('what is no node of this DHT is refused', t => {
  const { client, detach } = attachFakes()
  detach()
  const nodeOfUDP = { announce() {}, lookup() {} }
  for (const dht of [false, undefined, nodeOfUDP]) {
    t.throws(() => attach(client, dht as never), WebTorrentDHTError, `${dht}`)
  }
  t.end()
})
