/**
 * Chooses the STUN server to ask. libdatachannel asks one, picked at random for each connection: a dead one among two would make half of
 * all offers useless. So each connection is given one server, the first in an order that answers and failures change.
 */

import type { SimplePeerOptions } from '../simple-peer.js'

export type IceServer = NonNullable<NonNullable<SimplePeerOptions['config']>['iceServers']>[number]

export class StunServers {
  /** TURN servers, which are all given to each connection. */
  readonly turn: readonly IceServer[]
  #urls: string[]

  /** @param given STUN and TURN servers, as `RTCPeerConnection` takes them */
  constructor(given: readonly IceServer[]) {
    const isStun = (url: string) => /^stuns?:/i.test(url)
    const servers = given.map(server => ({ server, urls: [server.urls].flat() }))
    this.#urls = [...new Set(servers.flatMap(({ urls }) => urls.filter(isStun)))]
    this.turn = servers.flatMap(({ server, urls }) => {
      const others = urls.filter(url => !isStun(url))
      if (others.length === urls.length) return server
      return others.length > 0 ? { ...server, urls: others } : []
    })
  }

  /** The STUN servers, the one to ask first. */
  get urls(): readonly string[] {
    return this.#urls
  }

  /** Asks this one from now on: it has answered. */
  prefer(url: string): void {
    if (this.#urls.includes(url)) this.#urls = [url, ...this.#urls.filter(other => other !== url)]
  }

  /** Asks this one last: it has not answered. */
  demote(url: string): void {
    if (this.#urls.includes(url)) this.#urls = [...this.#urls.filter(other => other !== url), url]
  }
}
