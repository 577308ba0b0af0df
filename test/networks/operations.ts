/** What a node of a testbed can be told to do, the same in Node.js and in a page. Arguments and results are JSON. */

import type {
  SimplePeer,
  Stats,
  Status,
  WebTorrentDHT as WebTorrentDHTClass,
  WebTorrentDHTOptions
} from '../../src/api.js'
import type { Trace } from './trace.js'

type WebTorrentDHT = InstanceType<typeof WebTorrentDHTClass>

/** What differs between Node.js and a page. */
export interface Environment {
  DHT: new (options: WebTorrentDHTOptions) => WebTorrentDHT
  /** WebTorrent and what attaches it: loaded when the first torrent needs it. */
  loadWebTorrent(): Promise<{
    createClient(): TorrentClient
    attach(client: TorrentClient, dht: WebTorrentDHT): void
    file(bytes: Uint8Array<ArrayBuffer>, name: string): unknown
  }>
  /** Adds options that are no JSON. */
  complete(options: WebTorrentDHTOptions): WebTorrentDHTOptions
  trace(): Trace[]
  /** Notes what the platform tells of its network. */
  watch?(note: (what: string) => void): void
}

export interface TorrentClient {
  on(event: 'error', listener: (error: Error) => void): void
  seed(file: unknown, options: object, callback: (torrent: RunningTorrent) => void): void
  add(magnet: string): RunningTorrent
}

interface RunningTorrent {
  magnetURI: string
  infoHash: string
  numPeers: number
  on(event: 'wire' | 'metadata' | 'download' | 'done', listener: () => void): void
}

export interface StartSettings {
  options?: WebTorrentDHTOptions
  /** The arguments of `listen`. Default: it does not listen. */
  listen?: [port: number, address: string]
  /** Milliseconds to wait for `'ready'`. */
  wait?: number
}

export interface Started {
  /** The node's id in hex. */
  id: string
  /** Milliseconds from the constructor to `'ready'`; `null`: it did not come in time. */
  ready: number | null
  /** The same until the first connection. */
  first: number | null
}

/** What has happened to a node: milliseconds since its start, what, details. */
export type Event = [at: number, what: string, detail: string]

export type Dialled =
  | { ok: boolean; open: number; done: number; local: string | undefined; remote: string | undefined }
  | { ok: false; code: string; message: string; ms: number }

export interface Downloaded {
  ok: boolean
  wire?: number
  metadata?: number
  byte?: number
  done?: number
}

const WAIT = 30_000
const DOWNLOAD_WAIT = 40_000
const ECHO_WAIT = 5000
const MAX_EVENTS = 1000

export type Operations = ReturnType<typeof createOperations>

