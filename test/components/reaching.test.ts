/** Reaching a node by its id: with a connection of the DHT's, or one of the application's own. */

import { randomBytes } from 'node:crypto'
import { getEventListeners } from 'node:events'
import test, { type Test } from 'tape'
import { ROUTING_TAG } from '../../src/connections/table.js'
import { Id } from '../../src/id.js'
import type WebTorrentDHT from '../../src/index.js'
import type { IncomingDial, Progress, SimplePeer } from '../../src/index.js'
import type { Description } from '../../src/wire/description.js'
import { ask, codeOf, failureOf, sayBack } from '../helpers/calls.js'
import { CarefulPeer } from '../helpers/careful-peer.js'
import { areConnected, createLine, dial, idOf, tableOf } from '../helpers/line.js'
import { createNode, createPair, destroyAll, eventually, within } from '../helpers/nodes.js'
import { createPeer } from '../helpers/raw-client.js'
import { countMade } from '../helpers/signals.js'

type Line = [WebTorrentDHT, WebTorrentDHT, WebTorrentDHT]

/** Three nodes of which the first and the last one have never been connected. The first one may connect to others, if asked. */
async function lineOf(t: Test, options = {}): Promise<Line> {
  const nodes = (await createLine(3, { simple_peer_constructor: CarefulPeer, ...options })) as Line
  t.teardown(() => destroyAll(...nodes))
  return nodes
}

/** Has a node connect to others when the application wants it, and only then. */
function mayConnect(node: WebTorrentDHT): void {
  Reflect.deleteProperty(node.socket.node.destinations, 'connect')
  Object.defineProperty(node.nodes, 'wants', { value: () => false })
}

/** The tags of the application's on the connection to a node. */
const tagsOf = (node: WebTorrentDHT, other: WebTorrentDHT) =>
  [...(tableOf(node).get(Id.of(other.nodeId))?.tags ?? [])].filter(tag => tag !== ROUTING_TAG).sort()

/** Has a node never answer a call; resolves with the first one. */
function handleForever(node: WebTorrentDHT, protocol: string): Promise<void> {
  return new Promise(resolve =>
    node.handle(protocol, () => {
      resolve()
      return new Promise(() => {})
    })
  )
}

async function opened(peer: SimplePeer): Promise<SimplePeer> {
  if (!peer.connected) await within('opening', new Promise<void>(resolve => peer.once('connect', resolve)))
  return peer
}

test('connect opens a connection to a node beyond a neighbour, and keeps it until it is released', async t => {
  const [a, , c] = await lineOf(t)
  mayConnect(a)
  const steps: Progress[] = []
  const connection = await a.connect(c.nodeId, { onProgress: step => steps.push(step) })
  t.deepEqual(steps, ['finding', 'signalling', 'connected'])
  t.ok(areConnected(a, c))
  t.deepEqual([connection.id, connection.tag], [c.nodeId, 'application'])
  t.deepEqual(tagsOf(a, c), ['application'])
  const { made } = a.stats().connections
  const again: Progress[] = []
  const other = await a.connect(c.nodeId, { tag: 'chat', onProgress: step => again.push(step) })
  t.deepEqual(again, ['connected'], 'it is there')
  t.equal(a.stats().connections.made, made, 'and no other one is made')
  t.deepEqual(tagsOf(a, c), ['application', 'chat'])
  other.release()
  t.deepEqual(tagsOf(a, c), ['application'], 'each tag is taken off by itself')
  connection.release()
  connection.release()
  t.deepEqual(tagsOf(a, c), [])
  t.ok(areConnected(a, c), 'it stays while there is room')
})

test('a target is an id as bytes, as hex, or a peer that was found', async t => {
  const [a, , c] = await lineOf(t)
  mayConnect(a)
  const infoHash = randomBytes(20)
  await new Promise(resolve => c.announce(infoHash, 4242, resolve))
  const found = new Promise<{ id?: Buffer }>(resolve => a.once('peer', resolve))
  a.lookup(infoHash)
  const peer = await within('a peer', found)
  const accepted = sayBack(c, 'echo')
  const targets = [
    c.nodeId,
    new Uint8Array(c.nodeId),
    idOf(c),
    idOf(c).toUpperCase(),
    peer,
    { id: idOf(c) }
  ] as const
  for (const target of targets) (await a.dial(target, 'echo')).destroy()
  t.equal(accepted.length, targets.length)
  for (const target of targets) t.deepEqual((await a.connect(target)).id, c.nodeId)
})

