/** `webtorrent-dht serve`: what it prints, answers and keeps, and how it ends. */

import { X509Certificate } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import test, { type Test } from 'tape'
import WebTorrentDHT from '../../src/index.js'
import { CERTIFICATES, RSA_CERTIFICATE } from '../helpers/certificates.js'
import { destroyAll, within } from '../helpers/nodes.js'
import { run, type Served, serve } from './program.js'

const DOCS = readFileSync(new URL('../../../docs/bootstrap.md', import.meta.url), 'utf8')
const LOCAL = { simple_peer_opts: { config: { iceServers: [] } } }

function makeFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'webtorrent-dht-serve-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

async function started(t: Test, ...args: string[]): Promise<Served> {
  const served = await serve(args)
  t.teardown(() => served.stop('SIGKILL'))
  return served
}

/** A node of this process that has joined it. */
async function joined(t: Test, { port }: Served): Promise<WebTorrentDHT> {
  const dht = new WebTorrentDHT({ ...LOCAL, bootstrap: `127.0.0.1:${port}` })
  t.teardown(() => destroyAll(dht))
  await within('joining', dht.promises.ready())
  t.equal(dht.status, 'connected')
  return dht
}

async function get(url: string): Promise<{ status: number; type: string; text: string }> {
  const response = await fetch(url)
  return {
    status: response.status,
    type: response.headers.get('content-type') ?? '',
    text: await response.text()
  }
}

test('it prints the line that others need, lets them in, and says how it is', async t => {
  const served = await started(t)
  t.match(served.output(), /^bootstrap: 'http:\/\/127\.0\.0\.1:\d+'$/m)
  await served.waitForOutput(new RegExp(`No other node is connected; others can join at ${served.url}$`, 'm'))
  await joined(t, served)
  const health = await get(`${served.url}/health`)
  t.deepEqual([health.status, JSON.parse(health.text)], [200, { status: 'connected', nodes: 1 }])
  const status = await get(`${served.url}/status`)
  t.equal(status.type, 'application/json; charset=utf-8')
  t.equal(JSON.parse(status.text).bootstrap, served.url)
  const metrics = await get(`${served.url}/metrics`)
  t.match(metrics.type, /^text\/plain; version=0\.0\.4/)
  t.match(metrics.text, /^webtorrent_dht_connections\{state="open"\} 1$/m)
  t.match(metrics.text, /^# TYPE webtorrent_dht_queries_received_total counter$/m)
  t.match(metrics.text, /^process_resident_memory_bytes \d/m)
  const names = [...metrics.text.matchAll(/^# TYPE webtorrent_dht_(\w+)/gm)].map(([, name]) => name)
  const undocumented = names.filter(name => !DOCS.includes(`\`${name}\``))
  t.deepEqual([names.length > 10, undocumented], [true, []], 'docs/bootstrap.md has every metric')
  const page = await get(`${served.url}/`)
  t.match(page.text, new RegExp(`new DHT\\(\\{ bootstrap: '${served.url}' \\}\\)`))
  t.equal((await get(`${served.url}/nothing`)).status, 404)
  t.equal((await fetch(`${served.url}/health`, { method: 'DELETE' })).status, 405)
  t.equal(await served.stop(), 0)
})

test('all its connections are on one UDP port on demand', async t => {
  const free = createSocket('udp4').bind(0, '127.0.0.1')
  await once(free, 'listening')
  const { port } = free.address()
  free.close()
  const served = await started(t, '--udp-port', String(port))
  const nodes = await Promise.all([joined(t, served), joined(t, served), joined(t, served)])
  const ports = nodes.map(dht => [...dht.socket.node.table.all].map(({ peer }) => peer.remotePort))
  t.ok(
    ports.every(list => list.includes(port)),
    JSON.stringify(ports)
  )
})

test('metrics and status are on a port of their own, or nowhere', async t => {
  const apart = await started(t, '--admin-port', '0')
  t.equal((await get(`${apart.url}/health`)).status, 405)
  const [, port] = await apart.waitForOutput(/metrics and status address=.*"port":(\d+)/)
  t.equal((await get(`http://127.0.0.1:${port}/health`)).status, 200)
  const rebound = {
    host: '127.0.0.1',
    port: Number(port),
    path: '/status',
    headers: { host: 'evil.example' }
  }
  const status = await new Promise(resolve =>
    request(rebound, response => resolve(response.resume().statusCode)).end()
  )
  t.equal(status, 421, 'a page whose own name leads here learns nothing')
  t.equal(await apart.stop(), 0)
  const off = await started(t, '--no-admin')
  t.equal((await get(`${off.url}/metrics`)).status, 405)
})

test('the log is JSON on demand, and as long as its level says', async t => {
  const served = await started(t, '--log-format', 'json', '--log-level', 'debug')
  await joined(t, served)
  await served.waitForOutput(/"connected"/)
  await served.stop()
  const records = served
    .output()
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  t.ok(records.every(({ level, time, msg }) => level && Date.parse(time) && msg))
  t.ok(records.some(({ level, node }) => level === 'debug' && /^[0-9a-f]{40}$/.test(node)))
  const quiet = await started(t, '--log-level', 'error')
  t.equal(await quiet.stop(), 0)
  t.equal(quiet.output(), `bootstrap: '${quiet.url}'\n`)
})

test('key, places and values are kept, for their owner only, and for one process at a time', async t => {
  const folder = makeFolder(t)
  const other = await started(t)
  const first = await started(t, '--data', folder, '--bootstrap', `127.0.0.1:${other.port}`)
  await first.waitForOutput(/The node is connected/)
  const { id } = JSON.parse((await get(`${first.url}/status`)).text)
  t.equal(statSync(join(folder, 'key')).mode & 0o777, 0o600)
  const dht = await joined(t, first)
  const { key } = await dht.promises.put('hello')
  await destroyAll(dht)
  const second = await run(['serve', '--host', '127.0.0.1', '--port', '0', '--data', folder])
  t.equal(second.code, 1)
  t.match(second.stderr, /✗ .*in use/i)
  t.match((await run(['id', '--data', folder])).stdout, new RegExp(`^id: ${id}$`, 'm'))
  t.equal(await first.stop(), 0)
  t.match(readFileSync(join(folder, 'state.json'), 'utf8'), new RegExp(`"port":${other.port}\\b`))

  const again = await started(t, '--data', folder)
  await again.waitForOutput(/The node is connected/)
  t.equal(
    JSON.parse((await get(`${again.url}/status`)).text).id,
    id,
    'it has its id, and has joined where it was'
  )
  t.equal(await other.stop('SIGKILL'), 'SIGKILL')
  const reader = await joined(t, again)
  t.equal(String((await reader.promises.get(key))?.v), 'hello')
})

/** The fingerprint of the certificate that is shown at a port. */
async function shownAt(port: number): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false })
  await within('the TLS handshake', once(socket, 'secureConnect'))
  const { fingerprint256 } = socket.getPeerCertificate()
  socket.destroy()
  return fingerprint256
}

