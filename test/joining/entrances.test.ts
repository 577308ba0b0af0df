/** Nodes that get in through entrances, and let others in. */

import test, { type Test } from 'tape'
import WebTorrentDHT, {
  type CarryOffer,
  type Entrance,
  type Status,
  WebTorrentDHTError,
  type WebTorrentDHTOptions
} from '../../src/index.js'
import { nodePlatform } from '../../src/platform-node.js'
import { MeetingPlace } from '../helpers/meeting-place.js'
import { createNode, destroyAll, eventually, placeOf, within } from '../helpers/nodes.js'

const LOCAL: WebTorrentDHTOptions = { bootstrap: false, simple_peer_opts: { config: { iceServers: [] } } }
/** All addresses count as public ones. */
const everywhere = { ...nodePlatform, addressKind: () => 'public' as const }

function create(t: Test, options: WebTorrentDHTOptions): WebTorrentDHT {
  const node = new WebTorrentDHT({ ...LOCAL, ...options })
  t.teardown(() => destroyAll(node))
  return node
}

const connected = (node: WebTorrentDHT) =>
  within(
    'a connection',
    new Promise<void>(resolve => {
      if (node.status === 'connected') return resolve()
      node.on('status', status => status === 'connected' && resolve())
    })
  )
const ready = (node: WebTorrentDHT) =>
  within('ready', new Promise<void>(resolve => node.once('ready', resolve)), 20_000)
const openBetween = (node: WebTorrentDHT) =>
  [...node.socket.node.table.all].filter(({ isOpen }) => isOpen).length

test('two nodes that know nothing but an entrance meet, and have one connection in the end', async t => {
  const place = new MeetingPlace()
  const nodes = ['a', 'b'].map(name => create(t, { entrances: [place.entrance(name)] }))
  await Promise.all(nodes.map(ready))
  const [a, b] = nodes as [WebTorrentDHT, WebTorrentDHT]
  t.deepEqual([a.status, b.status], ['connected', 'connected'])
  t.equal(place.size, 2, 'both let newcomers in')
  t.ok(await eventually(() => openBetween(a) === 1 && openBetween(b) === 1), 'one connection')
  const { key } = await within('a put', a.promises.put('hello'))
  const got = await within('a value', b.promises.get(key))
  t.equal(String(got?.v), 'hello')
})

test('nodes of one network all meet over an entrance', async t => {
  const place = new MeetingPlace()
  const nodes = Array.from({ length: 6 }, (_, i) => create(t, { entrances: [place.entrance(`${i}`)] }))
  await Promise.all(nodes.map(connected))
  t.ok(
    await eventually(() => nodes.every(node => node.socket.node.table.size === nodes.length - 1), 20_000),
    'each is connected to all'
  )
})

test('a function of the application’s own is an entrance', async t => {
  const server = await createNode({ platform: everywhere })
  t.teardown(() => destroyAll(server))
  const carry: CarryOffer = async (offer, { signal }) => {
    const body = JSON.stringify(offer)
    const response = await fetch(`http://${placeOf(server)}/`, { method: 'POST', body, signal })
    return response.json() as ReturnType<CarryOffer>
  }
  const node = create(t, { entrances: [carry], platform: everywhere })
  await ready(node)
  t.equal(node.status, 'connected')
  t.deepEqual(
    [...node.socket.node.table.connections].map(({ id }) => id?.hex),
    [server.nodeId.toString('hex')]
  )
})

test('the first link wins, and requests to other entrances are let go', async t => {
  const place = new MeetingPlace()
  const first = create(t, { entrances: [place.entrance('first')] })
  await within(
    'serving',
    eventually(() => place.size === 1)
  )
  let reason: unknown
  const letGo = new Promise<void>(resolve => {
    const silent: Entrance = {
      name: 'silent',
      request: (_, { signal }) =>
        new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => {
            reason = signal.reason
            resolve()
            reject(signal.reason)
          })
        )
    }
    const node = create(t, { entrances: [silent, place.entrance('second')] })
    node.on('warning', warning => t.fail(warning.message))
    void connected(node)
  })
  await within('the abort', letGo)
  t.equal((reason as Error).name, 'AbortError', 'no timeout')
  await connected(first)
})

test('a place and an entrance are tried at once, and a dead one delays nobody', async t => {
  const server = await createNode()
  t.teardown(() => destroyAll(server))
  const failing: Entrance = { name: 'failing', request: () => Promise.reject(new Error('nobody is there')) }
  const node = create(t, { bootstrap: placeOf(server), entrances: [failing] })
  await ready(node)
  t.equal(node.status, 'connected')

  const place = new MeetingPlace()
  create(t, { entrances: [place.entrance('a')] })
  await eventually(() => place.size === 1)
  const other = create(t, { bootstrap: '127.0.0.1:9', entrances: [place.entrance('b')] })
  await ready(other)
  t.equal(other.status, 'connected')
  t.equal(other.nodes.count(), 1)
})

test('an entrance that fails is a warning, once for each code, and the reason of the status; it is tried again', async t => {
  const place = new MeetingPlace()
  const { request } = place.entrance('late')
  let attempts = 0
  const late: Entrance = {
    name: 'late://',
    isLocal: true,
    request(offer, options) {
      attempts++
      if (attempts < 3) throw new Error('not yet')
      if (attempts < 4) return Promise.reject(new WebTorrentDHTError('EFULL', 'no room'))
      return request(offer, options)
    }
  }
  const node = create(t, { entrances: [late] })
  const warnings: string[] = []
  const changes: [Status, unknown][] = []
  node.on('warning', warning => warnings.push(`${(warning as WebTorrentDHTError).code} ${warning.message}`))
  node.on('status', (status, reason) => changes.push([status, reason?.code]))
  await ready(node)
  t.equal(node.status, 'alone')
  create(t, { entrances: [place.entrance('other')] })
  await connected(node)
  t.deepEqual(warnings, ['EUNREACHABLE late://: not yet', 'EFULL late://: no room'])
  t.deepEqual(changes.slice(0, 2), [
    ['joining', 'EUNREACHABLE'],
    ['joining', 'EFULL']
  ])
  t.equal(node.statusReason, null)
})

