import { type ClientRequest, type IncomingHttpHeaders, request } from 'node:http'
import { connect, type Socket } from 'node:net'
import test, { type Test } from 'tape'
import type WebTorrentDHT from '../../src/index.js'
import { SimplePeer } from '../../src/simple-peer.js'
import type { Description } from '../../src/wire/description.js'
import {
  countsOf,
  createJoined,
  createNode,
  destroyAll,
  eventually,
  placeOf,
  within
} from '../helpers/nodes.js'
import { createOffer, RawClient } from '../helpers/raw-client.js'
import { watchTests } from '../helpers/watch-tests.js'
import { BAD_BODIES, BAD_DESCRIPTIONS } from './corpus.js'

const endWatch = watchTests()

interface Answer {
  status: number
  headers: IncomingHttpHeaders
  body: string
}

/** Sends one request on a connection of its own; `write` may send the body in its own way. */
function ask(
  node: WebTorrentDHT,
  method: string,
  body: string | Buffer | ((request: ClientRequest) => void) = '',
  headers: Record<string, string> = {}
): Promise<Answer> {
  const answer = new Promise<Answer>((resolve, reject) => {
    const sent = request(`http://${placeOf(node)}/`, { method, headers, agent: false }, response => {
      const chunks: Buffer[] = []
      response.on('data', chunk => chunks.push(chunk))
      response.on('end', () => {
        sent.off('error', reject)
        sent.on('error', () => {}) // the rest of the body has nowhere to go
        const { statusCode: status = 0, headers } = response
        resolve({ status, headers, body: Buffer.concat(chunks).toString() })
      })
      response.on('error', reject)
    })
    sent.on('error', reject)
    if (typeof body === 'function') body(sent)
    else sent.end(body)
  })
  return within(`${method}: an answer`, answer)
}

const post = (node: WebTorrentDHT, body: string | Buffer, headers?: Record<string, string>) =>
  ask(node, 'POST', body, headers)

test('requestListener responds to what is no offer, unlimited, and offers are answered as ever', async t => {
  const node = await createNode({
    httpLimits: { requestsPerAddress: 3 },
    requestListener: (request, response) => response.end(`${request.method} ${request.url}`)
  })
  for (let i = 0; i < 5; i++) t.equal((await ask(node, 'GET')).body, 'GET /')
  t.equal((await ask(node, 'OPTIONS')).status, 204)
  t.equal((await post(node, 'no offer')).status, 400)
  const { offer, close } = await createOffer()
  t.equal((await post(node, JSON.stringify(offer))).status, 200)
  await close()
  await destroyAll(node)
})

/** A connection on which a test writes HTTP by hand. */
function open(node: WebTorrentDHT, text: string): Socket {
  const socket = connect(node.address().port, '127.0.0.1', () => socket.write(text))
  socket.on('error', () => {}) // reset, where the server hangs up first
  return socket
}

/** All that came until the other side closed. */
function untilClosed(socket: Socket): Promise<string> {
  const chunks: Buffer[] = []
  socket.on('data', chunk => chunks.push(chunk))
  return new Promise(resolve => socket.on('close', () => resolve(Buffer.concat(chunks).toString())))
}

const isOneLine = (body: string) => /^[^\n]+\n$/.test(body)

/** After whatever was done to it, a node is as it was: nothing is left, and others can join. */
async function isUnharmed(node: WebTorrentDHT): Promise<boolean> {
  const isClean = await eventually(() => countsOf(node).existing === 0)
  const joined = await createJoined(node)
  const hasJoined = joined.nodes.count() === 1
  await destroyAll(joined)
  const isCleanAgain = await eventually(() => countsOf(node).existing === 0)
  return isClean && hasJoined && isCleanAgain
}

test('a method other than POST and OPTIONS gets 405 with a reason', async t => {
  const node = await createNode()
  t.teardown(() => destroyAll(node))
  for (const method of ['GET', 'PUT', 'DELETE', 'PATCH', 'TRACE']) {
    const { status, headers, body } = await ask(node, method)
    t.equal(status, 405, method)
    t.equal(headers.allow, 'POST, OPTIONS')
    t.ok(isOneLine(body), 'one line')
  }
  t.equal((await ask(node, 'HEAD')).status, 405, 'HEAD')
  t.ok(await isUnharmed(node), 'the node is as it was')
})

