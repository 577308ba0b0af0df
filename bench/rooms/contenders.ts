/** Rooms and trystero: a page of each that joins a room, greets whoever else is there, and calls `greeted` when it is greeted. */

import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { ServerKind } from './server-worker.js'
import { openSite, readOwnScripts, type Site } from './site.js'

export interface Contender {
  name: string
  server: ServerKind
  /** Its page takes `room` and `server` in its query. */
  site: Site
}

/** Both have everything on this machine, where a STUN server would only be waited for. */
const ICE_SERVERS = '[]'
const PARAMETERS = 'const { room: name, server } = Object.fromEntries(new URLSearchParams(location.search))'

const ROOMS = `
  import DHT from './browser.js'
  import { join } from './rooms.browser.js'
  ${PARAMETERS}
  const dht = new DHT({ bootstrap: server, simple_peer_opts: { config: { iceServers: ${ICE_SERVERS} } } })
  const room = join(dht, name)
  room.on('join', () => room.send('hello'))
  room.on('message', () => greeted())
`

const TRYSTERO = `
  import { joinRoom } from 'trystero/torrent'
  ${PARAMETERS}
  const room = joinRoom({
    appId: 'bench',
    relayUrls: [server],
    relayRedundancy: 1,
    rtcConfig: { iceServers: ${ICE_SERVERS} }
  }, name)
  const [send, receive] = room.makeAction('hello')
  receive(() => greeted())
  room.onPeerJoin(() => send('hello'))
`

/** Where trystero is installed. */
const TRYSTERO_FOLDER = fileURLToPath(new URL('../../../bench/trystero/', import.meta.url))

export async function openContenders(): Promise<[rooms: Contender, trystero: Contender]> {
  const rooms = await openSite(pageOf(`<script type="module">${ROOMS}</script>`), await readOwnScripts())
  const trystero = await openSite(pageOf('<script type="module" src="/trystero.js"></script>'), {
    '/trystero.js': await bundle(TRYSTERO)
  })
  return [
    { name: 'rooms', server: 'bootstrap node', site: rooms },
    { name: 'trystero', server: 'tracker', site: trystero }
  ]
}

function pageOf(script: string): string {
  return `<!doctype html><title>A room</title><link rel="icon" href="data:,">${script}`
}

/** As its users do; this package is built in the same way. */
async function bundle(contents: string): Promise<Uint8Array> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: TRYSTERO_FOLDER },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    write: false
  })
  const [file] = outputFiles
  if (!file) throw new Error('esbuild gave no file')
  return file.contents
}