test('dial opens a connection of the application’s own, and the DHT makes none', async t => {
  const [a, b, c] = await lineOf(t)
  const before = [a, b, c].map(node => node.stats())
  const dials: IncomingDial[] = []
  const accepted: SimplePeer[] = []
  c.handle('chat', call => {
    dials.push(call)
    accepted.push(call.accept())
  })
  const steps: Progress[] = []
  const peer = await a.dial(c.nodeId, 'chat', { onProgress: step => steps.push(step) })
  t.deepEqual(steps, ['finding', 'signalling', 'connected'])
  t.ok(peer.connected && peer.initiator)
  t.deepEqual(
    dials.map(({ id, protocol }) => [id, protocol]),
    [[a.nodeId, 'chat']]
  )
  const other = await opened(accepted[0] as SimplePeer)
  other.on('data', (bytes: Uint8Array) => other.send(Buffer.concat([bytes, Buffer.from([0, 255])])))
  peer.on('data', (bytes: Uint8Array) => peer.emit('said', Buffer.from(bytes)))
  const said = new Promise<Buffer>(resolve => peer.once('said', resolve))
  peer.send(Buffer.from([1, 2]))
  t.deepEqual(await within('data', said), Buffer.from([1, 2, 0, 255]), 'there and back, as bytes')

  const after = [a, b, c].map(node => node.stats())
  for (const [i, { connections, offers }] of after.entries()) {
    t.deepEqual(connections, before[i]?.connections, 'as many RTCPeerConnections of the DHT’s as before')
    t.deepEqual(offers, before[i]?.offers, 'and no offer of its own')
  }
  t.notOk(areConnected(a, c) || areConnected(c, a))
  t.equal(c.stats().queries.received.dial, 1)
  t.equal(b.stats().queries.received.dial, 0, 'the relay reads nothing of it')
  t.equal(a.stats().queries.sent.dial.replied, 1)

  await destroyAll(a, b, c)
  t.equal(await ask(peer, 'x'), 'x\x00\ufffd', 'it outlives the nodes')
  const closed = new Promise<void>(resolve => other.once('close', resolve))
  peer.destroy()
  await within('the other end', closed)
})

test('dial takes a peer that the application has made, and so does accept', async t => {
  const [a, , c] = await lineOf(t)
  const theirs = await createPeer(false)
  c.handle('echo', ({ accept }) => {
    t.equal(accept(theirs), theirs)
    theirs.on('data', (bytes: Uint8Array) => theirs.send(bytes))
  })
  const ours = await createPeer(true)
  t.equal(await a.dial(c.nodeId, 'echo', { peer: ours }), ours)
  t.equal(await ask(ours, 'own peers'), 'own peers')
  await opened(theirs) // its first message may come before
  for (const peer of [ours, theirs]) {
    t.deepEqual([peer.listenerCount('connect'), peer.listenerCount('signal')], [0, 0], 'it is left alone')
    peer.destroy()
  }
})

/** Once `losing` is on, an offering side fails when it gets an answer, as libdatachannel now and then does. */
class LosingPeer extends CarefulPeer {
  static losing = false

  override signal(description: Description): void {
    if (!LosingPeer.losing || description.type === 'offer') return super.signal(description)
    LosingPeer.losing = false
    this.destroy(new Error('lost'))
  }
}

test('a dial whose connection fails is made once more, and the other end has closed the first connection before', async t => {
  const [a, , c] = await lineOf(t, { simple_peer_constructor: LosingPeer })
  const events: string[] = []
  c.handle('echo', ({ accept }) => {
    const peer = accept()
    const call = events.filter(event => event.startsWith('call')).length + 1
    events.push(`call ${call}`)
    peer.on('connect', () => events.push(`opened ${call}`))
    peer.on('close', () => events.push(`closed ${call}`))
    peer.on('data', (bytes: Uint8Array) => peer.send(bytes))
  })
  LosingPeer.losing = true
  const steps: Progress[] = []
  const peer = await a.dial(c.nodeId, 'echo', { onProgress: step => steps.push(step) })
  t.equal(await ask(peer, 'hello'), 'hello')
  t.deepEqual(events, ['call 1', 'closed 1', 'call 2', 'opened 2'])
  t.deepEqual(steps, ['finding', 'signalling', 'connected'])
  peer.destroy()
})