test('a browser that asks first (CORS) may post from any page', async t => {
  const node = await createNode()
  t.teardown(() => destroyAll(node))
  const { status, headers, body } = await ask(node, 'OPTIONS')
  t.equal(status, 204)
  t.equal(headers['access-control-allow-origin'], '*')
  t.match(headers['access-control-allow-methods'] ?? '', /POST/)
  t.match(headers['access-control-allow-headers'] ?? '', /content-type/)
  t.equal(body, '')
  const refused = await post(node, '{}', { origin: 'https://example.org' })
  t.equal(refused.headers['access-control-allow-origin'], '*', 'a refusal can be read by the page too')
})

test('a body that is no offer gets 400 with one line, and makes nothing', async t => {
  const node = await createNode()
  t.teardown(() => destroyAll(node))
  for (const { name, body } of BAD_BODIES) {
    const answer = await post(node, body)
    t.ok(answer.status === 400 && isOneLine(answer.body), `${name}: ${answer.status} ${answer.body.trim()}`)
  }
  t.equal(countsOf(node).made, 0, 'no RTCPeerConnection was made')
  t.ok(await isUnharmed(node), 'the node is as it was')
})

test('a description that WebRTC refuses gets 400 with one line, and leaves nothing behind', async t => {
  const node = await createNode({ peer_connection_timeout: 1 })
  t.teardown(() => destroyAll(node))
  for (const { name, sdp } of BAD_DESCRIPTIONS) {
    const answer = await post(node, JSON.stringify({ type: 'offer', sdp, extensions: [] }))
    // WebRTC may take what is odd and answer it; such a connection never opens.
    const isRefused = answer.status === 400 && isOneLine(answer.body)
    t.ok(isRefused || answer.status === 200, `${name}: ${answer.status}`)
  }
  t.ok(await isUnharmed(node), 'the node is as it was')
})

test('a damaged offer is refused or comes to nothing', async t => {
  const node = await createNode({ peer_connection_timeout: 1 })
  t.teardown(() => destroyAll(node))
  const { offer, close } = await createOffer()
  const lines = offer.sdp.split('\r\n')
  const damaged = [
    ...lines.map((_, i) => lines.filter((_, other) => other !== i).join('\r\n')),
    ...lines.map((_, i) => lines.slice(0, i + 1).join('\r\n')),
    ...lines.map((line, i) => lines.map((other, o) => (o === i ? line.slice(0, 5) : other)).join('\r\n')),
    offer.sdp.replace(/[0-9]+/g, '99999999999999999999'),
    offer.sdp.replaceAll('\r\n', '\n\n'),
    offer.sdp.toUpperCase().replace('V=0', 'v=0')
  ].filter(sdp => sdp.startsWith('v=0'))
  const statuses = new Set<number>()
  for (const sdp of damaged) statuses.add((await post(node, JSON.stringify({ type: 'offer', sdp }))).status)
  const unexpected = [...statuses].filter(status => ![200, 400, 503].includes(status))
  t.deepEqual(unexpected, [], `${damaged.length} offers got ${[...statuses].join(', ')}`)
  await close()
  t.ok(await isUnharmed(node), 'the node is as it was')
})

test('a body that says it is too long gets 413 at once', async t => {
  const node = await createNode()
  t.teardown(() => destroyAll(node))
  for (let i = 0; i < 5; i++) {
    const { status, body, headers } = await ask(
      node,
      'POST',
      sent => {
        sent.write(Buffer.alloc(300_000, 'x')) // of 540 MB
      },
      { 'content-length': String(540_000_000) }
    )
    t.equal(status, 413)
    t.ok(isOneLine(body), body.trim())
    t.equal(headers.connection, 'close')
  }
  t.ok(await isUnharmed(node), 'the node is as it was')
})

test('a body that turns out to be too long gets 413', async t => {
  const node = await createNode()
  t.teardown(() => destroyAll(node))
  const outcomes: string[] = []
  for (let i = 0; i < 5; i++) {
    const answer = ask(node, 'POST', sent => {
      for (let chunk = 0; chunk < 30; chunk++) sent.write(Buffer.alloc(10_000, 'x'))
    })
    outcomes.push(await answer.then(({ status, body }) => `${status} ${isOneLine(body)}`, String))
  }
  t.deepEqual(outcomes, Array(5).fill('413 true'), 'each time, with a reason of one line')
  t.ok(await isUnharmed(node), 'the node is as it was')
})

