/** HTTP between simulated hosts: what a node's server answers, and what `fetch` brings back, after the network's latency. */

import type { HttpServer, HttpServerOptions } from '../../src/entrances/server-interface.js'
import type { Host } from './host.js'
import type { Network } from './network.js'

/** Round trips until a response: one for TCP, one for the request. */
const ROUND_TRIPS = 2

interface Listening {
  host: Host
  options: HttpServerOptions
}

export class Http {
  readonly #network: Network
  readonly #servers = new Map<string, Listening>()

  constructor(network: Network) {
    this.#network = network
  }

  /** Servers that listen. */
  serversOf(host: Host): number {
    return [...this.#servers.values()].filter(server => server.host === host).length
  }

  /** Ends the servers of a host that is gone. */
  closeAll(host: Host): void {
    for (const [place, server] of this.#servers) if (server.host === host) this.#servers.delete(place)
  }

  /** What `Platform.createHttpServer` is on a host. */
  createServer(host: Host, options: HttpServerOptions): HttpServer {
    const { clock } = this.#network
    let place = ''
    return {
      listen: (port, address, callback) => {
        place = `${address}:${port}`
        this.#servers.set(place, { host, options })
        clock.schedule(host, 0, () => callback(null, { host: address, port }))
      },
      close: callback => {
        this.#servers.delete(place)
        clock.schedule(host, 0, callback)
      }
    }
  }

  /** `fetch` for the host whose code runs. Plain HTTP only: these servers have no certificates. */
  readonly fetch = (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const from = this.#network.clock.current as Host
    const url = new URL(String(input))
    return new Promise((resolve, reject) => {
      const { signal } = init
      const abort = () => reject(signal?.reason)
      if (signal?.aborted) return abort()
      signal?.addEventListener('abort', abort)
      const settle = (response: Response | null) => {
        signal?.removeEventListener('abort', abort)
        if (response) resolve(response)
        else reject(new TypeError('fetch failed'))
      }
      this.#request(from, url, String(init.body ?? ''), settle)
    })
  }

  #request(from: Host, url: URL, body: string, settle: (response: Response | null) => void): void {
    const { clock } = this.#network
    const to = this.#network.hostAt(url.hostname)
    if (!to) return void clock.schedule(from, 0, () => settle(null))
    const roundTrip = this.#network.roundTrip(from, to)
    if (to.isSuspended || from.group !== to.group) return // nothing comes back
    const server = url.protocol === 'http:' ? this.#servers.get(url.host) : undefined
    if (!server || to.isDead) return void clock.schedule(from, roundTrip, () => settle(null)) // refused
    clock.schedule(to, (ROUND_TRIPS - 0.5) * roundTrip, () => {
      const client = { origin: from.ip, address: from.ip, whereabouts: 'direct' } as const
      server.options.respond(body, client).then(answer => {
        this.#network.note(answer.status)
        clock.schedule(from, roundTrip / 2, () =>
          settle(new Response(answer.body, { status: answer.status }))
        )
      })
    })
  }
}
