/** WebTorrent in Node.js. */

import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Client, Torrent } from '../../src/webtorrent/client.js'
import type { Release } from './releases.js'

export interface NodeTorrent extends Torrent {
  magnetURI: string
  files: { arrayBuffer(): Promise<ArrayBuffer> }[]
  once(event: string, listener: () => void): void
}

export interface NodeClient extends Client {
  add(torrentId: string, options: object): NodeTorrent
  seed(input: Buffer, options: object, callback: (torrent: NodeTorrent) => void): void
  destroy(callback: () => void): void
}

export interface RunningClient {
  client: NodeClient
  /** Where its torrents are, so that nothing is left. */
  folder: string
  close(): Promise<void>
}

/** Nothing that would leave this machine. */
const LOCAL_OPTIONS = { tracker: false, dht: false, lsd: false, natUpnp: false, natPmp: false }

/** Starts a client. Whoever does so closes it. */
export async function createClient(release: Release, options: object = {}): Promise<RunningClient> {
  const { default: WebTorrent } = (await import(release.module.href)) as {
    default: new (options: object) => NodeClient
  }
  const client = new WebTorrent({ ...LOCAL_OPTIONS, ...options })
  const folder = mkdtempSync(join(tmpdir(), 'webtorrent-dht-files-'))
  return {
    client,
    folder,
    close: async () => {
      await new Promise<void>(resolve => client.destroy(resolve))
      rmSync(folder, { recursive: true, force: true })
    }
  }
}

/** Seeds random bytes. */
export function seed(
  { client, folder }: RunningClient,
  name: string,
  size: number
): Promise<{ magnet: string; hash: string }> {
  const bytes = randomBytes(size)
  const options = { name, path: folder, announceList: [] }
  return new Promise(resolve =>
    client.seed(bytes, options, ({ magnetURI }) => resolve({ magnet: magnetURI, hash: hashOf(bytes) }))
  )
}

/** Downloads all of a torrent. */
export async function download(
  { client, folder }: RunningClient,
  magnet: string
): Promise<{ hash: string; complete: number }> {
  const startedAt = performance.now()
  const torrent = client.add(magnet, { path: folder })
  await new Promise<void>(resolve => torrent.once('done', resolve))
  const complete = performance.now() - startedAt
  const content = await torrent.files[0]?.arrayBuffer()
  return { hash: hashOf(new Uint8Array(content ?? [])), complete }
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