test('a dial with a peer of the application’s is made once: the peer has one offer', async t => {
  const [a, , c] = await lineOf(t)
  const accepted = sayBack(c, 'echo')
  const peer = await createPeer(true)
  peer.signal = () => peer.destroy()
  t.equal(await codeOf(a.dial(c.nodeId, 'echo', { peer })), 'ECONNFAILED')
  t.equal(accepted.length, 1)
})

test('peers of the wrong kind are refused', async t => {
  const [a, , c] = await lineOf(t)
  const answering = await createPeer(false)
  t.equal(await codeOf(a.dial(c.nodeId, 'echo', { peer: answering })), 'EINVAL')
  t.ok(answering.destroyed)
  const offering = await createPeer(true)
  const warning = new Promise<Error & { code?: unknown }>(resolve => c.once('warning', resolve))
  c.handle('echo', ({ accept }) => accept(offering))
  t.equal(await codeOf(a.dial(c.nodeId, 'echo')), 'EREFUSED')
  t.equal((await warning).code, 'EINVAL', 'who handles it is told')
  offering.destroy()
  const gone = await createPeer(true)
  gone.destroy()
  t.equal(await codeOf(a.dial(c.nodeId, 'echo', { peer: gone })), 'ECONNFAILED', 'one that is destroyed')
  const going = await createPeer(true)
  const dialling = a.dial(randomBytes(20), 'echo', { peer: going, onProgress: () => going.destroy() })
  t.equal(await codeOf(dialling), 'ECONNFAILED', 'one that is destroyed while the node is looked for')
})

test('two nodes may dial each other at once', async t => {
  const [a, , c] = await lineOf(t)
  const [byA, byC] = [sayBack(a, 'echo'), sayBack(c, 'echo')]
  const [toC, toA] = await Promise.all([a.dial(c.nodeId, 'echo'), c.dial(a.nodeId, 'echo')])
  t.deepEqual([await ask(toC, 'to c'), await ask(toA, 'to a')], ['to c', 'to a'])
  t.deepEqual([byA.length, byC.length], [1, 1], 'two calls, two connections')
  for (const peer of [toC, toA]) peer.destroy()
})

test('many dials at once do not get in each other’s way', async t => {
  const [a, , c] = await lineOf(t, { limits: { dials: 10 } })
  sayBack(c, 'echo')
  const texts = Array.from({ length: 12 }, (_, i) => `call ${i}`)
  const peers = await Promise.all(texts.map(() => a.dial(c.nodeId, 'echo')))
  t.deepEqual(await Promise.all(peers.map((peer, i) => ask(peer, texts[i] as string))), texts)
  for (const peer of peers) peer.destroy()
})

test('a node that is connected is dialled over its connection, which stays the DHT’s', async t => {
  const [a, b] = await createPair()
  t.teardown(() => destroyAll(a, b))
  sayBack(b, 'echo')
  const made = countMade([a, b])
  const peer = await a.dial(b.nodeId, 'echo')
  t.notEqual(peer, a.socket.get_id_mapping(b.nodeId))
  t.equal(await ask(peer, 'hello'), 'hello')
  t.equal(countMade([a, b]), made)
  peer.destroy()
  t.equal(await new Promise(resolve => a.lookup(randomBytes(20), (_, visited) => resolve(visited))), 1)
})

test('a dial is refused if nobody handles the protocol, or the handler does not take it', async t => {
  const [a, , c] = await lineOf(t)
  const failure = new Error('a secret of the application’s')
  const warnings: unknown[] = []
  c.on('warning', warning => warnings.push(warning))
  c.handle('not accepted', () => {})
  c.handle('thrown', () => {
    throw failure
  })
  c.handle('rejected', async ({ accept }) => {
    accept()
    throw failure
  })
  const end = c.handle('ended', ({ accept }) => accept())
  end()
  for (const protocol of ['nobody’s', 'not accepted', 'thrown', 'rejected', 'ended']) {
    const peer = await createPeer(true)
    const error = (await failureOf(a.dial(c.nodeId, protocol, { peer }))) as Error & { code?: string }
    t.equal(error?.code, 'EREFUSED', protocol)
    t.notOk(error.message.includes('secret'), 'what the handler throws is not for strangers')
    t.ok(peer.destroyed)
  }
  t.deepEqual(warnings, [failure, failure], 'but for the application')
  t.equal(a.stats().queries.sent.dial.refused, 5)
})

