/** Nobody is left in the dark: `status`, its reason, and a warning for each place that does not let a node in. */

import { createServer, type RequestListener } from 'node:http'
import test, { type Test } from 'tape'
import WebTorrentDHT, { type ErrorCode, type Status, WebTorrentDHTError } from '../../src/index.js'
import { JoiningStatus } from '../../src/joining/status.js'
import type { Platform } from '../../src/platform.js'
import { nodePlatform } from '../../src/platform-node.js'
import { createNode, destroyAll, eventually, placeOf, within } from '../helpers/nodes.js'

type Change = [status: Status, code: ErrorCode | undefined]

/** Notes what a node says of itself, and destroys it in the end. */
function watch(t: Test, dht: WebTorrentDHT) {
  const changes: Change[] = []
  const warnings: Error[] = []
  dht.on('status', (status, reason) => changes.push([status, reason?.code]))
  dht.on('warning', warning => warnings.push(warning))
  t.teardown(() => destroyAll(dht))
  return { changes, warnings }
}

async function serve(t: Test, respond: RequestListener): Promise<string> {
  const server = createServer(respond)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => void server.close())
  const address = server.address()
  return `127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
}

/** A place of this machine where nothing listens. */
async function findClosed(): Promise<string> {
  const node = await createNode()
  const place = placeOf(node)
  await destroyAll(node)
  return place
}

const join = (bootstrap: string | string[], options: object = {}) =>
  new WebTorrentDHT({ bootstrap, ...options })
const ready = (dht: WebTorrentDHT) =>
  within('ready', new Promise<void>(resolve => dht.once('ready', resolve)), 20_000)

test('a node joins, is connected, loses the other one, and is alone', async t => {
  const other = await createNode()
  const dht = join(placeOf(other))
  const { changes, warnings } = watch(t, dht)
  t.equal(dht.status, 'joining')
  await ready(dht)
  t.equal(dht.status, 'connected')
  t.equal(dht.statusReason, null)
  await destroyAll(other)
  t.ok(await eventually(() => dht.statusReason !== null), 'it was tried again')
  t.equal(dht.status, 'alone')
  t.equal(dht.statusReason?.code, 'EUNREACHABLE', dht.statusReason?.message)
  t.deepEqual(changes.slice(0, 3), [
    ['connected', undefined],
    ['alone', undefined],
    ['alone', 'EUNREACHABLE']
  ])
  t.equal(warnings.length, 1)
})

test('a node that joins nowhere is alone from the start, without a word', async t => {
  const dht = new WebTorrentDHT({ bootstrap: false })
  const { changes, warnings } = watch(t, dht)
  await ready(dht)
  t.deepEqual([dht.status, dht.statusReason], ['alone', null])
  t.deepEqual(changes, [['alone', undefined]])
  t.deepEqual(warnings, [])
})

test('each place that does not let a node in is a warning, once, with code and cause', async t => {
  const places: [place: string, code: ErrorCode][] = [
    ['127.0.0.1:9', 'EUNREACHABLE'], // a port of another protocol
    [await findClosed(), 'EUNREACHABLE'],
    ['http://nowhere.invalid/', 'EDNS'],
    [await serve(t, (_, response) => void response.end('<!doctype html>')), 'ENOTANODE'],
    [await serve(t, (_, response) => void response.writeHead(404).end()), 'ENOTANODE'],
    [await serve(t, (_, response) => void response.writeHead(503).end('no room')), 'EFULL']
  ]
  const [plain] = places[3] ?? []
  places.push([`https://${plain}/`, 'ETLS'])
  const dht = join(places.map(([place]) => place))
  const { warnings } = watch(t, dht)
  await ready(dht) // after three attempts at each
  t.equal(warnings.length, places.length)
  for (const [place, code] of places) {
    const about = warnings.filter(({ message }) =>
      message.startsWith(place.includes('//') ? place : `http://${place}`)
    )
    t.deepEqual(
      about.map(warning => warning instanceof WebTorrentDHTError && warning.code),
      [code],
      about[0]?.message
    )
  }
  t.equal(dht.status, 'alone')
  t.ok(dht.statusReason)
})

