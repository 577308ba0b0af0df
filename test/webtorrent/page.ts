/** A page with WebTorrent's release bundle, this package's builds, and nothing else. */

import { setTimeout as pause } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import type { Client } from '../../src/webtorrent/client.js'
import type { AttachOptions } from '../../src/webtorrent/index.js'
import { type BrowserPlace, COUNTING_SCRIPT, SCRIPTS, Tabs } from '../tabs/browser.js'
import type { Release } from './releases.js'

const ATTACH_MODULE = new URL('../../../dist/webtorrent.browser.js', import.meta.url)
/** Milliseconds. Firefox writes files slowly. */
const DOWNLOAD_TIMEOUT = 120_000

/** What became of a download. Times are in milliseconds, from `add`. */
export interface Download {
  /** SHA-256 of the content, in hex. */
  hash: string
  metadata: number
  /** Of the content. */
  firstByte: number
  complete: number
}

/** What a page seeds. */
export interface Seed {
  magnet: string
  /** SHA-256 of the content, in hex. */
  hash: string
  /** The torrent file's bytes. */
  file: number[]
}

/** `RTCPeerConnection`s of a page. */
export interface ConnectionCounts {
  /** Made for the DHT. */
  dht: number
  /** Made for peers of torrents. */
  torrents: number
  /** For peers of torrents, and not closed. */
  torrentsOpen: number
}

declare global {
  /** In a page: WebTorrent's client. */
  var client: Client & { add(file: Uint8Array): unknown; destroy(callback: () => void): void }
  /** In a page: ends what `attach` has begun. */
  var detach: () => void
  /** In a page: attaches the client to the node. */
  var attachAgain: (options?: AttachOptions) => void
  /** In a page: seeds so many random bytes. */
  var seed: (name: string, size: number, options?: object) => Promise<Seed>
  /** In a page: downloads all of a torrent. */
  var download: (torrentId: string) => Promise<Download>
  var countConnections: () => ConnectionCounts
}

/** For a module in a page that has set `client` and `dht`, and that has counted connections from the start. */
export const PAGE_FUNCTIONS = `
  const hashOf = async buffer => Array.from(
    new Uint8Array(await crypto.subtle.digest('SHA-256', buffer)),
    byte => byte.toString(16).padStart(2, '0')
  ).join('')

  globalThis.seed = async (name, size, options = {}) => {
    const bytes = new Uint8Array(size)
    for (let at = 0; at < size; at += 65536) crypto.getRandomValues(bytes.subarray(at, at + 65536))
    const torrent = await new Promise(resolve => client.seed(new File([bytes], name), { announceList: [], ...options }, resolve))
    return { magnet: torrent.magnetURI, hash: await hashOf(bytes), file: Array.from(torrent.torrentFile) }
  }

  globalThis.download = async torrentId => {
    const startedAt = performance.now()
    const torrent = client.add(torrentId)
    let firstByte, metadata
    torrent.once('metadata', () => { metadata = performance.now() - startedAt })
    torrent.on('wire', wire => wire.once('download', () => { firstByte ??= performance.now() - startedAt }))
    await new Promise(resolve => torrent.once('done', resolve))
    const complete = performance.now() - startedAt
    const blob = await torrent.files[0].blob()
    return { hash: await hashOf(await blob.arrayBuffer()), metadata, firstByte, complete }
  }

  globalThis.countConnections = () => {
    const { made, existing } = dht.socket.connection_counts()
    return { dht: made, torrents: connections.made - made, torrentsOpen: connections.open - existing }
  }
`

const PAGE = `<!doctype html><title>WebTorrent</title>
${COUNTING_SCRIPT}
<script type="module">
  import DHT from './browser.js'
  import { attach } from './webtorrent.browser.js'
  import WebTorrent from './webtorrent.min.js'

  const query = new URLSearchParams(location.search)
  globalThis.dht = new DHT({ bootstrap: query.get('bootstrap') })
  globalThis.client = new WebTorrent({ tracker: false })
  if (query.has('isClientsDHT')) client.dht = dht
  client.on('error', error => setTimeout(() => { throw error }))
  globalThis.attachAgain = options => { globalThis.detach = attach(client, dht, options) }
  attachAgain()

${PAGE_FUNCTIONS}</script>`

/** Starts a browser whose pages have this release of WebTorrent. */
export function openTabs(place: BrowserPlace, release: Release): Promise<Tabs> {
  return Tabs.open(place, {
    page: PAGE,
    scripts: {
      ...SCRIPTS,
      '/webtorrent.browser.js': ATTACH_MODULE,
      '/webtorrent.min.js': release.bundle
    }
  })
}

export function seedIn(page: Page, name: string, size: number, options: object = {}): Promise<Seed> {
  return page.evaluate(([name, size, options]) => seed(name, size, options), [name, size, options] as const)
}

/** @throws Error if the download is not complete in time, with what is known of it */
export async function downloadIn(page: Page, magnet: string): Promise<Download> {
  const abort = new AbortController()
  const tooLate = async () => {
    await pause(DOWNLOAD_TIMEOUT, undefined, { signal: abort.signal })
    throw new Error(`not complete after ${DOWNLOAD_TIMEOUT} ms: ${await page.evaluate(describe)}`)
  }
  try {
    return await Promise.race([page.evaluate(magnet => download(magnet), magnet), tooLate()])
  } finally {
    abort.abort()
  }
}

export function countsOf(page: Page): Promise<ConnectionCounts> {
  return page.evaluate(() => countConnections())
}

/** One line on a download. */
export function show({ metadata, firstByte, complete }: Download): string {
  const [first, second, third] = [metadata, firstByte, complete].map(Math.round)
  return `metadata after ${first} ms, first byte after ${second} ms, complete after ${third} ms`
}

/** In a page: how things stand. */
function describe(): string {
  const torrents = client.torrents.map(({ wires, ready, done }) => ({ wires: wires.length, ready, done }))
  return JSON.stringify({ torrents, counts: countConnections(), stats: dht.stats() })
}