test('a call can be taken once, and not when the handler is over', async t => {
  const [a, , c] = await lineOf(t)
  let accept: IncomingDial['accept'] | undefined
  const codes: unknown[] = []
  const tryToAccept = () => {
    try {
      accept?.()
      codes.push('taken')
    } catch (error) {
      codes.push((error as { code?: string }).code)
    }
  }
  c.handle('echo', async call => {
    accept = call.accept
    await new Promise(resolve => setImmediate(resolve))
    tryToAccept()
    tryToAccept()
  })
  c.handle('late', call => {
    accept = call.accept
  })
  const peer = await a.dial(c.nodeId, 'echo')
  t.deepEqual(codes.splice(0), ['taken', 'EINVAL'])
  t.equal(await codeOf(a.dial(c.nodeId, 'late')), 'EREFUSED')
  tryToAccept()
  t.deepEqual(codes, ['EINVAL'])
  peer.destroy()
})

test('a handler may wait for its peer to connect', async t => {
  const [a, , c] = await lineOf(t)
  c.handle('greeting', async ({ accept }) => {
    const peer = await opened(accept())
    peer.send(Buffer.from('welcome'))
  })
  const peer = await createPeer(true)
  const greeting = new Promise<string>(resolve => peer.once('data', bytes => resolve(String(bytes))))
  await a.dial(c.nodeId, 'greeting', { peer })
  t.equal(await within('the greeting', greeting), 'welcome')
  peer.destroy()
})

test('a protocol has one handler, until that is ended', async t => {
  const [a, , c] = await lineOf(t)
  const end = c.handle('echo', () => {})
  t.throws(() => c.handle('echo', () => {}), { code: 'EINVAL' })
  end()
  const accepted = sayBack(c, 'echo')
  end()
  const peer = await a.dial(c.nodeId, 'echo')
  t.equal(accepted.length, 1, 'ending the first one twice does not end the second one')
  peer.destroy()
  for (const protocol of ['', 'x'.repeat(65), '€'.repeat(22), 5 as unknown as string]) {
    t.throws(() => c.handle(protocol, () => {}), { code: 'EINVAL' }, `protocol ${protocol}`)
    t.equal(await codeOf(a.dial(c.nodeId, protocol)), 'EINVAL')
  }
  sayBack(c, 'x'.repeat(64))
  ;(await a.dial(c.nodeId, 'x'.repeat(64))).destroy()
})

test('what is no id of another node is refused at once', async t => {
  const node = await createNode()
  t.teardown(() => destroyAll(node))
  const targets = [
    '',
    'ab',
    'zz'.repeat(20),
    `${'ab'.repeat(20)}a`,
    `${'ab'.repeat(20)}zz`,
    'ab'.repeat(21),
    Buffer.alloc(19),
    Buffer.alloc(0),
    {},
    { id: undefined },
    null,
    undefined,
    5,
    node.nodeId,
    idOf(node)
  ] as never[]
  for (const target of targets) {
    t.equal(await codeOf(node.connect(target)), 'EINVAL', String(target))
    t.equal(await codeOf(node.dial(target, 'echo')), 'EINVAL')
  }
})

test('a node that nobody knows is not found', async t => {
  const [a, , c] = await lineOf(t)
  const steps: Progress[] = []
  const options = { onProgress: (step: Progress) => steps.push(step) }
  t.equal(await codeOf(a.connect(randomBytes(20), options)), 'ENOTFOUND')
  t.equal(await codeOf(a.dial(randomBytes(20), 'echo', options)), 'ENOTFOUND')
  t.deepEqual(steps, ['finding', 'finding'])
  await destroyAll(c)
  t.equal(await codeOf(a.dial(c.nodeId, 'echo')), 'ENOTFOUND', 'nor is one that is gone')
})

test('an application may tag so many connections and no more', async t => {
  const hub = await createNode({ maxConnections: 8 })
  const others = await Promise.all(Array.from({ length: 4 }, () => createNode()))
  t.teardown(() => destroyAll(hub, ...others))
  for (const other of others) await dial(other, hub)
  const codes = []
  for (const other of others) codes.push(await codeOf(hub.connect(other.nodeId)))
  t.deepEqual(codes, [undefined, undefined, undefined, 'EFULL'])
  hub.socket.del_tag(others[0]?.nodeId ?? '', 'application')
  t.equal(await codeOf(hub.connect(others[3]?.nodeId as Buffer)), undefined, 'one more when one was released')
})

