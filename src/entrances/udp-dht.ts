/**
 * The DHT of UDP as a way in, for Node.js. Nodes that listen announce their HTTP port there, under a hash of the network's name;
 * newcomers look it up, and post their offers to the places that they find. The DHT stores the IPv4 address that it sees, not a name.
 */

import { messageOf, WebTorrentDHTError } from '../errors.js'
import { isLoopback, parseHost, parsePlace } from '../place.js'
import { BittorrentDHT } from '../upstream.js'
import { mayBeNamed } from '../wire/address-kind.js'
import type { Entrance } from './entrance.js'
import { FirstAnswer } from './first-answer.js'
import { hashOfNetwork } from './network-hash.js'
import { readUdpNodes, UDP_DHT } from './udp-dht-nodes.js'

const SECONDS = 1000
const MINUTES = 60 * SECONDS
/** Nodes forget announcements after 30 minutes. */
const ANNOUNCE_INTERVAL = 15 * MINUTES
/** The pause after an announcement that reached nobody. It doubles up to the usual one. */
const FIRST_PAUSE = 10 * SECONDS

export interface UdpDhtOptions {
  /** The name of the network: see the option `network`. */
  network: string
  /** Nodes of the DHT of UDP to join through, as `'host:port'`. Default: the routers of BitTorrent. */
  bootstrap?: readonly string[] | undefined
}

/** @throws WebTorrentDHTError `EINVAL` */
export function createUdpDhtEntrance({ network, bootstrap }: UdpDhtOptions): Entrance {
  const { nodes, isPrivate } = readUdpNodes('options.udpDht.bootstrap', bootstrap)
  const infoHash = hashOfNetwork(network)
  const open = () => new BittorrentDHT({ ...(nodes && { bootstrap: nodes }) })
  return {
    name: UDP_DHT,
    isLocal: isPrivate,
    async request(offer, { signal }) {
      const answers = new FirstAnswer({ offer, name: UDP_DHT, signal })
      const node = open()
      node.on('error', error => answers.fail(new WebTorrentDHTError('EUNREACHABLE', messageOf(error))))
      node.on('peer', peer => {
        const place = parsePlace(peer)
        if (place && mayBeNamed(place, isPrivate)) answers.add(place)
      })
      node.lookup(infoHash, () => answers.end())
      return answers.answer.finally(() => node.destroy())
    },
    async serve(_answer, { signal, address }) {
      const isHidden = address !== null && isLoopback(parseHost(address.host) ?? address.host)
      if (address === null || (isHidden && !isPrivate)) return
      await new Announcing(open(), infoHash, address.port, signal).whenOver
    }
  }
}

/** Announces a port for as long as its signal lets it. */
class Announcing {
  /** Rejects if the node has no socket. */
  readonly whenOver: Promise<void>
  readonly #node: BittorrentDHT
  readonly #infoHash: Buffer
  readonly #port: number
  #pause = FIRST_PAUSE
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(node: BittorrentDHT, infoHash: Buffer, port: number, signal: AbortSignal) {
    this.#node = node
    this.#infoHash = infoHash
    this.#port = port
    this.whenOver = new Promise((resolve, reject) => {
      node.on('error', cause => {
        this.#close()
        reject(new WebTorrentDHTError('ELISTEN', messageOf(cause), { cause }))
      })
      const close = () => {
        this.#close()
        resolve()
      }
      if (signal.aborted) return close()
      signal.addEventListener('abort', close, { once: true })
      node.listen(0)
      this.#announce()
    })
  }

  #announce(): void {
    this.#node.announce(this.#infoHash, this.#port, (error, reached = 0) => {
      if (this.#node.destroyed) return
      const hasReached = !error && reached > 0
      this.#pause = hasReached ? ANNOUNCE_INTERVAL : Math.min(2 * this.#pause, ANNOUNCE_INTERVAL)
      this.#timer = setTimeout(() => this.#announce(), this.#pause)
    })
  }

  #close(): void {
    clearTimeout(this.#timer)
    this.#node.destroy()
  }
}
