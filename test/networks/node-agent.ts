/** A node in Node.js that does what it is told: see operations.ts. A bootstrap node also serves the page of page.ts. */

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { HttpRequest, HttpResponse } from '../../src/api.js'
import DHT from '../../src/index.js'
import { type AttachableDHT, attach, type WebTorrentClient } from '../../src/webtorrent/index.js'
import { serve } from './agent.js'
import { createOperations, type TorrentClient } from './operations.js'
import { TracedPeer, traces } from './traced-peer.js'

/** What a bed tells this process at its start. */
export interface NodeSettings {
  /** Serves the page. */
  isServing?: boolean
  /** Notes what became of each connection: see trace.ts. */
  isTraced?: boolean
}

const TOP = new URL('../../../', import.meta.url)
const PAGE =
  '<!doctype html><meta charset="utf-8"><title>node</title><script type="module" src="/page.js"></script>'
/** Nothing that leaves the DHT. */
const CLIENT_OPTIONS = {
  tracker: false,
  lsd: false,
  utPex: false,
  natUpnp: false,
  natPmp: false,
  utp: false,
  webSeeds: false,
  dht: { bootstrap: false }
}

const settings = JSON.parse(process.argv[2] ?? '{}') as NodeSettings

function readPage(path: string): Buffer | string {
  if (path === '/') return PAGE
  const folder = path.startsWith('/dist/') ? '.' : './build/test/networks/'
  const file =
    path === '/webtorrent.min.js'
      ? new URL('node_modules/webtorrent/dist/webtorrent.min.js', TOP)
      : new URL(`${folder}${path}`, TOP)
  return readFileSync(fileURLToPath(file))
}

function requestListener(request: HttpRequest, response: HttpResponse): void {
  const path = (request.url ?? '/').split('?')[0] ?? '/'
  try {
    const body = readPage(path)
    const type = path === '/' ? 'text/html' : 'text/javascript'
    response.writeHead(200, { 'content-type': type })
    response.end(body)
  } catch {
    response.writeHead(404)
    response.end()
  }
}

async function loadWebTorrent() {
  const { resolve } = createRequire(import.meta.url)
  const { default: WebTorrent } = (await import(pathToFileURL(resolve('webtorrent')).href)) as {
    default: new (options: object) => TorrentClient
  }
  return {
    createClient: () => new WebTorrent(CLIENT_OPTIONS),
    attach: (client: TorrentClient, dht: AttachableDHT) => {
      attach(client as unknown as WebTorrentClient, dht)
    },
    file: (bytes: Uint8Array, name: string) => Object.assign(Buffer.from(bytes), { name })
  }
}

const operations = createOperations({
  DHT,
  loadWebTorrent,
  complete: options => ({
    ...(settings.isTraced && { simple_peer_constructor: TracedPeer }),
    ...(settings.isServing && { requestListener }),
    ...options
  }),
  trace: () => traces
})
process.on('uncaughtException', error => console.error(error))
serve(operations, operations.destroy)