test('it speaks HTTPS, and takes another certificate when it changes or on SIGHUP', async t => {
  const folder = makeFolder(t)
  const paths = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') }
  const write = ({ cert, key }: { cert: string; key: string }) => {
    writeFileSync(paths.cert, cert)
    writeFileSync(paths.key, key)
  }
  const [first, second] = CERTIFICATES
  write(first)
  const served = await started(t, '--cert', paths.cert, '--key', paths.key)
  t.match(served.url, /^https:\/\/127\.0\.0\.1:\d+$/)
  t.equal(await shownAt(served.port), new X509Certificate(first.cert).fingerprint256)
  write(second)
  served.signal('SIGHUP')
  await served.waitForOutput(/The settings are as before/)
  t.equal(await shownAt(served.port), new X509Certificate(second.cert).fingerprint256)
  write(first)
  await served.waitForOutput(/The certificate was read again/)
  t.equal(await shownAt(served.port), new X509Certificate(first.cert).fingerprint256)
  writeFileSync(paths.key, second.key)
  served.signal('SIGHUP')
  await served.waitForOutput(/error Nothing is changed: .*cannot be used/)
  t.equal(await shownAt(served.port), new X509Certificate(first.cert).fingerprint256)
  writeFileSync(paths.cert, RSA_CERTIFICATE)
  served.signal('SIGHUP')
  await served.waitForOutput(/error Nothing is changed: .*the key is not that of the certificate/)
  t.equal(await shownAt(served.port), new X509Certificate(first.cert).fingerprint256)
  t.equal(await served.stop(), 0)
})

