/** Where a node dials: what the user's places mean, and which schemes are tried. */

import { createServer, type Server } from 'node:http'
import test from 'tape'
import { postOffer } from '../../src/entrances/client.js'
import { WebTorrentDHTError } from '../../src/errors.js'
import { Id } from '../../src/id.js'
import { parseBootstrapNode } from '../../src/place.js'
import type { Signal } from '../../src/wire/signal.js'

const OFFER: Signal = { id: Id.fromHex('01'.repeat(20)), type: 'offer', sdp: 'v=0\r\n', extensions: [] }
const ANSWER = JSON.stringify({ id: '02'.repeat(20), type: 'answer', sdp: 'v=0\r\n', extensions: [] })

/** A bootstrap node's server that speaks HTTP only, and counts who came. */
async function createHttpOnly(): Promise<{ server: Server; port: number; count: () => number }> {
  let requests = 0
  const server = createServer((_, response) => {
    requests++
    response.end(ANSWER)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return { server, port: (server.address() as { port: number }).port, count: () => requests }
}

const post = (urls: string[], allowsHttp: boolean) =>
  postOffer({ urls }, OFFER, { idLength: 20, allowsHttp, signal: AbortSignal.timeout(5000) })

test('places: strings, objects and URLs, HTTPS first where others could be listening in', t => {
  const urlsOf = (place: unknown) => parseBootstrapNode(place)?.endpoint.urls
  t.deepEqual(urlsOf('dht.example.org:16881'), [
    'https://dht.example.org:16881/',
    'http://dht.example.org:16881/'
  ])
  t.deepEqual(urlsOf({ host: '203.0.113.5', port: 80 }), [
    'https://203.0.113.5:80/',
    'http://203.0.113.5:80/'
  ])
  t.deepEqual(urlsOf('127.0.0.1:16881'), ['http://127.0.0.1:16881/'], 'this machine has no certificate')
  t.deepEqual(urlsOf('192.168.1.9:16881'), ['http://192.168.1.9:16881/'])
  t.deepEqual(urlsOf('https://dht.example.org/path?x=1'), ['https://dht.example.org/path?x=1'])
  t.deepEqual(urlsOf('http://dht.example.org/path'), ['http://dht.example.org/path'])
  for (const wrong of ['nowhere', 'ftp://x:1', { host: '::ffff:127.0.0.1', port: 1 }, 5, null]) {
    t.equal(parseBootstrapNode(wrong), undefined, JSON.stringify(wrong))
  }
  t.end()
})

test('HTTP is tried where nothing speaks HTTPS', async t => {
  const { server, port, count } = await createHttpOnly()
  const reply = await post([`https://127.0.0.1:${port}/`, `http://127.0.0.1:${port}/`], true)
  t.equal(reply.id?.hex, '02'.repeat(20))
  t.equal(count(), 1)
  server.close()
})

test('a page that came over HTTPS never sends a request over HTTP', async t => {
  const { server, port, count } = await createHttpOnly()
  for (const urls of [
    [`http://127.0.0.1:${port}/`],
    [`https://127.0.0.1:${port}/`, `http://127.0.0.1:${port}/`]
  ]) {
    const error = await post(urls, false).catch(error => error)
    t.ok(error instanceof WebTorrentDHTError && error.code === 'ETIMEDOUT', error.message)
  }
  t.equal(count(), 0, 'no request')
  server.close()
})
