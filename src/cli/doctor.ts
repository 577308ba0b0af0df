/** `webtorrent-dht doctor`: tries what a node needs of its machine and network, and says what it has found. */

import { accessSync, constants, existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname } from 'node:path'
import { askStunServers } from '../connections/stun-client.js'
import { WebTorrentDHT } from '../index.js'
import { DEFAULT_STUN_SERVERS } from '../simple-peer-options.js'
import { openCertificateFiles } from './certificate-files.js'
import { bad, type Finding, good, note } from './finding.js'
import { describeNat } from './nat.js'
import { nodeOptionsOf } from './node-options.js'
import { explainListening } from './own-place.js'
import type { Settings } from './settings.js'
import { messageOf, paint, place, visible } from './text.js'
import { checkTurn } from './turn-check.js'

const SECONDS = 1000
const STUN_TIMEOUT = 3 * SECONDS
const TURN_TIMEOUT = 8 * SECONDS
const LOOPBACK_TIMEOUT = 10 * SECONDS
const MARKS = { good: paint('green', '✓'), note: paint('yellow', '!'), bad: paint('red', '✗') }
const COMMANDS = { command: '--port', join: '--port 0 --bootstrap' }

type Check = (settings: Settings) => Promise<Finding[]>

const CHECKS: Record<string, Check> = {
  'WebRTC on this machine': checkWebRTC,
  'UDP and NAT': checkUdp,
  TURN: checkTurnServers,
  'The port that others join at': checkPort,
  'Ways in': checkEntrances,
  Files: checkFiles
}

/** @returns the exit code: 1 if something does not work */
export async function examine(settings: Settings): Promise<number> {
  let isBad = false
  for (const [title, check] of Object.entries(CHECKS)) {
    const findings = await check(settings).catch(error => [bad(messageOf(error))])
    if (findings.length > 0) console.log(paint('bold', title))
    for (const { level, text } of findings) console.log(`  ${MARKS[level]} ${visible(text)}`)
    isBad ||= findings.some(({ level }) => level === 'bad')
  }
  return isBad ? 1 : 0
}

/** Two nodes of this process connect. */
async function checkWebRTC(): Promise<Finding[]> {
  const host = '127.0.0.1'
  const simple_peer_opts = { config: { iceServers: [] } }
  const first = new WebTorrentDHT({ bootstrap: false, simple_peer_opts })
  await listen(first, host)
  const startedAt = performance.now()
  const second = new WebTorrentDHT({ bootstrap: { host, port: first.address().port }, simple_peer_opts })
  try {
    second.on('warning', () => {}) // `statusReason` has it
    await second.promises.ready({ signal: AbortSignal.timeout(LOOPBACK_TIMEOUT) })
    if (second.status === 'connected') return [good(`It works: two nodes connect ${since(startedAt)}`)]
    return [bad(`Two nodes on this machine do not connect: ${messageOf(second.statusReason)}`)]
  } finally {
    await Promise.all([destroy(first), destroy(second)])
  }
}

async function checkUdp({ stun, udpPort }: Settings): Promise<Finding[]> {
  const servers = stun ?? DEFAULT_STUN_SERVERS
  try {
    return describeNat(await askStunServers(servers, { port: udpPort ?? 0, timeout: STUN_TIMEOUT }))
  } catch (error) {
    return [bad(`UDP port ${udpPort ?? 0} cannot be used: ${messageOf(error)}`)]
  }
}

async function checkTurnServers({ turn, turnSecret, turnLifetime }: Settings): Promise<Finding[]> {
  if (turnSecret === null) return []
  return checkTurn({ urls: turn, secret: turnSecret, lifetime: turnLifetime }, TURN_TIMEOUT)
}

async function checkPort({ port, host, public: given, trustProxy }: Settings): Promise<Finding[]> {
  const server = createServer()
  const failure = await new Promise<Error | null>(resolve => {
    server.once('error', resolve)
    server.listen(port, host, () => resolve(null))
  })
  await new Promise(resolve => server.close(resolve))
  if (failure) return [bad(explainPort(failure, port, host))]
  const where = place(host, port)
  const findings = [good(`${where} can be listened on`)]
  if (host === '127.0.0.1' && !given)
    findings.push(note('Only this machine reaches it: --host 0.0.0.0, or a proxy'))
  else
    findings.push(
      note(`Whether others reach it, only they can tell: webtorrent-dht doctor --bootstrap … there`)
    )
  if (given?.isSecure && trustProxy === null)
    findings.push(note('Behind a proxy --trust-proxy is needed, or all count as one'))
  return findings
}

function explainPort(error: Error, port: number, host: string): string {
  const code = 'code' in error ? error.code : undefined
  if (code === 'EADDRINUSE') return `Port ${port} is taken, perhaps by a node that runs already`
  return explainListening(error, { host, port }, COMMANDS)
}

/** Joins over each way in by itself. */
async function checkEntrances(settings: Settings): Promise<Finding[]> {
  const { bootstrap, udpDht, localNetwork } = settings
  const none = { bootstrap: [], udpDht: false, localNetwork: false }
  const checks = bootstrap.map(place => checkEntrance(place, { ...settings, ...none, bootstrap: [place] }))
  if (udpDht) checks.push(checkEntrance('--udp-dht', { ...settings, ...none, udpDht }))
  if (localNetwork) checks.push(checkEntrance('--local-network', { ...settings, ...none, localNetwork }))
  if (checks.length === 0) return [note('None is given: --bootstrap tries places to join at')]
  return Promise.all(checks)
}

async function checkEntrance(entrance: string, settings: Settings): Promise<Finding> {
  const startedAt = performance.now()
  // A fixed UDP port is one for all nodes that are tried at once.
  const dht = new WebTorrentDHT(nodeOptionsOf({ ...settings, udpPort: null }, 'client'))
  try {
    dht.on('warning', () => {}) // `statusReason` has it
    await dht.promises.ready({ signal: AbortSignal.timeout(settings.timeout * SECONDS) })
    if (dht.status === 'connected') return good(`${entrance} lets this node in ${since(startedAt)}`)
    return bad(`${entrance} does not let this node in: ${dht.statusReason?.message ?? 'nobody answers'}`)
  } catch {
    return bad(
      `${entrance} does not let this node in: ${dht.statusReason?.message ?? 'nobody answers in time'}`
    )
  } finally {
    await destroy(dht)
  }
}

async function checkFiles({ cert, key, data }: Settings): Promise<Finding[]> {
  const findings: Finding[] = []
  if (cert !== null && key !== null) {
    openCertificateFiles({ cert, key }, () => {}).close()
    findings.push(good('The certificate and its key belong together, and are valid'))
  }
  if (data !== null) {
    const folder = existsSync(data) ? data : dirname(data)
    accessSync(folder, constants.W_OK)
    findings.push(good(`${data} can be written`))
  }
  return findings
}

function listen(dht: WebTorrentDHT, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    dht.once('error', reject)
    dht.listen(0, host, resolve)
  })
}

function destroy(dht: WebTorrentDHT): Promise<void> {
  return new Promise(resolve => dht.destroy(resolve))
}

function since(startedAt: number): string {
  return `in ${Math.ceil(performance.now() - startedAt)} ms`
}