test('the link names the host of the certificate, or what --public says', async t => {
  const folder = makeFolder(t)
  const [{ cert, key }] = CERTIFICATES
  writeFileSync(join(folder, 'cert.pem'), cert)
  writeFileSync(join(folder, 'key.pem'), key)
  const link = async (...args: string[]) => {
    const served = await started(t, '--port', '18443', ...args)
    await served.stop()
    return served.output().match(/^bootstrap: '(.*)'$/m)?.[1]
  }
  t.equal(
    await link('--cert', join(folder, 'cert.pem'), '--key', join(folder, 'key.pem')),
    'https://localhost:18443'
  )
  t.equal(await link('--public', 'http://dht.example:81'), 'http://dht.example:81')
})

test('SIGHUP takes other settings: the node starts again with its key, on its port', async t => {
  const folder = makeFolder(t)
  const config = join(folder, 'config.json')
  writeFileSync(config, '{"maxConnections": 20}')
  const served = await started(t, '--config', config, '--data', join(folder, 'data'))
  const before = JSON.parse((await get(`${served.url}/status`)).text)
  writeFileSync(config, '{"maxConnections": 20, "logLevel": "debug"}')
  served.signal('SIGHUP')
  await served.waitForOutput(/The log level is changed/)
  writeFileSync(config, '{"maxConections": 30}')
  served.signal('SIGHUP')
  await served.waitForOutput(/error Nothing is changed: There is no flag --max-conections/)
  writeFileSync(config, '{"maxConnections": 30}')
  served.signal('SIGHUP')
  await served.waitForOutput(/starts again with other settings[\s\S]*The node listens/)
  const [, url = ''] = /[\s\S]*bootstrap: '(.*)'/.exec(served.output()) ?? []
  const after = JSON.parse((await get(`${url}/status`)).text)
  t.equal(after.id, before.id)
  t.equal(await served.stop(), 0)
})

test('SIGHUP keeps the id of a node without a file, and the number of workers', async t => {
  const config = join(makeFolder(t), 'config.json')
  writeFileSync(config, '{}')
  const served = await started(t, '--config', config)
  const listens = async (pattern: string) => {
    const [, id] = await served.waitForOutput(new RegExp(`${pattern}The node listens .*id=([0-9a-f]{40})`))
    return id
  }
  const before = await listens('')
  writeFileSync(config, '{"maxConnections": 30, "workers": 3}')
  served.signal('SIGHUP')
  t.equal(await listens('starts again[^]*'), before)
  t.match(served.output(), /warn {2}--workers is 1 until the process starts again$/m)
  t.equal(await served.stop(), 0)
})

test('what cannot be is said in a sentence, with exit code 1; a wrong command line has 2', async t => {
  const served = await started(t)
  const taken = createSocket('udp4').bind(0)
  await once(taken, 'listening')
  t.teardown(() => taken.close())
  const udpPort = String(taken.address().port)
  type Case = [args: string[], code: number, text: RegExp]
  const unwritable: Case[] = [[['--data', '/proc/x'], 1, /✗ --data is '\/proc\/x', which cannot be used: /]]
  const cases: Case[] = [
    [
      ['--host', '127.0.0.1', '--port', String(served.port)],
      1,
      /✗ Port \d+ is taken\. Choose another \(webtorrent-dht --port \d+\)/
    ],
    [['--host', '203.0.113.5', '--port', '0'], 1, /✗ 203\.0\.113\.5 is not an address of this machine/],
    [['--udp-port', udpPort], 1, /^✗ UDP port \d+ cannot be used: bind EADDRINUSE [\d.:]+\n$/],
    [['--cert', '/no/cert', '--key', '/no/key'], 1, /✗ --cert is '\/no\/cert', which cannot be read: ENOENT/],
    [['--data', '/dev/null/x'], 1, /✗ --data is '\/dev\/null\/x', which cannot be used: /],
    ...(process.platform === 'linux' ? unwritable : []),
    [['id', '--data', '/dev/null'], 1, /✗ --data is '\/dev\/null', which cannot be used: /],
    [['--bootstrap', 'nowhere'], 2, /✗ --bootstrap is 'nowhere'; it should be/],
    [['--trust-proxy', 'nobody!'], 2, /✗ --trust-proxy is 'nobody!'; it should be/],
    [['--prot', '5'], 2, /✗ There is no flag --prot; the nearest is '--port'\n$/]
  ]
  for (const [args, code, text] of cases) {
    const result = await run(args)
    t.equal(result.code, code, args.join(' '))
    t.match(result.stderr, text)
  }
})
