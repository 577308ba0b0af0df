/** One torrent in the page: what this tab shares, or opens. */

import { type ReadonlySignal, signal } from '@preact/signals'
import MemoryChunkStore from 'memory-chunk-store'
import { formatBytes } from '../../bytes.js'
import {
  magnetOf,
  peersOf,
  shareOf,
  type Torrent,
  type TorrentClient,
  type TorrentFile,
  type TorrentWire
} from '../../torrents.js'
import type { MagnetLink } from './magnet-link.js'
import { explain, UserError } from './result.js'

/** All is kept in memory: two tabs would share what is on the disk, and find there what they have not downloaded. */
export const MAX_BYTES = 1_000_000_000
/** A gigabyte of small files should not become a page of a million rows. */
export const MAX_SHOWN_FILES = 100
const TORRENT_OPTIONS = { store: MemoryChunkStore, storeCacheSlots: 0, announceList: [] }

/**
 * - `preparing`: WebTorrent is loaded, and files are read and hashed
 * - `looking`: only the info hash is known
 * - `arriving`: some pieces are here
 * - `complete`: all are
 * - `failed`: for good
 */
export type ShareState = 'preparing' | 'looking' | 'arriving' | 'complete' | 'failed'

export interface Peer {
  /** Of its node, in hex, or its address. */
  id: string
  source: string
  /** How much of it the peer has, from 0 to 1. */
  share: number
  /** Bytes a second. */
  down: number
  up: number
}

/** How things stand. */
export interface ShareView {
  state: ShareState
  name: string
  infoHash: string | null
  /** Bytes; `null` while nobody has told. */
  size: number | null
  /** Of hashing while it is prepared, else of what is here. */
  progress: number
  down: number
  up: number
  uploaded: number
  /** Milliseconds; `Infinity` if nothing comes. */
  remaining: number
  /** Milliseconds since it was opened, until it was complete. */
  elapsed: number
  peers: readonly Peer[]
  files: readonly TorrentFile[]
  /** Why it failed. */
  reason: string
}

const NOTHING: ShareView = {
  state: 'preparing',
  name: '',
  infoHash: null,
  size: null,
  progress: 0,
  down: 0,
  up: 0,
  uploaded: 0,
  remaining: Number.POSITIVE_INFINITY,
  elapsed: 0,
  peers: [],
  files: [],
  reason: ''
}

let count = 0

export class Share {
  /** In this page. */
  readonly id = count++
  /** Whether it came from this tab. */
  readonly isOwn: boolean
  readonly #view
  readonly #startedAt = performance.now()
  #torrent: Torrent | undefined
  #elapsed: number | undefined
  /** Bytes of content. */
  #uploaded = 0
  #isRemoved = false

  constructor(isOwn: boolean, known: Partial<ShareView>) {
    this.isOwn = isOwn
    this.#view = signal<ShareView>({ ...NOTHING, ...known })
  }

  get view(): ReadonlySignal<ShareView> {
    return this.#view
  }

  /** @returns the torrent, another share's if the client has that content already */
  seed(client: TorrentClient, files: File[], name: string): Promise<Torrent> {
    const onProgress = (hashed: number, all: number) => this.#set({ progress: all > 0 ? hashed / all : 0 })
    return new Promise((resolve, reject) => {
      const options = { ...TORRENT_OPTIONS, name, onProgress }
      const torrent = client.seed(files, options, seeded => {
        if (seeded === torrent) this.#follow(torrent)
        resolve(seeded)
      })
      torrent.on('error', error => {
        this.fail(error)
        reject(error)
      })
      this.#own(torrent)
    })
  }

  add(client: TorrentClient, link: MagnetLink): void {
    const torrent = client.add(magnetOf(link), TORRENT_OPTIONS)
    torrent.on('error', error => this.fail(error))
    torrent.once('metadata', () => {
      if (torrent.length > MAX_BYTES) {
        torrent.destroy()
        this.fail(new UserError(tooLarge(torrent.length)))
      }
    })
    this.#own(torrent)
    this.#follow(torrent)
  }

  fail(error: unknown): void {
    if (this.#view.value.state === 'failed') return
    this.#set({ state: 'failed', reason: explain(error), peers: [], down: 0, up: 0 })
  }

  /** Ends it; what has arrived is gone. */
  remove(): void {
    this.#isRemoved = true
    if (this.#torrent && !this.#torrent.destroyed) this.#torrent.destroy()
  }

  /** Takes a look at how things stand. */
  refresh(): void {
    const torrent = this.#torrent
    const { state } = this.#view.value
    if (!torrent || torrent.destroyed || state === 'preparing' || state === 'failed') return
    if (torrent.done) this.#elapsed ??= performance.now() - this.#startedAt
    const peers = peersOf(torrent).map(({ id, source, wire }) => ({
      id,
      source,
      share: shareOf(wire, torrent),
      down: wire.downloadSpeed(),
      up: wire.uploadSpeed()
    }))
    // Not the torrent's own, which count what peers say to each other as well.
    const [down, up] = [sumOf(peers, 'down'), sumOf(peers, 'up')]
    this.#set({
      state: torrent.done ? 'complete' : torrent.ready ? 'arriving' : 'looking',
      ...(torrent.infoHash && { infoHash: torrent.infoHash }),
      ...(torrent.ready && { name: torrent.name, size: torrent.length, files: torrent.files }),
      progress: torrent.progress,
      down,
      up,
      uploaded: this.#uploaded,
      remaining: (1000 * (torrent.length - torrent.downloaded)) / down,
      elapsed: this.#elapsed ?? performance.now() - this.#startedAt,
      peers
    })
  }

  #own(torrent: Torrent): void {
    this.#torrent = torrent
    if (this.#isRemoved) torrent.destroy() // while WebTorrent was loaded
  }

  #follow(torrent: Torrent): void {
    this.#set({ state: 'looking' })
    for (const event of ['ready', 'wire', 'done']) torrent.on(event, () => this.refresh())
    torrent.on('wire', (wire: TorrentWire) => {
      wire.on('upload', (bytes: number) => {
        this.#uploaded += bytes
      })
    })
    this.refresh()
  }

  #set(change: Partial<ShareView>): void {
    this.#view.value = { ...this.#view.value, ...change }
  }
}

function sumOf(peers: readonly Peer[], rate: 'down' | 'up'): number {
  return peers.reduce((sum, peer) => sum + peer[rate], 0)
}

export function tooLarge(bytes: number): string {
  return `That is ${formatBytes(bytes)}. A tab keeps everything in memory, ${formatBytes(MAX_BYTES)} at most.`
}
