/** `--workers`: processes behind one port. */

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import test, { type Test } from 'tape'
import WebTorrentDHT from '../../src/index.js'
import { freePort } from '../deploy/service.js'
import { destroyAll, within } from '../helpers/nodes.js'
import { timeUntil } from '../processes/scenario.js'
import { run, type Served, serve } from './program.js'

const LOCAL = { simple_peer_opts: { config: { iceServers: [] } } }
const IN_WITHIN = 20_000

interface WorkerStatus {
  id: string
  nodes: number
  stats: { drops: Record<string, number> }
}

/** How a worker is; `null` while it does not answer. */
async function statusAt(port: number): Promise<WorkerStatus | null> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/status`)
    return (await response.json()) as WorkerStatus
  } catch {
    return null
  }
}

/** Posts what is no offer, over a socket of its own. @returns the status of the response */
function postGarbage(port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, method: 'POST', agent: false }, response => {
      response.resume()
      resolve(response.statusCode)
    })
    sent.once('error', reject)
    sent.end('no offer')
  })
}

/** The processes that a process has started, the oldest first. */
function childrenOf({ process: { pid } }: Served): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
}

/** A free port of which the next one is free, too. */
async function freePair(): Promise<number> {
  for (;;) {
    const port = await freePort()
    const next = createServer()
    const isFree = await new Promise<boolean>(resolve => {
      next.once('error', () => resolve(false))
      next.listen(port + 1, '127.0.0.1', () => next.close(() => resolve(true)))
    })
    if (isFree) return port
  }
}

async function startWorkers(t: Test, ...args: string[]): Promise<[Served, ports: number[]]> {
  const adminPort = await freePair()
  const served = await serve(['--workers', '2', '--admin-port', String(adminPort), ...args])
  t.teardown(() => served.stop())
  return [served, [adminPort, adminPort + 1]]
}

/** Waits until all workers are connected. */
async function areConnected(ports: number[]): Promise<WorkerStatus[] | null> {
  let statuses: WorkerStatus[] = []
  const areIn = async () => {
    statuses = (await Promise.all(ports.map(statusAt))).flatMap(status => status ?? [])
    return statuses.length === ports.length && statuses.every(({ nodes }) => nodes > 0)
  }
  return (await timeUntil(areIn, IN_WITHIN)) === null ? null : statuses
}

test('two workers are one network behind one port, each with an id and a folder', {
  timeout: 90_000
}, async t => {
  const data = mkdtempSync(join(tmpdir(), 'webtorrent-dht-workers-'))
  t.teardown(() => rmSync(data, { recursive: true, force: true }))
  const [served, ports] = await startWorkers(t, '--data', data)
  const statuses = await areConnected(ports)
  t.equal(new Set(statuses?.map(({ id }) => id)).size, 2, 'both are connected, under ids of their own')
  t.deepEqual(readdirSync(data).sort(), ['worker-1', 'worker-2'])
  t.equal(served.output().match(/^bootstrap: /gm)?.length, 1, 'the place is printed once')

  const client = new WebTorrentDHT({ ...LOCAL, bootstrap: `127.0.0.1:${served.port}` })
  t.teardown(() => destroyAll(client))
  await within('joining', client.promises.ready(), IN_WITHIN)
  t.equal(client.status, 'connected')
  t.equal((await client.promises.put('x')).nodes, 2, 'a newcomer finds both')
  for (let i = 0; i < 4; i++) t.equal(await postGarbage(served.port), 400)
  const haveRefused = async () => {
    const statuses = await Promise.all(ports.map(statusAt)) // each is a second old at most
    return statuses.every(status => status?.stats.drops['HTTP 400'] === 2)
  }
  t.ok((await timeUntil(haveRefused, IN_WITHIN)) !== null, 'both answer at the port, in turn')
  t.equal(await served.stop(), 0, 'all end on SIGTERM')
  t.deepEqual(await Promise.all(ports.map(statusAt)), [null, null])
})

const isLinux = process.platform === 'linux'
test('a worker that dies is started again, with its id', { skip: !isLinux, timeout: 90_000 }, async t => {
  const data = mkdtempSync(join(tmpdir(), 'webtorrent-dht-workers-'))
  t.teardown(() => rmSync(data, { recursive: true, force: true }))
  const [served, ports] = await startWorkers(t, '--data', data, '--log-format', 'json')
  const before = await areConnected(ports)
  const [, killed] = childrenOf(served)
  process.kill(killed ?? 0, 'SIGKILL')
  const isBack = async () => {
    const pids = childrenOf(served)
    return pids.length === 2 && !pids.includes(killed ?? 0)
  }
  t.ok((await timeUntil(isBack, IN_WITHIN)) !== null, 'another process')
  const after = await areConnected(ports)
  t.deepEqual(
    after?.map(({ id }) => id),
    before?.map(({ id }) => id)
  )
})

test('a worker that cannot start is tried again, later each time, and the others go on', {
  timeout: 60_000
}, async t => {
  const data = mkdtempSync(join(tmpdir(), 'webtorrent-dht-workers-'))
  t.teardown(() => rmSync(data, { recursive: true, force: true }))
  const key = join(data, 'worker-2', 'key')
  mkdirSync(dirname(key))
  writeFileSync(key, 'nonsense')
  const [served, [port = 0]] = await startWorkers(t, '--data', data)
  await served.waitForOutput(/error Worker 2 has ended, with exit code 1; it starts again in 1 s/)
  await served.waitForOutput(/error Worker 2 has ended, with exit code 1; it starts again in 2 s/)
  t.ok(await statusAt(port), 'the first one runs')
  rmSync(key)
  t.ok(await areConnected([port, port + 1]), `once it can start, it is there: ${served.output()}`)
  t.notOk(/no other worker/.test(served.output()), served.output())
  t.equal(await served.stop(), 0)
})

test('SIGHUP while workers start ends none of them', { timeout: 60_000 }, async t => {
  const [served, ports] = await startWorkers(t, '--log-format', 'json')
  served.signal('SIGHUP') // the second one has just been started
  t.ok(await areConnected(ports))
  t.notOk(/has ended/.test(served.output()), served.output())
  t.equal(await served.stop(), 0)
})

test('workers that cannot listen say so once', { timeout: 60_000 }, async t => {
  const [served] = await startWorkers(t)
  const { code, stdout, stderr } = await run([
    'serve',
    '--workers',
    '2',
    '--host',
    '127.0.0.1',
    '--port',
    String(served.port)
  ])
  t.equal(code, 1)
  t.equal(stderr.match(/is taken/g)?.length, 1, stderr)
  t.equal(stdout, '', 'no word of a node that does not run')
})

test('workers that are killed before they start end with exit code 1 and a line', {
  timeout: 60_000
}, async t => {
  const killsWorkers = "if(process.env.DHT_WORKER)process.kill(process.pid,'SIGKILL')"
  const env = { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(killsWorkers)}` }
  const { code, stdout } = await run(['serve', '--workers', '2', '--port', '0'], { env })
  t.equal(code, 1)
  t.match(stdout, /error Worker 1 has ended, with SIGKILL$/m)
})
