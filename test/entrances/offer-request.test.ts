/** How an offer travels: what is connected to before it is there, which scheme is asked, and that it goes to one URL at a time. */

import { createServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import test, { type Test } from 'tape'
import { type DialOptions, OfferRequest } from '../../src/entrances/client.js'
import { KnownSchemes } from '../../src/entrances/known-schemes.js'
import { beginNodePost } from '../../src/entrances/node-post.js'
import type { BeginPost, PostResponse } from '../../src/entrances/posting.js'
import { WebTorrentDHTError } from '../../src/errors.js'
import { Id } from '../../src/id.js'
import WebTorrentDHT from '../../src/index.js'
import { type Place, parsePlace } from '../../src/place.js'
import { nodePlatform } from '../../src/platform-node.js'
import type { Signal } from '../../src/wire/signal.js'
import { destroyAll, eventually, within } from '../helpers/nodes.js'

const OFFER: Signal = { id: Id.fromHex('01'.repeat(20)), type: 'offer', sdp: 'v=0\r\n', extensions: [] }
const ANSWER = JSON.stringify({ id: '02'.repeat(20), type: 'answer', sdp: 'v=0\r\n', extensions: [] })
const ANSWERED: PostResponse = { status: 200, isRedirect: false, location: null, body: ANSWER }
const NAME = 'dht.example.org'

const placeOf = (text: string): Place => parsePlace(text) ?? { host: '', port: 0, url: null }
const noSpeech = () =>
  new TypeError('fetch failed', { cause: Object.assign(new Error(), { code: 'EPROTO' }) })

function request(place: string, options: Partial<DialOptions> = {}) {
  const { signal } = new AbortController()
  return new OfferRequest(placeOf(place), {
    idLength: 20,
    allowsHttp: true,
    beginPost: beginNodePost,
    signal,
    ...options
  })
}

/** Requests that do as they are told, and the order of what is asked of them. */
function createPostings() {
  const log: string[] = []
  const told = new Map<string, { connect(): void; fail(error: unknown): void }>()
  const beginPost: BeginPost = url => {
    const name = url.slice(0, url.indexOf(':'))
    log.push(`${name} begins`)
    const connected = new Promise<void>((connect, fail) => told.set(name, { connect, fail }))
    connected.catch(() => {})
    return {
      connected,
      async send() {
        await connected
        log.push(`${name} sends`)
        return ANSWERED
      },
      abort: () => void log.push(`${name} ends`)
    }
  }
  const tell = (name: string) => told.get(name) ?? { connect() {}, fail() {} }
  return { log, beginPost, https: () => tell('https'), http: () => tell('http') }
}

async function listen(t: Test, server: Server): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => sockets.add(socket))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return (server.address() as AddressInfo).port
}

const toThisMachine: BeginPost = (url, settings) => beginNodePost(url.replace(NAME, '127.0.0.1'), settings)

test('both schemes are connected to, and HTTPS is asked where it is spoken', async t => {
  const { log, beginPost, https, http } = createPostings()
  const asked = request(`${NAME}:1234`, { beginPost })
  t.deepEqual(log, ['https begins', 'http begins'], 'at once')
  const reply = asked.post(OFFER)
  http().connect()
  await new Promise(resolve => setImmediate(resolve))
  t.equal(log.length, 2, 'HTTP waits for HTTPS')
  https().connect()
  t.equal((await reply).id?.hex, '02'.repeat(20))
  t.deepEqual(log.slice(2), ['https sends', 'https ends', 'http ends'], 'nothing is sent over HTTP')
})

test('HTTP is asked over the connection that is there where nobody speaks HTTPS', async t => {
  const { log, beginPost, https, http } = createPostings()
  const schemes = new KnownSchemes()
  const asked = request(`${NAME}:1234`, { beginPost, schemes })
  http().connect()
  https().fail(noSpeech())
  await asked.whenConnected()
  await asked.post(OFFER)
  t.deepEqual(
    log.filter(entry => entry.endsWith('sends')),
    ['http sends']
  )
  t.equal(schemes.of({ host: NAME, port: 1234 }), 'http', 'that is remembered')
  log.length = 0
  const next = request(`${NAME}:1234`, { beginPost, schemes })
  t.deepEqual(log, ['http begins'], 'and HTTPS not tried')
  http().fail(noSpeech())
  await new Promise(resolve => setImmediate(resolve))
  t.deepEqual(log, ['http begins', 'http ends', 'https begins'], 'unless HTTP is spoken no more')
  next.close()
})