test('no place is warned of before the node is ready, nor once it is destroyed', async t => {
  const place = await findClosed()
  const dht = join(place)
  const { warnings } = watch(t, dht)
  const warned = new Promise<Error>(resolve => dht.once('warning', resolve))
  await new Promise<void>(resolve =>
    dht.once('ready', () => {
      t.deepEqual(warnings, [])
      t.equal(dht.statusReason?.code, 'EUNREACHABLE', 'it has failed before')
      resolve()
    })
  )
  t.equal((await within('a warning', warned)).message, dht.statusReason?.message)
  const other = join([place, 'http://nowhere.invalid/'])
  const told = watch(t, other).warnings
  await new Promise<void>(resolve => other.once('ready', () => other.destroy(resolve)))
  t.deepEqual(told, [])
  const third = join([place, 'http://nowhere.invalid/'])
  const first = watch(t, third).warnings
  await new Promise<void>(resolve => third.once('warning', () => third.destroy(resolve)))
  t.equal(first.length, 1, 'a listener may destroy it')
})

test('a node that answers where WebRTC does not open says so', async t => {
  const other = await createNode()
  t.teardown(() => destroyAll(other))
  // Nothing arrives at this candidate.
  const nowhere = (sdp: string) =>
    sdp
      .replace(/^a=candidate:.*$/gm, 'a=candidate:1 1 UDP 1 192.0.2.1 9 typ host')
      .replace(/a=ice-pwd:.*/g, `a=ice-pwd:${'x'.repeat(24)}`)
  const place = await serve(t, async (request, response) => {
    if (request.method !== 'POST') return void response.writeHead(405).end() // nor does it take a link
    let body = ''
    for await (const chunk of request) body += chunk
    const answer = await fetch(`http://${placeOf(other)}/`, { method: 'POST', body })
    const { sdp, ...more } = (await answer.json()) as { sdp: string }
    response.end(JSON.stringify({ ...more, sdp: nowhere(sdp) }))
  })
  const dht = join(place)
  const { warnings } = watch(t, dht)
  const warning = await within(
    'a warning',
    new Promise<Error>(resolve => dht.once('warning', resolve)),
    20_000
  )
  t.ok(warning instanceof WebTorrentDHTError && warning.code === 'ECONNFAILED', warning.message)
  t.match(warning.message, /is UDP blocked\?$/)
  t.ok(warning.cause instanceof Error)
  t.equal(warnings.length, 1)
})

test('the same reason is told once for each place, and each status has each reason once', t => {
  const warnings: ErrorCode[] = []
  const changes: Change[] = []
  let isAlone = true
  const status = new JoiningStatus({
    isAlone: () => isAlone,
    hasPlaces: true,
    onChange: (status, reason) => changes.push([status, reason?.code]),
    onWarning: ({ code }) => warnings.push(code)
  })
  const fail = (code: ErrorCode, place: string | null) =>
    status.failed(new WebTorrentDHTError(code, String(code)), place)
  fail('EDNS', 'a')
  fail('EDNS', 'a')
  t.deepEqual(warnings, [], 'none before it may tell')
  status.tell()
  t.deepEqual(warnings, ['EDNS'])
  fail('EFULL', 'a')
  fail('EFULL', 'b')
  fail('EFULL', null)
  fail('EDNS', 'a')
  t.deepEqual(warnings, ['EDNS', 'EFULL', 'EFULL'])
  status.tried()
  isAlone = false
  status.update()
  status.update()
  fail('EFULL', 'b')
  t.equal(status.reason, null, 'a place that fails is no reason where others let it in')
  t.deepEqual(changes, [
    ['joining', 'EDNS'],
    ['joining', 'EFULL'],
    ['alone', 'EDNS'],
    ['connected', undefined]
  ])
  t.end()
})

/** Node.js without WebRTC. */
const bare: Platform = {
  ...nodePlatform,
  loadWebRTC: () =>
    Promise.reject(new Error('this page has no WebRTC', { cause: new Error('of the package') }))
}

test('that nobody was at an entrance is a warning only to a node that is alone', t => {
  for (const isAlone of [true, false]) {
    const warnings: Error[] = []
    const status = new JoiningStatus({
      isAlone: () => isAlone,
      hasPlaces: true,
      onChange: () => {},
      onWarning: warning => warnings.push(warning)
    })
    const nobody = new WebTorrentDHTError('ENONODES', 'nobody is there')
    const dead = new WebTorrentDHTError('EUNREACHABLE', 'nothing is there')
    status.failed(nobody, 'tabs:')
    status.failed(dead, 'a')
    status.tried()
    status.tell()
    t.deepEqual(warnings, isAlone ? [nobody, dead] : [dead])
  }
  t.end()
})