test('more dials than the limit are refused as by a full node', async t => {
  const [a, , c] = await lineOf(t, { limits: { dials: 1 } })
  const codes: unknown[] = []
  for (let i = 0; i < 14; i++) codes.push(await codeOf(a.dial(c.nodeId, 'nobody’s')))
  const refused = codes.filter(code => code === 'EREFUSED').length
  t.ok(refused >= 10 && refused < 14, `${refused} of 14: ten seconds' worth at once`)
  t.ok(codes.slice(refused).every(code => code === 'EFULL'))
  t.equal(c.stats().drops['too many dials'], 14 - refused)
})

test('a dial whose relay closes fails at once', async t => {
  const [a, b, c] = await lineOf(t)
  const called = handleForever(c, 'slow')
  const dialling = codeOf(a.dial(c.nodeId, 'slow'))
  await within('the call', called)
  await destroyAll(b)
  t.equal(await dialling, 'ETIMEDOUT')
})

/** A dial that stops where the test wants to end it. */
interface Stopped {
  nodes: Line
  dialling: Promise<unknown>
  peer: SimplePeer
  controller: AbortController
}

const PHASES = ['finding', 'signalling', 'asked', 'answered'] as const
type Phase = (typeof PHASES)[number]

/** Dials, and calls `end` in a phase: while the node is looked for, before the offer is there, when the other side has it, and when the answer is here. */
async function dialUntil(t: Test, phase: Phase, end: (dial: Stopped) => void): Promise<Stopped> {
  const nodes = await lineOf(t)
  const [a, , c] = nodes
  const peer = await createPeer(true)
  const controller = new AbortController()
  const stopped: Stopped = { nodes, dialling: Promise.resolve(), peer, controller }
  const endIn = (other: Phase) => {
    if (phase === other) end(stopped)
  }
  c.handle('echo', ({ accept }) => {
    accept()
    endIn('asked')
  })
  const take = peer.signal.bind(peer)
  peer.signal = description => {
    take(description)
    endIn('answered')
  }
  const onProgress = (step: Progress) => {
    if (step !== 'connected') endIn(step)
  }
  stopped.dialling = a.dial(c.nodeId, 'echo', { peer, signal: controller.signal, onProgress })
  return stopped
}

for (const phase of PHASES) {
  test(`a dial that is aborted ends at once: ${phase}`, async t => {
    const { dialling, peer, controller } = await dialUntil(t, phase, ({ controller }) =>
      controller.abort(controller)
    )
    t.equal(await failureOf(dialling), controller, 'with the reason')
    t.ok(peer.destroyed)
    t.equal(getEventListeners(controller.signal, 'abort').length, 0)
  })

  test(`a dial whose node is destroyed ends at once: ${phase}`, async t => {
    const { dialling, peer } = await dialUntil(t, phase, ({ nodes }) => nodes[0].destroy())
    t.equal(await codeOf(dialling), 'ECLOSED')
    t.ok(peer.destroyed)
  })

  test(`a dial whose peer is destroyed ends at once: ${phase}`, async t => {
    const { dialling, peer } = await dialUntil(t, phase, ({ peer }) => peer.destroy())
    t.equal(await codeOf(dialling), 'ECONNFAILED')
    t.ok(peer.destroyed)
  })
}

for (const phase of ['finding', 'signalling'] as const) {
  test(`connecting that is aborted, or whose node is destroyed, ends at once: ${phase}`, async t => {
    const [a, , c] = await lineOf(t)
    mayConnect(a)
    const controller = new AbortController()
    const { signal } = controller
    const onProgress = (step: Progress) => step === phase && controller.abort(controller)
    t.equal(await failureOf(a.connect(c.nodeId, { signal, onProgress })), controller)
    t.equal(getEventListeners(signal, 'abort').length, 0)
    const other = new AbortController()
    const [d, , f] = await lineOf(t)
    mayConnect(d)
    const destroy = (step: Progress) => step === phase && d.destroy()
    const connecting = d.connect(f.nodeId, { signal: other.signal, onProgress: destroy })
    t.equal(await codeOf(connecting), 'ECLOSED')
    t.equal(getEventListeners(other.signal, 'abort').length, 0)
  })
}