test('a wrong certificate ends it: HTTP is not asked', async t => {
  const { log, beginPost, https, http } = createPostings()
  const asked = request(`${NAME}:1234`, { beginPost })
  http().connect()
  const cause = Object.assign(new Error('it is of another'), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
  https().fail(new TypeError('fetch failed', { cause }))
  const error: unknown = await asked.post(OFFER).catch(error => error)
  t.equal(error instanceof WebTorrentDHTError && error.code, 'ETLS')
  t.notOk(log.some(entry => entry.endsWith('sends')))
  t.ok(log.includes('http ends'))
})

test('a port that takes connections and does not speak TLS holds nobody up', async t => {
  let offers = 0
  const server = createTcpServer(socket => {
    socket.on('error', () => {})
    socket.on('data', data => {
      if (!data.toString().startsWith('POST')) return // to a ClientHello it says nothing
      offers++
      socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${ANSWER.length}\r\n\r\n${ANSWER}`)
    })
  })
  const port = await listen(t, server)
  const reply = request(`${NAME}:${port}`, { beginPost: toThisMachine }).post(OFFER)
  t.equal((await within('the answer', reply)).id?.hex, '02'.repeat(20))
  t.equal(offers, 1)
})

test('the server is connected to before there is an offer, and gets a whole request after that', async t => {
  const requests: IncomingMessage[] = []
  let connections = 0
  const server = createServer((request, response) => {
    requests.push(request)
    request.resume().on('end', () => response.end(ANSWER))
  })
  server.on('connection', () => connections++)
  const port = await listen(t, server)
  const asked = request(`127.0.0.1:${port}`)
  await within('the connection', asked.whenConnected())
  t.ok(await eventually(() => connections === 1))
  t.equal(requests.length, 0)
  await asked.post(OFFER)
  t.deepEqual([connections, requests.length], [1, 1])
  const headers = requests[0]?.headers
  t.ok(Number(headers?.['content-length']) > 0, 'of a known length, as servers and proxies want it')
  t.equal(headers?.['content-type'], 'text/plain')
})

test('a server that has closed the waiting connection is connected to again', async t => {
  let connections = 0
  const server = createServer((request, response) => request.resume().on('end', () => response.end(ANSWER)))
  let first: Socket | undefined
  server.on('connection', socket => {
    connections++
    first ??= socket
  })
  const port = await listen(t, server)
  const asked = request(`127.0.0.1:${port}`)
  await within('the connection', asked.whenConnected())
  t.ok(await eventually(() => first !== undefined))
  const closed = new Promise(resolve => first?.once('close', resolve))
  first?.destroy()
  await within('its end', closed)
  await asked.post(OFFER)
  t.equal(connections, 2)
})

test('a request that is closed, or has no time left, leaves no connection', async t => {
  const sockets: Socket[] = []
  const server = createTcpServer(socket => {
    socket.on('error', () => {})
    socket.resume()
    sockets.push(socket)
  })
  const port = await listen(t, server)
  const isOver = () => sockets.length > 0 && sockets.every(socket => socket.destroyed)
  const closed = request(`127.0.0.1:${port}`)
  await closed.whenConnected()
  closed.close()
  t.ok(await eventually(isOver), 'closed')
  const slow: unknown = await request(`127.0.0.1:${port}`, { timeout: 50 })
    .post(OFFER)
    .catch(error => error)
  t.equal(slow instanceof WebTorrentDHTError && slow.code, 'ETIMEDOUT')
  t.equal(sockets.length, 2)
  t.ok(await eventually(isOver), 'too late')
})

test('the scheme that has answered is in the saved state, and read from it', async t => {
  const state = JSON.parse(
    `{"nodes":[{"host":"${NAME}","port":1234,"scheme":"http"},{"host":"${NAME}","port":1235,"scheme":"gopher"}]}`
  )
  const node = new WebTorrentDHT({ bootstrap: false, state })
  t.teardown(() => destroyAll(node))
  const { schemes } = node.socket.node
  const urls = ['https://x/', 'http://x/']
  t.deepEqual(schemes.order(placeOf(`${NAME}:1234`), urls), {
    urls: ['http://x/', 'https://x/'],
    isKnown: true
  })
  t.deepEqual(schemes.order(placeOf(`${NAME}:1235`), urls), { urls, isKnown: false }, 'no other word counts')
  t.deepEqual(node.toJSON().nodes, [
    { host: NAME, port: 1234, scheme: 'http' },
    { host: NAME, port: 1235 }
  ])
})

test('a page asks where it came from as it came', async t => {
  const platform = { ...nodePlatform, ownPlace: { host: NAME, port: 1234, scheme: 'http' as const } }
  const node = new WebTorrentDHT({ bootstrap: false, platform } as object)
  t.teardown(() => destroyAll(node))
  t.equal(node.socket.node.schemes.of({ host: NAME, port: 1234 }), 'http')
})