test('what is not HTTP is hung up on', async t => {
  const node = await createNode()
  t.teardown(() => destroyAll(node))
  const inputs = [
    'hello\r\n\r\n',
    '\u0016\u0003\u0001\u0002\u0000\u0001\u0000',
    'POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n',
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n',
    'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
    `POST / HTTP/1.1\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`,
    'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n'
  ]
  for (const input of inputs) {
    const answer = await within('the end', untilClosed(open(node, input)))
    t.match(answer, /^(HTTP\/1\.1 4\d\d |$)/, JSON.stringify(input.slice(0, 40)))
  }
  const upgrade = open(
    node,
    'POST / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 2\r\n\r\n{}'
  )
  t.match(
    await within('the end', untilClosed(upgrade)),
    /^HTTP\/1\.1 400 /,
    'an upgrade is a request like others'
  )
  t.ok(await isUnharmed(node), 'the node is as it was')
})

test('too many requests from one address get 429 and are told when to come again', async t => {
  const node = await createNode({ httpLimits: { requestsPerAddress: 3 } })
  t.teardown(() => destroyAll(node))
  for (let i = 0; i < 3; i++) t.equal((await post(node, '{}')).status, 400, `request ${i + 1}`)
  for (const method of ['POST', 'GET', 'OPTIONS']) {
    const { status, headers, body } = await ask(node, method)
    t.equal(status, 429, `${method} beyond the limit`)
    t.ok(Number(headers['retry-after']) > 0, 'Retry-After')
    t.ok(isOneLine(body), body.trim())
  }
})

const by = (address: string) => ({ 'x-forwarded-for': address })

/** A node that answers two offers at once, each when `answer` is called. */
async function createHolding(t: Test): Promise<{ node: WebTorrentDHT; body: string; held: (() => void)[] }> {
  const held: (() => void)[] = []
  class HeldPeer extends SimplePeer {
    override signal(description: Description): void {
      held.push(() => super.signal(description))
    }
  }
  const options = { simple_peer_constructor: HeldPeer, peer_connection_timeout: 30, trustProxy: 1 }
  const node = await createNode({ httpLimits: { concurrentRequests: 2 }, ...options })
  t.teardown(() => destroyAll(node))
  const { offer, close } = await createOffer()
  t.teardown(close)
  return { node, body: JSON.stringify(offer), held }
}

test('too many requests at once get 503, and those that are under way go on', async t => {
  const { node, body, held } = await createHolding(t)
  const slow = ['192.0.2.1', '192.0.2.2'].map(address => post(node, body, by(address)))
  t.ok(await eventually(() => held.length === 2), 'both are being answered')
  const { status, headers, body: text } = await post(node, '{}', by('192.0.2.3'))
  t.equal(status, 503)
  t.ok(Number(headers['retry-after']) > 0, 'Retry-After')
  t.ok(isOneLine(text), text.trim())
  for (const answer of held) answer()
  for (const answer of slow) t.equal((await answer).status, 200, 'a slow one is answered')
  t.equal((await post(node, '{}', by('192.0.2.3'))).status, 400, 'there is room again')
})

test('one address has half of the places at once, and others the rest', async t => {
  const { node, body, held } = await createHolding(t)
  const slow = post(node, body, by('2001:db8:0:1::1'))
  t.ok(await eventually(() => held.length === 1), 'it is being answered')
  t.equal((await post(node, '{}', by('2001:db8:0:1:ffff::2'))).status, 503, 'the same /64')
  t.equal((await post(node, '{}', by('2001:db8:0:2::1'))).status, 400, 'another one')
  held[0]?.()
  t.equal((await slow).status, 200)
})