test('what was aborted before, or asks a node that was destroyed, does nothing', async t => {
  const [a, b] = await createPair()
  t.teardown(() => destroyAll(a, b))
  const steps: Progress[] = []
  const options = { signal: AbortSignal.abort('before'), onProgress: (step: Progress) => steps.push(step) }
  t.equal(await failureOf(a.connect(b.nodeId, options)), 'before')
  const peer = await createPeer(true)
  t.equal(await failureOf(a.dial(b.nodeId, 'echo', { ...options, peer })), 'before')
  t.ok(peer.destroyed)
  t.deepEqual(tagsOf(a, b), [])
  await destroyAll(a)
  t.equal(await codeOf(a.connect(b.nodeId)), 'ECLOSED')
  t.equal(await codeOf(a.dial(b.nodeId, 'echo')), 'ECLOSED')
  t.throws(() => a.handle('echo', () => {}), { code: 'ECLOSED' })
  t.deepEqual(steps, [])
})

test('an abort after the end changes nothing', async t => {
  const [a, , c] = await lineOf(t)
  mayConnect(a)
  sayBack(c, 'echo')
  const controller = new AbortController()
  const peer = await a.dial(c.nodeId, 'echo', { signal: controller.signal })
  await a.connect(c.nodeId, { signal: controller.signal })
  controller.abort()
  t.equal(await ask(peer, 'still there'), 'still there')
  t.ok(areConnected(a, c))
  peer.destroy()
})

/** Timers that were set since, and wait. */
function watchTimers(t: Test): Set<unknown> {
  const { setTimeout, clearTimeout } = globalThis
  const waiting = new Set<unknown>()
  const set = (run: (...args: unknown[]) => void, delay?: number, ...args: unknown[]) => {
    const timer = setTimeout(() => {
      waiting.delete(timer)
      run(...args)
    }, delay)
    waiting.add(timer)
    return timer
  }
  const clear = (timer: NodeJS.Timeout | undefined) => {
    waiting.delete(timer)
    clearTimeout(timer)
  }
  Object.assign(globalThis, { setTimeout: set, clearTimeout: clear })
  t.teardown(() => void Object.assign(globalThis, { setTimeout, clearTimeout }))
  return waiting
}

test('nodes that are destroyed leave no timer of a dial, whichever end they are', async t => {
  const waiting = watchTimers(t)
  const nodes = (await createLine(3)) as Line
  const [a, , c] = nodes
  sayBack(c, 'echo')
  const called = handleForever(c, 'slow')
  const peer = await a.dial(c.nodeId, 'echo')
  await codeOf(a.dial(c.nodeId, 'nobody’s'))
  const slow = codeOf(a.dial(c.nodeId, 'slow'))
  await within('the call', called)
  await destroyAll(...nodes)
  t.equal(await slow, 'ECLOSED')
  peer.destroy()
  t.ok(await eventually(() => waiting.size === 0, 4000), 'those of a dial would take nine seconds')
})

test('a dial finds its way when the node is connected while candidates are gathered', async t => {
  const [a, , c] = await lineOf(t)
  mayConnect(a)
  sayBack(c, 'echo')
  const peer = await createPeer(true)
  const emit = peer.emit.bind(peer)
  // The way leads over b when the dial begins, and there is a connection when the offer is there.
  peer.emit = (event: string | symbol, ...args: unknown[]) => {
    if (event !== 'signal') return emit(event, ...args)
    void a.connect(c.nodeId).then(() => emit(event, ...args))
    return true
  }
  t.ok((await a.dial(c.nodeId, 'echo', { peer })).connected)
  peer.destroy()
})

test('an onProgress that throws rejects the call once, and nothing stays tagged', async t => {
  const [a, b] = await createPair()
  t.teardown(() => destroyAll(a, b))
  handleForever(b, 'echo')
  for (const phase of ['finding', 'signalling', 'connected'] as Progress[]) {
    const thrown = new Error(phase)
    const onProgress = (step: Progress) => {
      if (step === phase) throw thrown
    }
    const expected = phase === 'connected' ? thrown : undefined // they are connected already
    t.equal(await failureOf(a.connect(b.nodeId, { tag: phase, onProgress })), expected)
    t.deepEqual(tagsOf(a, b), phase === 'connected' ? ['finding', 'signalling'] : tagsOf(a, b))
    if (phase !== 'connected') t.equal(await failureOf(a.dial(b.nodeId, 'echo', { onProgress })), thrown)
  }
})