test('a missing WebRTC is an error for whoever listens, and a warning for all others: once', async t => {
  for (const event of ['error', 'warning'] as const) {
    const dht = join('127.0.0.1:9', { platform: bare })
    const { warnings } = watch(t, dht)
    const errors: Error[] = []
    if (event === 'error') dht.on('error', error => errors.push(error))
    dht.on('listening', () => t.fail('it listens'))
    await ready(dht)
    dht.listen(0)
    const told = event === 'error' ? errors : warnings
    t.deepEqual([errors.length, warnings.length], event === 'error' ? [1, 0] : [0, 1])
    const [error] = told
    t.ok(error instanceof WebTorrentDHTError && error.code === 'ENOWEBRTC', error?.message)
    t.equal(error?.cause instanceof Error && error.cause.message, 'of the package', 'with the cause, once')
    t.deepEqual([dht.status, dht.statusReason?.code], ['alone', 'ENOWEBRTC'])
  }
})

test('lookups, values and dials fail with ENOWEBRTC where there is no WebRTC', async t => {
  const dht = join('127.0.0.1:9', { platform: bare })
  t.teardown(() => destroyAll(dht))
  const id = 'ab'.repeat(20)
  const codeOf = (error: unknown) => (error instanceof WebTorrentDHTError ? error.code : error)
  const lookup = () =>
    new Promise(resolve => dht.lookup(id, (error, nodes) => resolve([codeOf(error), nodes])))
  t.deepEqual(await lookup(), ['ENOWEBRTC', 0], 'before it is ready')
  await ready(dht)
  t.deepEqual(await lookup(), ['ENOWEBRTC', 0])
  t.equal(codeOf(await new Promise(resolve => dht.announce(id, 1, resolve))), 'ENOWEBRTC')
  t.equal(codeOf(await new Promise(resolve => dht.put('x', resolve))), 'ENOWEBRTC')
  t.equal(codeOf(await new Promise(resolve => dht.get(id, resolve))), 'ENOWEBRTC')
  t.equal(codeOf(await dht.dial(id, 'chat').catch(error => error)), 'ENOWEBRTC')
  t.equal(codeOf(await dht.connect(id).catch(error => error)), 'ENOWEBRTC')
  const query = new Promise(resolve => dht._rpc.query({ host: '127.0.0.1', port: 9 }, { q: 'ping' }, resolve))
  t.equal(codeOf(await query), 'ENOWEBRTC')
})

test('on a page that came over HTTPS plain HTTP is said to be impossible, and host:port goes over HTTPS', async t => {
  const server = await serve(t, (_, response) => {
    t.fail('a request')
    response.end()
  })
  const platform = { ...nodePlatform, allowsHttp: false }
  const port = server.split(':')[1]
  // 0.0.0.0 is this machine, too, but browsers do not trust it.
  const dht = join([`http://0.0.0.0:${port}/`, `0.0.0.0:${port}`], { platform })
  const { warnings } = watch(t, dht)
  await ready(dht)
  const codes = warnings.map(warning => warning instanceof WebTorrentDHTError && warning.code)
  t.deepEqual(codes.sort(), ['EMIXED', 'ETLS'], warnings.map(({ message }) => message).join('; '))
  t.ok(warnings.some(({ message }) => message.includes('(HTTPS, as this page came over it): ')))
})

test('what finds no node to ask says why none is connected', async t => {
  const place = await findClosed()
  const dht = join(place)
  watch(t, dht)
  const lone = new WebTorrentDHT({ bootstrap: false })
  watch(t, lone)
  const { promises } = dht
  const keys = await WebTorrentDHT.keyPair()
  const id = 'ab'.repeat(20)
  await ready(dht)
  const calls = [promises.put('x'), promises.announce(id, 1), promises.record(keys).set('x')]
  for (const call of calls) {
    const error: unknown = await call.catch(error => error)
    if (!(error instanceof WebTorrentDHTError)) return t.fail(String(error))
    const said = `No nodes to query: no node is connected (http://${place}/: nobody listens there (ECONNREFUSED))`
    t.deepEqual([error.code, error.message, error.cause], ['ENONODES', said, dht.statusReason])
  }
  const tally: unknown = await promises.put('y').catch(error => error)
  t.deepEqual(
    { ...(tally as object) },
    {
      ...{ name: 'WebTorrentDHTError', code: 'ENONODES' },
      ...{ stored: 0, refused: {}, unanswered: 0 }
    }
  )
  const error: unknown = await lone.promises.put('x').catch(error => error)
  t.match(String(error), /: no node is connected \(option `bootstrap` names no place\)$/)
})
