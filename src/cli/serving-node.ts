/** Starts a node that others join at, with all that belongs to it, and stops it. */

import { X509Certificate } from 'node:crypto'
import { WebTorrentDHT, type WebTorrentDHTOptions } from '../index.js'
import { createAdminListener, listenForAdmin } from './admin.js'
import { type CertificateFiles, openCertificateFiles } from './certificate-files.js'
import { openDataFolder } from './data-folder.js'
import type { Logger } from './logger.js'
import { keyIn } from './node-key.js'
import { nodeOptionsOf } from './node-options.js'
import { explainListening, reachedAt } from './own-place.js'
import type { Settings } from './settings.js'
import { messageOf, place } from './text.js'
import { UserError } from './user-error.js'
import { createWorkerEntrance } from './worker-entrance.js'

/** The command that a message tells the user to type. */
const COMMANDS = {
  command: 'webtorrent-dht --port',
  join: 'webtorrent-dht --port 0 --bootstrap'
}
const DEFAULT_PORTS = { http: 80, https: 443 }

export interface ServingNode {
  /** The URL that others join at. */
  bootstrap: string
  /** In hex. */
  id: string
  /** Reads the certificate again. @throws UserError */
  reloadCertificate(): void
  /** Leaves the network, and closes everything. */
  stop(): Promise<void>
}

/** The parts that must be closed, the last first. */
type Closers = (() => unknown)[]

/** @param key the key of a node that has none in a file, in hex @throws UserError, WebTorrentDHTError */
export async function startServing(settings: Settings, key: string, log: Logger): Promise<ServingNode> {
  const closers: Closers = []
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer()
  }
  try {
    return await start(settings, key, log, closers, close)
  } catch (error) {
    await close()
    throw error
  }
}

async function start(
  given: Settings,
  key: string,
  log: Logger,
  closers: Closers,
  close: () => Promise<void>
): Promise<ServingNode> {
  const certificate = openCertificate(given, log, closers)
  const settings = { ...given, public: given.public ?? placeOf(certificate, given.port) }
  const running: { dht: WebTorrentDHT | null; bootstrap: string | null } = { dht: null, bootstrap: null }
  const listener = createAdminListener({ node: () => running.dht, bootstrap: () => running.bootstrap })
  const { admin, adminPort, adminHost } = settings
  const dht = await createNode(settings, log, closers, {
    key,
    ...(certificate && { tls: certificate.current }),
    ...(admin && adminPort === null && { requestListener: listener }),
    ...(settings.workers > 1 && { entrances: [createWorkerEntrance(process)] })
  })
  const showStatus = showEvents(dht, log)
  await listen(dht, settings)
  running.dht = dht
  running.bootstrap = urlOf(dht, settings)
  showStatus(running.bootstrap)
  if (admin && adminPort !== null) {
    const server = await listenForAdmin(listener, adminPort, adminHost).catch(error => {
      throw new UserError(`--admin-port is ${adminPort}, which cannot be used: ${messageOf(error)}`)
    })
    closers.push(() => {
      server.close()
      server.closeAllConnections()
    })
    log.info({ address: server.address() }, 'metrics and status')
  }
  return {
    bootstrap: running.bootstrap,
    id: dht.nodeId.toString('hex'),
    reloadCertificate: () => certificate?.reload(),
    stop: close
  }
}

async function createNode(
  settings: Settings,
  log: Logger,
  closers: Closers,
  parts: WebTorrentDHTOptions
): Promise<WebTorrentDHT> {
  const { data, identity } = settings
  const options = { ...nodeOptionsOf(settings, 'server'), ...parts }
  if (data === null) {
    const dht = new WebTorrentDHT({ ...options, ...(identity && { key: keyIn(identity, '--identity') }) })
    closers.push(() => leave(dht, log))
    return dht
  }
  const folder = await openDataFolder({ ...settings, data }, warning => log.warn(messageOf(warning)))
  closers.push(() => folder.store.close())
  const { key, state, store } = folder
  const dht = new WebTorrentDHT({ ...options, key, state, store })
  closers.push(() => leave(dht, log))
  closers.push(folder.keepPlaces(dht, reason => log.warn(`The places are not written: ${reason}`)))
  return dht
}

async function leave(dht: WebTorrentDHT, log: Logger): Promise<void> {
  const { values, safe } = await dht.leave()
  if (values > 0) log.info(`Of ${values} stored values ${safe} are at other nodes`)
}

function openCertificate({ cert, key }: Settings, log: Logger, closers: Closers): CertificateFiles | null {
  if (cert === null || key === null) return null
  const files = openCertificateFiles({ cert, key }, error => {
    if (error) log.error(`The certificate stays as it is: ${error.message}`)
    else log.info('The certificate was read again')
  })
  closers.push(files.close)
  return files
}

/** The name in a certificate: by the address alone nobody could check it. */
function placeOf(files: CertificateFiles | null, port: number): Settings['public'] {
  if (!files || port === 0) return null
  const names = new X509Certificate(files.current().cert).subjectAltName ?? ''
  const [, name] = /DNS:([^*,\s]+)/.exec(names) ?? []
  return name === undefined ? null : { address: name, port, isSecure: true }
}

function urlOf(dht: WebTorrentDHT, { public: given, cert }: Settings): string {
  const isSecure = given?.isSecure ?? cert !== null
  const scheme = isSecure ? 'https' : 'http'
  const { address, port } = dht.address()
  const where = given ? place(given.address, given.port) : reachedAt({ host: address, port })
  return `${scheme}://${where.replace(new RegExp(`:${DEFAULT_PORTS[scheme]}$`), '')}`
}

/** @throws UserError */
function listen(dht: WebTorrentDHT, { port, host }: Settings): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error) => reject(new UserError(explainListening(error, { host, port }, COMMANDS)))
    dht.once('error', onError)
    dht.listen(port, host, () => {
      dht.off('error', onError)
      resolve()
    })
  })
}

/** @returns a function that shows the status from now on, given where others join: before the node listens, an error may end it */
function showEvents(dht: WebTorrentDHT, log: Logger): (bootstrap: string) => void {
  let where: string | null = null
  let show = () => {}
  dht.on('warning', warning => log.warn({ code: warning.code }, warning.message))
  dht.on('status', (status, reason) => {
    show = () => {
      if (reason) log.warn({ code: reason.code, reason: reason.message }, `The node is ${status}`)
      else if (status === 'alone') log.info(`No other node is connected; others can join at ${where}`)
      else log.info(`The node is ${status}`)
    }
    if (where !== null) show()
  })
  dht.socket.on('node_connected', id => log.debug({ node: id }, 'connected'))
  dht.socket.on('node_disconnected', (id, reason) => log.debug({ node: id, reason }, 'disconnected'))
  return bootstrap => {
    where = bootstrap
    show()
  }
}
