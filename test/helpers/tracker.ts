/** A real tracker on this machine: the server of `bittorrent-tracker`. */

import type { Server as HttpServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { Server } from 'bittorrent-tracker'
import { createTrackerEntrance } from '../../src/entrances/tracker.js'
import { infoHashOf } from '../../src/entrances/tracker-messages.js'
import { nodePlatform } from '../../src/platform-node.js'

/** The part of the server that tests use. */
interface TrackerServer {
  readonly http: HttpServer
  readonly torrents: Record<string, { complete: number; incomplete: number } | undefined>
  on(event: 'warning' | 'error', listener: (error: Error) => void): void
  listen(port: number, host: string, callback: () => void): void
  close(callback: () => void): void
}

export interface Tracker {
  url: string
  /** The peers that are announced in the swarm of a network. */
  countOf(network?: string): { doors: number; newcomers: number }
  /** Sockets that are open. */
  readonly sockets: number
  /** Sockets that were ever opened. */
  readonly visits: number
  /** Ends at once, like a process that is killed. */
  kill(): Promise<void>
}

export const NETWORK = 'test'

/** Starts a tracker. @param refused why it refuses every announce */
export async function startTracker({ port = 0, refused = '' } = {}): Promise<Tracker> {
  const filter = (_hash: string, _params: unknown, callback: (error: Error | null) => void) =>
    callback(refused === '' ? null : new Error(refused))
  const server: TrackerServer = new Server({ udp: false, stats: false, filter })
  server.on('warning', () => {})
  const sockets = new Set<Socket>()
  let visits = 0
  server.http.on('connection', socket => {
    visits++
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve))
  const { port: bound } = server.http.address() as AddressInfo
  return {
    url: `ws://127.0.0.1:${bound}/`,
    countOf: (network = NETWORK) => {
      const swarm = server.torrents[Buffer.from(infoHashOf(network), 'latin1').toString('hex')]
      return { doors: swarm?.complete ?? 0, newcomers: swarm?.incomplete ?? 0 }
    },
    get sockets() {
      return sockets.size
    },
    get visits() {
      return visits
    },
    kill: () =>
      new Promise(resolve => {
        server.close(resolve)
        for (const socket of sockets) socket.destroy()
      })
  }
}

/** An entrance through a tracker. */
export function createEntrance({ url }: Pick<Tracker, 'url'>, network = NETWORK) {
  return createTrackerEntrance({ url, network, platform: nodePlatform })
}