test('what comes back is checked', async t => {
  const answers: [answer: unknown, code: string][] = [
    [undefined, 'ENOTANODE'],
    [{ type: 'answer', sdp: 'x' }, 'ENOTANODE'],
    [{ id: 'x' }, 'ENOTANODE'],
    [null, 'ENOTANODE']
  ]
  for (const [answer, code] of answers) {
    const request = (() => Promise.resolve(answer)) as CarryOffer
    const node = create(t, { entrances: [{ name: 'odd', request }] })
    const warning = await within('a warning', new Promise<Error>(resolve => node.once('warning', resolve)))
    t.equal((warning as WebTorrentDHTError).code, code, warning.message)
    t.match(warning.message, /^odd: /)
  }
})

test('a node whose own offer comes back ignores it', async t => {
  const place = new MeetingPlace()
  place.hears = () => true
  const refusals: unknown[] = []
  const own = place.entrance('a')
  const entrance: Entrance = {
    ...own,
    serve: (answer, options) =>
      own.serve(
        (offer, more) =>
          answer(offer, more).catch(error => {
            refusals.push(error)
            throw error
          }),
        options
      )
  }
  const a = create(t, { entrances: [entrance] })
  await ready(a)
  t.equal(a.status, 'alone')
  t.ok(refusals.length > 0)
  for (const error of refusals) t.match((error as Error).message, /own/)
  const b = create(t, { entrances: [place.entrance('b')] })
  await connected(b)
})

test('strangers show each other no private addresses, and take none', async t => {
  const place = new MeetingPlace()
  const kinds = { ...nodePlatform, addressKind: () => 'private' as const }
  create(t, { entrances: [place.entrance('far', false)], platform: kinds })
  await eventually(() => place.size === 1)
  const node = create(t, { entrances: [place.entrance('node', false)], platform: kinds })
  const warning = await within(
    'a warning',
    new Promise<Error>(resolve => node.once('warning', resolve)),
    30_000
  )
  t.match(warning.message, /no WebRTC connection to it opens.*isLocal/)
  t.ok(place.offers.length > 0)
  for (const { sdp } of place.offers) t.notOk(/a=candidate|c=IN IP4 (?!0\.0\.0\.0)/.test(sdp))
})

test('two pairs that an entrance has kept apart become one network', async t => {
  const place = new MeetingPlace()
  place.hears = (from, to) => from !== to && from[0] === to[0]
  const nodes = ['a1', 'a2', 'b1', 'b2'].map(name => create(t, { entrances: [place.entrance(name)] }))
  await Promise.all(nodes.map(connected))
  t.deepEqual(
    nodes.map(node => node.socket.node.table.size),
    [1, 1, 1, 1]
  )
  place.hears = (from, to) => from !== to
  t.ok(
    await eventually(() => nodes.every(node => node.socket.node.table.size === 3), 20_000),
    'all are connected'
  )
})

test('a node serves with its address once it listens, and no more once it is destroyed', async t => {
  const served: { signal: AbortSignal; address: unknown }[] = []
  const entrance: Entrance = {
    name: 'here',
    serve: (_, options) => void served.push(options)
  }
  const node = create(t, { entrances: [entrance] })
  await ready(node)
  t.equal(node.status, 'alone', 'an entrance that only serves is no way in')
  t.deepEqual(
    served.map(({ signal, address }) => [signal.aborted, address]),
    [[false, null]]
  )
  await new Promise<void>(resolve => node.listen(0, '127.0.0.1', resolve))
  const { port } = node.address()
  t.deepEqual(
    served.map(({ signal, address }) => [signal.aborted, address]),
    [
      [true, null],
      [false, { host: '127.0.0.1', port }]
    ]
  )
  await destroyAll(node)
  t.ok(served[1]?.signal.aborted)
})

test('an entrance that cannot serve is a warning', async t => {
  const failing: Entrance = { name: 'failing', serve: () => Promise.reject(new Error('no socket')) }
  const node = create(t, { entrances: [failing] })
  const warning = await within('a warning', new Promise<Error>(resolve => node.once('warning', resolve)))
  t.equal((warning as WebTorrentDHTError).code, 'EAPPLICATION')
  t.match(warning.message, /^failing: .*no socket/)
})

test('a node that joins at a place lets nobody in before it has joined', async t => {
  const server = await createNode()
  t.teardown(() => destroyAll(server))
  let wasConnected: boolean | undefined
  const entrance: Entrance = {
    name: 'door',
    serve: () => {
      wasConnected = node.status === 'connected'
    }
  }
  const node = create(t, { bootstrap: placeOf(server), entrances: [entrance] })
  await ready(node)
  t.equal(wasConnected, true)
})

test('a node that lost everybody comes back through its entrance', async t => {
  const place = new MeetingPlace()
  const [a, b] = ['a', 'b'].map(name => create(t, { entrances: [place.entrance(name)] }))
  if (!a || !b) throw new Error('two were made')
  await Promise.all([ready(a), ready(b)])
  a.socket.node.table.closeAll()
  t.ok(await eventually(() => a.status === 'alone' || b.status === 'alone'))
  t.ok(await eventually(() => a.status === 'connected' && b.status === 'connected'))
})