test('bodies on their way take no places, and the oldest of the crowd goes', async t => {
  const node = await createNode({ httpLimits: { concurrentRequests: 2, requestsPerAddress: 5, sockets: 8 } })
  t.teardown(() => destroyAll(node))
  const head = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{'
  const slow = Array.from({ length: 9 }, () => open(node, head))
  const ends = slow.map(untilClosed)
  t.equal(await within('the end', Promise.race(ends)), '', 'one is hung up on')
  t.equal((await post(node, '{}')).status, 400, 'an honest one is answered')
  for (const socket of slow) socket.destroy()
})

test('a request that takes too long is ended, before or after its headers', async t => {
  const node = await createNode({ httpLimits: { requestTimeout: 300 } })
  t.teardown(() => destroyAll(node))
  const start = Date.now()
  const slow = [
    untilClosed(open(node, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{"type":')),
    untilClosed(open(node, 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc')),
    untilClosed(open(node, 'POST / HTTP/1.1\r\nHost: a\r\n')),
    untilClosed(open(node, ''))
  ]
  const names = ['a slow body', 'a slow chunk', 'slow headers', 'silence']
  const isEnded = await Promise.all(
    slow.map((end, i) =>
      within(names[i] ?? '', end, 4000).then(
        () => true,
        () => false
      )
    )
  )
  for (const [i, ended] of isEnded.entries()) t.ok(ended, names[i])
  t.comment(`after ${Date.now() - start} ms`)
})

test('a client that hangs up, at whatever moment, leaves nothing behind', async t => {
  const node = await createNode({ peer_connection_timeout: 1 })
  t.teardown(() => destroyAll(node))
  const { offer, close } = await createOffer()
  const body = JSON.stringify({ ...offer, extensions: [] })
  const full = `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  for (const length of [0, 10, 40, full.length - body.length, full.length - 10, full.length]) {
    const socket = connect(node.address().port, '127.0.0.1')
    const end = untilClosed(socket)
    socket.on('error', () => {})
    socket.write(full.slice(0, length), () => socket.resetAndDestroy())
    if (length === 0) socket.destroy()
    await within('the end', end)
  }
  await close()
  t.ok(await isUnharmed(node), 'the node is as it was')
})

test('a newcomer that never comes frees its place', async t => {
  const node = await createNode({ peer_connection_timeout: 1, maxConnections: 4, maxPendingConnections: 2 })
  t.teardown(() => destroyAll(node))
  const offers = await Promise.all([createOffer(), createOffer(), createOffer()])
  const answers = []
  for (const { offer } of offers) answers.push(await post(node, JSON.stringify(offer)))
  t.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 503],
    'as many are answered as may be in the making'
  )
  t.ok(Number(answers[2]?.headers['retry-after']) > 0, 'Retry-After')
  t.equal(countsOf(node).pending, 2)
  t.ok(await isUnharmed(node), 'then the places are free again')
  await Promise.all(offers.map(({ close }) => close()))
})

test("an offer with the node's own id, or that of a node connected already, gets an id alone", async t => {
  const node = await createNode()
  t.teardown(() => destroyAll(node))
  const client = await RawClient.connect(node)
  const { offer, close } = await createOffer()
  const { made } = countsOf(node)
  for (const id of [node.nodeId, client.id]) {
    const { status, body } = await post(node, JSON.stringify({ ...offer, id: id.toString('hex') }))
    t.equal(status, 200)
    t.deepEqual(JSON.parse(body), { id: node.nodeId.toString('hex') })
  }
  t.equal(countsOf(node).made, made, 'no RTCPeerConnection was made')
  await close()
  await client.close()
  t.ok(await isUnharmed(node), 'the node is as it was')
})

test('destroy ends requests that are under way', async t => {
  const node = await createNode()
  t.teardown(() => destroyAll(node))
  const end = untilClosed(open(node, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{'))
  t.equal((await post(node, '{}')).status, 400)
  await within('destroy', destroyAll(node))
  await within('the end', end)
  t.pass('both ended')
})

endWatch('no HTTP request would have ended the process')

test('requests in a row on one socket, of which the first is refused, take no places for good', async t => {
  const node = await createNode({ httpLimits: { concurrentRequests: 4 } })
  t.teardown(() => destroyAll(node))
  const socket = connect(node.address().port, '127.0.0.1')
  await new Promise(resolve => {
    socket.once('close', resolve)
    socket.on('error', () => {})
    socket.on('data', () => {}) // or the end of it would not be noticed
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(10))
  })
  const { offer, close } = await createOffer()
  t.teardown(close)
  const response = await fetch(`http://${placeOf(node)}/`, { method: 'POST', body: JSON.stringify(offer) })
  t.equal(response.status, 200)
})
