/** Shares a file or a folder from the terminal: `--seed`. Whoever opens the link gets it from here. */

import { basename } from 'node:path'
import { count, done, messageOf, paint, quote, seconds, shortId } from '../src/cli/text.js'
import { UserError } from '../src/cli/user-error.js'
import type { WebTorrentDHT } from '../src/index.js'
import { attach } from '../src/webtorrent/index.js'
import { formatBytes, formatSpeed } from './bytes.js'
import type { Display } from './display.js'
import { showNow } from './happenings.js'
import {
  CLIENT_OPTIONS,
  describeSource,
  magnetOf,
  peersOf,
  shareOf,
  type Torrent,
  type TorrentClient,
  type TorrentClientClass,
  type TorrentWire
} from './torrents.js'

/** What WebTorrent says of a folder with nothing in it. */
const WITHOUT_FILES = 'Invalid torrent identifier'
const MAX_PATH = 500

interface Parts {
  path: string
  /** Where this node serves the page. */
  page: string
  dht: WebTorrentDHT
  display: Display
  isQuiet: boolean
}

/**
 * Hashes what is at the path, prints the links to it, and shows who takes it.
 *
 * @returns what ends it
 * @throws UserError if it cannot be shared
 */
export async function seed({ path, page, dht, display, isQuiet }: Parts): Promise<() => void> {
  const client = await createClient(display)
  attach(client, dht)
  const torrent = await readFiles(client, path, display)
  const { infoHash = '', name } = torrent
  const magnet = magnetOf({ infoHash, name })
  const files = torrent.files.length === 1 ? '' : ` in ${count(torrent.files.length, 'file')}`
  display.print(
    done(`Shares ${nameOf(torrent)}, ${formatBytes(torrent.length)}${files}. Open it in a browser with:`)
  )
  display.print(`  ${paint('bold', `${page}#${magnet}`)}`)
  display.print(`  ${paint('dim', magnet)}`)
  if (!isQuiet) showPeers(torrent, display)
  return () => client.destroy()
}

/** Not at the start of every node: it takes a moment. */
async function createClient(display: Display): Promise<TorrentClient> {
  const { default: WebTorrent } = (await import('webtorrent')) as { default: TorrentClientClass }
  const client = new WebTorrent(CLIENT_OPTIONS)
  // For example, that it has got no port. What concerns the torrent is told by the torrent.
  client.on('error', (error: Error) => display.print(`${paint('red', '✗')} ${messageOf(error)}`))
  return client
}

function readFiles(client: TorrentClient, path: string, display: Display): Promise<Torrent> {
  let progress = 0
  const reading = new Promise<Torrent>((resolve, reject) => {
    const onProgress = (hashed: number, all: number) => {
      progress = all > 0 ? hashed / all : 0
    }
    const torrent = client.seed(path, { announceList: [], onProgress }, resolve)
    torrent.on('error', (error: Error) => {
      const reason = error.message === WITHOUT_FILES ? 'there is no file in it' : messageOf(error)
      reject(new UserError(`${quote(Buffer.from(path), MAX_PATH)} cannot be shared: ${reason}`))
    })
  })
  return display.during(() => `reading ${basename(path)}, ${Math.floor(100 * progress)} %`, reading)
}

/** Says who comes for it, what is sent meanwhile, and when they have it. */
function showPeers(torrent: Torrent, display: Display): void {
  const receiving = new Set<TorrentWire>()
  let endSending = () => {}
  const describeSending = () => {
    const speed = [...receiving].reduce((sum, wire) => sum + wire.uploadSpeed(), 0)
    return `sending to ${count(receiving.size, 'peer')} at ${formatSpeed(speed)}`
  }
  const begin = (wire: TorrentWire) => {
    if (receiving.size === 0) {
      void display.during(
        describeSending,
        new Promise<void>(resolve => {
          endSending = resolve
        })
      )
    }
    receiving.add(wire)
  }
  const end = (wire: TorrentWire) => {
    if (receiving.delete(wire) && receiving.size === 0) endSending()
  }

  torrent.on('wire', (wire: TorrentWire) => {
    const { id = '', source = '' } = peersOf(torrent).find(peer => peer.wire === wire) ?? {}
    const who = id.includes(':') ? id : shortId(id)
    const startedAt = performance.now()
    let sent = 0
    wire.on('upload', (bytes: number) => {
      if (sent === 0) begin(wire)
      sent += bytes
    })
    showNow(display, paint('green', '↑'), `${who} asks for ${nameOf(torrent)}, ${describeSource(source)}`)
    const check = () => {
      if (shareOf(wire, torrent) < 1) return
      for (const event of ['have', 'bitfield', 'have-all']) wire.removeListener(event, check)
      end(wire)
      const effort = `${formatBytes(sent)} sent in ${seconds(performance.now() - startedAt)}`
      showNow(display, paint('green', '✓'), `${who} has all of it, ${effort}`)
    }
    for (const event of ['have', 'bitfield', 'have-all']) wire.on(event, check)
    wire.once('close', () => {
      end(wire)
      if (!torrent.destroyed)
        showNow(display, paint('red', '-'), `${who} has gone, ${formatBytes(sent)} sent`)
    })
  })
}

function nameOf({ name }: Torrent): string {
  return quote(Buffer.from(name))
}
