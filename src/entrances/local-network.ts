/**
 * The local network as a way in, for Node.js: multicast DNS (RFC 6762). Nodes that listen advertise their HTTP port; newcomers ask for
 * them, and post their offers to the places that answer. What is asked is the address that an answer came from, whatever it says.
 */

import { randomBytes } from 'node:crypto'
import { messageOf, WebTorrentDHTError } from '../errors.js'
import { readInterfaces } from '../interfaces.js'
import { isLoopback, parseHost } from '../place.js'
import { isIPv4 } from '../wire/compact.js'
import type { Entrance } from './entrance.js'
import { FirstAnswer } from './first-answer.js'
import { type MulticastOptions, openMulticastDns } from './multicast-dns.js'
import {
  type Advertisement,
  asksForNodes,
  LOCAL_NETWORK,
  readAdvertised,
  recordsOf,
  SERVICE
} from './service-records.js'

const SECONDS = 1000
/** When a newcomer asks, since its beginning: packets may be lost, and nobody answers twice within a second. */
const QUERIES = [0, 1 * SECONDS, 3 * SECONDS]
/** When it no longer waits for answers. */
const END = 5 * SECONDS
/** RFC 6762, section 6: no record is sent again before. */
const LEAST_PAUSE = 1 * SECONDS

export interface LocalNetworkOptions {
  /** The name of the network: see the option `network`. Others in the local network can read it. */
  network: string
  /** For tests. */
  multicast?: MulticastOptions
}

export function createLocalNetworkEntrance({ network, multicast = {} }: LocalNetworkOptions): Entrance {
  return {
    name: LOCAL_NETWORK,
    isLocal: true,
    async request(offer, { signal }) {
      const answers = new FirstAnswer({ offer, name: LOCAL_NETWORK, signal })
      const socket = openMulticastDns(multicast)
      socket.on('error', error => answers.fail(new WebTorrentDHTError('EUNREACHABLE', messageOf(error))))
      socket.on('response', (packet, { address }) => {
        if (!isOnLink(address)) return
        for (const { network: other, port } of readAdvertised(packet)) {
          if (other === network) answers.add({ host: address, port, url: null })
        }
      })
      const ask = () => socket.query([{ name: SERVICE, type: 'PTR' }])
      const timers = QUERIES.map(delay => setTimeout(ask, delay))
      timers.push(setTimeout(() => answers.end(), END))
      return answers.answer.finally(() => {
        for (const timer of timers) clearTimeout(timer)
        socket.destroy()
      })
    },
    async serve(_answer, { signal, listening }) {
      const addresses = listening ? addressesAt(listening.host) : []
      if (!listening || addresses.length === 0) return
      const label = `node-${randomBytes(6).toString('hex')}`
      await advertise({ label, network, port: listening.port, addresses }, multicast, signal)
    }
  }
}

/** Advertises a node until `signal` aborts. Rejects if there is no multicast here. */
function advertise(
  advertisement: Advertisement,
  options: MulticastOptions,
  signal: AbortSignal
): Promise<void> {
  const socket = openMulticastDns(options)
  let lastAt = Number.NEGATIVE_INFINITY
  const tell = () => {
    if (performance.now() - lastAt < LEAST_PAUSE) return
    lastAt = performance.now()
    socket.respond(recordsOf(advertisement))
  }
  socket.once('ready', tell)
  socket.on('query', (packet, { address }) => {
    if (isOnLink(address) && asksForNodes(packet)) tell()
  })
  return new Promise((resolve, reject) => {
    const end = () => socket.respond(recordsOf(advertisement, true), () => socket.destroy(resolve))
    signal.addEventListener('abort', end, { once: true })
    if (signal.aborted) end()
    socket.on('error', cause => {
      signal.removeEventListener('abort', end)
      socket.destroy()
      reject(new WebTorrentDHTError('ELISTEN', messageOf(cause), { cause }))
    })
  })
}

/** The IPv4 addresses where a server is reached that listens at `host`; none if only from this machine. */
function addressesAt(host: string): string[] {
  const isAny = host === '0.0.0.0' || host === '::'
  if (!isAny) return isIPv4(host) && !isLoopback(parseHost(host) ?? host) ? [host] : []
  return interfaces().flatMap(({ address, internal }) => (internal ? [] : address))
}

/** Whether a packet came from the local network: a socket gets others, too (RFC 6762, section 11). */
function isOnLink(address: string): boolean {
  return interfaces().some(own => {
    const mask = toNumber(own.netmask)
    return (toNumber(own.address) & mask) === (toNumber(address) & mask)
  })
}

function interfaces() {
  return readInterfaces().filter(({ family }) => family === 'IPv4')
}

function toNumber(address: string): number {
  return address.split('.').reduce((number, byte) => (number << 8) | Number(byte), 0)
}
