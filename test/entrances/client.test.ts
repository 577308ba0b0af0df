/** Where a node dials: which schemes are tried, and what is said where nobody lets it in. */

import { createServer, type Server, type ServerResponse } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import test from 'tape'
import { postOffer } from '../../src/entrances/client.js'
import { failedRequest, isWrongCertificate } from '../../src/entrances/failures.js'
import { beginNodePost } from '../../src/entrances/node-post.js'
import type { BeginPost } from '../../src/entrances/posting.js'
import { type ErrorCode, WebTorrentDHTError } from '../../src/errors.js'
import { Id } from '../../src/id.js'
import { type Place, parsePlace } from '../../src/place.js'
import type { Signal } from '../../src/wire/signal.js'

const OFFER: Signal = { id: Id.fromHex('01'.repeat(20)), type: 'offer', sdp: 'v=0\r\n', extensions: [] }
const ANSWER = JSON.stringify({ id: '02'.repeat(20), type: 'answer', sdp: 'v=0\r\n', extensions: [] })

/** A server that speaks HTTP only, and counts who came. */
async function createHttpOnly(
  respond: (response: ServerResponse) => void = response => response.end(ANSWER)
) {
  let requests = 0
  const server = createServer((_, response) => {
    requests++
    respond(response)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return { server, port: portOf(server), count: () => requests }
}

function portOf(server: Pick<Server, 'address'>): number {
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}

const placeOf = (text: string): Place => parsePlace(text) ?? { host: '', port: 0, url: null }
const post = (place: string, allowsHttp = true, timeout = 5000, beginPost = beginNodePost) =>
  postOffer(placeOf(place), OFFER, {
    idLength: 20,
    allowsHttp,
    beginPost,
    signal: AbortSignal.timeout(timeout)
  })

/** What an attempt fails with. */
async function failure(place: string, allowsHttp = true, timeout = 5000): Promise<WebTorrentDHTError> {
  const result: unknown = await post(place, allowsHttp, timeout).catch(error => error)
  if (result instanceof WebTorrentDHTError) return result
  throw new Error(`no such error: ${String(result)}`)
}

/** Requests for which a name leads to this machine. */
const nameThisMachine =
  (name: string): BeginPost =>
  (url, settings) =>
    beginNodePost(url.replace(name, '127.0.0.1'), settings)

test('HTTP is tried where nothing speaks HTTPS', async t => {
  const { server, port, count } = await createHttpOnly()
  t.teardown(() => void server.close())
  const reply = await post(`dht.example.org:${port}`, true, 5000, nameThisMachine('dht.example.org'))
  t.equal(reply.id?.hex, '02'.repeat(20))
  t.equal(count(), 1)
})

test('a page that came over HTTPS never sends a request over HTTP', async t => {
  const { server, port, count } = await createHttpOnly()
  t.teardown(() => void server.close())
  t.equal((await failure(`http://0.0.0.0:${port}/`, false)).code, 'EMIXED')
  const forced = await failure(`0.0.0.0:${port}`, false)
  t.equal(forced.code, 'ETLS', 'HTTPS was tried')
  t.match(forced.message, /\(HTTPS, as this page came over it\): it does not speak TLS; try http:/)
  t.equal(count(), 0, 'no request')
  t.equal((await post(`127.0.0.1:${port}`, false)).id?.hex, '02'.repeat(20), 'except to this machine')
})

test('a response that is no answer says what it is', async t => {
  const responses: [code: ErrorCode, status: number, body: string, said: RegExp][] = [
    ['ENOTANODE', 200, '<!doctype html>', /no node, or one of another kind \(200\)$/],
    ['ENOTANODE', 200, '{"type":"answer"}', /no node/],
    ['ENOTANODE', 404, 'Not Found', /404 Not Found/],
    ['ENOTANODE', 405, '', /405/],
    ['ENOTANODE', 301, '', /redirects to \/elsewhere: give/],
    ['ENOTANODE', 308, '', /redirects/],
    ['EREFUSED', 400, 'the body is not an offer', /400 the body is not an offer/],
    ['EFULL', 503, 'no room', /full now \(503 no room\)/],
    ['EFULL', 429, 'too many', /429/],
    ['EUNREACHABLE', 502, '<html>', /proxy cannot reach it \(502\)/],
    ['EUNREACHABLE', 504, '', /504/]
  ]
  for (const [code, status, body, said] of responses) {
    const { server, port, count } = await createHttpOnly(response => {
      response.writeHead(status, { location: '/elsewhere' }).end(body)
    })
    const error = await failure(`http://127.0.0.1:${port}/x`)
    t.equal(error.code, code, error.message)
    t.match(error.message, said)
    t.ok(error.message.startsWith(`http://127.0.0.1:${port}/x: `), 'with the place')
    t.equal(count(), 1, 'one request')
    server.close()
  }
})

test('the status counts, however long or broken the text is; none of it obeys', async t => {
  const page = `<html>${'x'.repeat(40_000)}`
  const respond =
    (status: number, headers: Record<string, string>, body: string, isCut = false) =>
    (response: ServerResponse) => {
      response.writeHead(status, headers)
      if (isCut) response.write(body, () => response.destroy())
      else response.end(body)
    }
  const responses: [code: ErrorCode, said: RegExp, respond: (response: ServerResponse) => void][] = [
    ['ENOTANODE', /kind \(404\)$/, respond(404, {}, page)],
    ['ENOTANODE', /kind \(200\)$/, respond(200, {}, page)],
    ['EFULL', /\(503\)$/, respond(503, {}, page)],
    ['ENOTANODE', /\(404/, respond(404, { 'content-length': '1000' }, 'x', true)],
    ['ENOTANODE', /\(404/, respond(404, { 'content-encoding': 'gzip' }, 'x')],
    ['ENOTANODE', /\(404 \\u001b\[31mred\\u0007\\u000ax\)$/, respond(404, {}, '\x1b[31mred\x07\nx')],
    [
      'ENOTANODE',
      /to http:\/\/…@x\.example\/: give/,
      respond(302, { location: 'http://user:hunter2@x.example/' }, '')
    ]
  ]
  for (const [code, said, answer] of responses) {
    const { server, port } = await createHttpOnly(answer)
    const error = await failure(`http://127.0.0.1:${port}/`)
    t.equal(error.code, code, error.message)
    t.match(error.message, said)
    server.close()
  }
})

test('a place that does not answer says why, with the cause', async t => {
  const free = await createHttpOnly()
  await new Promise(resolve => free.server.close(resolve))
  const strange = createTcpServer(socket => socket.on('error', () => {}).end('SSH-2.0\r\n'))
  const silent = createTcpServer(socket => socket.on('error', () => {}))
  for (const server of [strange, silent])
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => [strange, silent].forEach(server => void server.close()))
  const places: [code: ErrorCode, place: string, timeout?: number][] = [
    ['EUNREACHABLE', `127.0.0.1:${free.port}`],
    ['EDNS', 'http://nowhere.invalid/'],
    ['ETLS', `https://127.0.0.1:${portOf(strange)}/`],
    ['ENOTANODE', `127.0.0.1:${portOf(strange)}`],
    ['ETIMEDOUT', `127.0.0.1:${portOf(silent)}`, 100]
  ]
  for (const [code, place, timeout] of places) {
    const error = await failure(place, true, timeout)
    t.equal(error.code, code, error.message)
    t.ok(error.cause instanceof Error, 'with the cause')
  }
})

test('a wrong certificate is final: HTTP is not tried after it', t => {
  const errorOf = (code: string) =>
    failedRequest(
      'https://x/',
      new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) })
    )
  for (const code of ['CERT_HAS_EXPIRED', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'ERR_TLS_CERT_ALTNAME_INVALID']) {
    t.equal(errorOf(code).code, 'ETLS', errorOf(code).message)
    t.ok(isWrongCertificate(errorOf(code)))
  }
  t.match(errorOf('DEPTH_ZERO_SELF_SIGNED_CERT').message, /NODE_EXTRA_CA_CERTS=/)
  t.equal(errorOf('EPROTO').code, 'ETLS')
  for (const code of ['EPROTO', 'ERR_SSL_WRONG_VERSION_NUMBER', 'ECONNREFUSED'])
    t.notOk(isWrongCertificate(errorOf(code)))
  const inPage = failedRequest('https://x/', new TypeError('Failed to fetch'))
  t.equal(inPage.code, 'EUNREACHABLE', inPage.message)
  t.match(inPage.message, /\(nobody listens there, or the browser .* its console says which\)$/)
  t.end()
})
