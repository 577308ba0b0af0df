/** Names that are looked up again, and sockets that are not used again. */

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import test, { type Test } from 'tape'
import { whenResolvable } from '../../src/entrances/name-waiting.js'
import WebTorrentDHT from '../../src/index.js'
import type { Platform } from '../../src/platform.js'
import { nodePlatform } from '../../src/platform-node.js'
import { createNode, destroyAll, eventually, placeOf, within } from '../helpers/nodes.js'

const LOCAL = { simple_peer_opts: { config: { iceServers: [] } } }

async function listen(t: Test, server: Server): Promise<number> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

test('an address needs no look-up, and a name that this machine knows is there', async t => {
  const { signal } = new AbortController()
  for (const host of ['127.0.0.1', '[::1]', 'localhost']) await within(host, whenResolvable(host, signal))
  t.pass('all three')
})

test('a name that nobody knows is not waited for: the request says so', async t => {
  await within(
    'the answer',
    whenResolvable('nobody.invalid', AbortSignal.timeout(6000)).catch(() => {})
  )
  t.pass('it came')
})

test('the wait for a name ends with its signal', async t => {
  const abort = new AbortController()
  const waiting = whenResolvable('nobody.invalid', abort.signal).catch(error => error)
  abort.abort()
  const error = await within('the end', waiting)
  t.ok(error === undefined || error.cause.code === 'EAI_AGAIN')
})

test('a place whose name nobody can look up is asked for again before it is dialled again, and not the first time', async t => {
  const hub = await createNode()
  const asked: string[] = []
  let isKnown = false
  const platform: Platform = {
    ...nodePlatform,
    whenResolvable: async (host, signal) => {
      asked.push(host)
      if (isKnown) return
      await new Promise(resolve => signal.addEventListener('abort', resolve))
      throw new TypeError('fetch failed', { cause: Object.assign(new Error(host), { code: 'EAI_AGAIN' }) })
    }
  }
  const { port } = hub.address()
  await destroyAll(hub)
  const node = new WebTorrentDHT({ ...LOCAL, platform, bootstrap: `localhost:${port}` })
  const codes: unknown[] = []
  node.on('warning', error => codes.push((error as { code?: unknown }).code))
  t.ok(await eventually(() => asked.length > 0), 'the second time')
  t.equal(asked[0], 'localhost')
  t.deepEqual(
    codes.filter(code => code !== 'EUNREACHABLE'),
    []
  )
  t.ok(
    await eventually(() => node.statusReason?.code === 'EDNS', 12_000),
    'it says that no name server answers'
  )
  const late = new WebTorrentDHT({ ...LOCAL, bootstrap: false })
  await new Promise<void>(resolve => late.listen(port, '127.0.0.1', resolve))
  isKnown = true
  t.ok(await eventually(() => node.status === 'connected', 12_000))
  await destroyAll(node, late)
})

test('behind a captive portal no socket that leads to the portal is used after the login', async t => {
  const hub = await createNode()
  let isLoggedIn = false
  /** Sockets that were opened before the login lead to the portal for ever. */
  const portalSockets = new WeakSet<object>()
  const server = createServer(async (request, response) => {
    if (!isLoggedIn) portalSockets.add(request.socket)
    response.setHeader('keep-alive', 'timeout=60')
    const body = await new Promise<string>(resolve => {
      let text = ''
      request.on('data', chunk => {
        text += chunk
      })
      request.on('end', () => resolve(text))
    })
    if (portalSockets.has(request.socket)) return response.end('<html>Please log in.</html>')
    const answer = await fetch(`http://${placeOf(hub)}`, { method: 'POST', body })
    response.end(await answer.text())
  })
  const port = await listen(t, server)
  const node = new WebTorrentDHT({ ...LOCAL, bootstrap: `127.0.0.1:${port}` })
  node.on('warning', () => {})
  t.ok(await eventually(() => node.statusReason?.code === 'ENOTANODE'))
  isLoggedIn = true
  t.ok(await eventually(() => node.status === 'connected'))
  await destroyAll(node, hub)
})