export function createOperations(environment: Environment) {
  let dht: WebTorrentDHT
  let startedAt = 0
  let client: TorrentClient | null = null
  const events: Event[] = []
  const note = (what: string, detail: string) => {
    if (events.length < MAX_EVENTS) events.push([since(startedAt), what, detail])
  }

  async function useClient(): Promise<{
    client: TorrentClient
    file: (size: number, name: string) => unknown
  }> {
    const { createClient, attach, file } = await environment.loadWebTorrent()
    if (!client) {
      client = createClient()
      client.on('error', error => note('client error', String(error)))
      attach(client, dht)
    }
    return { client, file: (size, name) => file(contentOf(size), name) }
  }

  return {
    /** Makes the node. It takes dials of the protocol `echo`, and sends back what comes. */
    async start({ options = {}, listen, wait = WAIT }: StartSettings): Promise<Started> {
      startedAt = performance.now()
      dht = new environment.DHT(environment.complete(options))
      watch(dht, note)
      environment.watch?.(what => note(what, ''))
      dht.handle('echo', ({ accept }) => {
        const peer = accept()
        peer.on('error', () => {})
        peer.on('data', (data: Uint8Array) => {
          if (!peer.destroyed) peer.send(data)
        })
      })
      if (listen) await new Promise<void>(resolve => dht.listen(...listen, resolve))
      const isReady = new Promise<number>(resolve => dht.once('ready', () => resolve(since(startedAt))))
      const ready = await Promise.race([isReady, sleep(wait)])
      const first = events.find(([, what]) => what === 'connected')?.[0] ?? null
      return { id: toHex(dht.nodeId), ready: ready ?? null, first }
    },

    async state(): Promise<{
      connected: string[]
      table: number
      counts: { made: number; existing: number; pending: number; offers: number }
      status: Status
      reason: string | null
      network: string | null
    }> {
      const connected = dht.socket.known_nodes().filter(({ state }) => state === 'connected')
      return {
        connected: connected.map(({ id }) => id),
        table: dht.nodes.count(),
        counts: dht.socket.connection_counts(),
        status: dht.status,
        reason: dht.statusReason ? String(dht.statusReason.code) : null,
        network: (dht as { network?: string }).network ?? null
      }
    },

    async stats(): Promise<Stats> {
      return dht.stats()
    },

    async events(): Promise<Event[]> {
      return events
    },

    async trace(): Promise<Trace[]> {
      return environment.trace()
    },

    async announce({ hash, port = 6881 }: { hash: string; port?: number }) {
      const at = performance.now()
      return new Promise<{ ms: number; error: string | null }>(resolve =>
        dht.announce(hash, port, error => resolve({ ms: since(at), error: error?.message ?? null }))
      )
    },

    /** @returns the ids that were found, and milliseconds until the first */
    async lookup({ hash }: { hash: string }) {
      const at = performance.now()
      const ids = new Set<string>()
      let first: number | null = null
      const onPeer = (peer: { id?: Uint8Array | undefined; host: string; port: number }, of: Uint8Array) => {
        if (toHex(of) !== hash) return
        first ??= since(at)
        ids.add(peer.id ? toHex(peer.id) : `${peer.host}:${peer.port}`)
      }
      dht.on('peer', onPeer)
      const error = await new Promise<Error | null | undefined>(resolve => dht.lookup(hash, resolve))
      dht.off('peer', onPeer)
      return { ms: since(at), first, ids: [...ids], error: error?.message ?? null }
    },

    async put({ text }: { text: string }) {
      const at = performance.now()
      const v = new TextEncoder().encode(text)
      return new Promise<{ ms: number; error: string | null; key: string | null }>(resolve =>
        dht.put(
          { v } as never,
          ((error: Error | null, key?: Uint8Array) =>
            resolve({
              ms: since(at),
              error: error?.message ?? null,
              key: key ? toHex(key) : null
            })) as never
        )
      )
    },

    async get({ key }: { key: string }) {
      const at = performance.now()
      return new Promise<{ ms: number; error: string | null; text: string | null }>(resolve =>
        dht.get(key, ((error: Error | null, found?: { v: Uint8Array } | null) =>
          resolve({
            ms: since(at),
            error: error?.message ?? null,
            text: found ? new TextDecoder().decode(found.v) : null
          })) as never)
      )
    },

    /** Dials a node, and has it send back a word. */
    async dial({ id }: { id: string }): Promise<Dialled> {
      const at = performance.now()
      try {
        const peer = await dht.dial(id, 'echo')
        peer.on('error', () => {})
        const open = since(at)
        const ok = await echo(peer)
        const { localAddress: local, remoteAddress: remote } = peer
        peer.destroy()
        return { ok, open, done: since(at), local, remote }
      } catch (error) {
        return { ok: false, ...describeError(error), ms: since(at) }
      }
    },

    /** Connects to a node of the DHT. */
    async connect({ id }: { id: string }) {
      const at = performance.now()
      try {
        await dht.connect(id)
        return { ok: true as const, ms: since(at) }
      } catch (error) {
        return { ok: false as const, ...describeError(error), ms: since(at) }
      }
    },

    /** Makes a torrent of so many bytes and seeds it with WebTorrent over this node. */
    async seed({ size = 1e6, name = 'film' }: { size?: number; name?: string }) {
      const { client, file } = await useClient()
      return new Promise<{ magnet: string; hash: string }>((resolve, reject) => {
        client.on('error', reject)
        client.seed(file(size, name), { announceList: [], name }, torrent =>
          resolve({ magnet: torrent.magnetURI, hash: torrent.infoHash })
        )
      })
    },

    /** Downloads one. @returns milliseconds from `add` to each step */
    async download({ magnet, wait = DOWNLOAD_WAIT }: { magnet: string; wait?: number }): Promise<Downloaded> {
      const { client } = await useClient()
      const at = performance.now()
      const times: Omit<Downloaded, 'ok'> = {}
      const torrent = client.add(magnet)
      torrent.on('wire', () => {
        times.wire ??= since(at)
      })
      torrent.on('metadata', () => {
        times.metadata ??= since(at)
      })
      torrent.on('download', () => {
        times.byte ??= since(at)
      })
      const done = new Promise<number>(resolve => torrent.on('done', () => resolve(since(at))))
      const end = await Promise.race([done, sleep(wait)])
      return end === undefined ? { ok: false, ...times } : { ok: true, ...times, done: end }
    },

    /** What `toJSON` gives: to start with again. */
    async save(): Promise<unknown> {
      return JSON.parse(JSON.stringify(dht))
    },

    async destroy(): Promise<void> {
      await new Promise<void>(resolve => (dht ? dht.destroy(resolve) : resolve()))
    }
  }
}

function watch(dht: WebTorrentDHT, note: (what: string, detail: string) => void): void {
  dht.socket.on('node_connected', id => note('connected', id))
  dht.socket.on('node_disconnected', (id, reason) => note('disconnected', `${id} ${reason}`))
  dht.on('error', error => note('error', String(error)))
  dht.on('warning', error => note('warning', String(error)))
  dht.on('status', (status, reason) => note('status', `${status} ${reason?.code ?? ''}`))
  dht.on('peer', () => {}) // or lookups would tell nobody
}

async function echo(peer: SimplePeer): Promise<boolean> {
  const answer = new Promise<boolean>(resolve => peer.once('data', () => resolve(true)))
  peer.send('hello')
  return (await Promise.race([answer, sleep(ECHO_WAIT)])) ?? false
}

function describeError(error: unknown): { code: string; message: string } {
  const { code, message } = error as Error & { code?: string }
  return { code: code ?? String(error), message }
}

/** Bytes that no compression or check takes for the same block twice. */
function contentOf(size: number): Uint8Array<ArrayBuffer> {
  const content = new Uint8Array(size)
  const words = new Uint32Array(content.buffer, 0, size >> 2)
  for (let i = 0; i < words.length; i++) words[i] = Math.imul(i + 1, 2654435761)
  return content
}

function since(at: number): number {
  return Math.round(performance.now() - at)
}

function sleep(ms: number): Promise<undefined> {
  return new Promise(resolve => setTimeout(resolve, ms, undefined))
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
}
