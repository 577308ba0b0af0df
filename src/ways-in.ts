/** Reads the options that say how a node gets in: places that are asked over HTTP, and entrances. */

import {
  checkNames,
  invalid,
  optional,
  readBoolean,
  readFunction,
  readName,
  readObject
} from './arguments.js'
import type { AnswerOffer, CarryOffer, Entrance } from './entrances/entrance.js'
import type { NodeEntrances } from './entrances/of-node.js'
import { entranceAt, SCHEMES, type Scheme, schemeOf } from './entrances/schemes.js'
import { type Place, parseHost, parsePlace } from './place.js'
import type { Platform } from './platform.js'
import { suggest } from './unknown-name.js'

export const DEFAULT_PORT = 16881
export const DEFAULT_ADDRESS = '127.0.0.1'
const DEFAULT_NETWORK = 'webtorrent-dht'
const PLACES =
  "'host:port', {host, port}, an http: or https: URL without a password, that of a tracker (wss:), 'tabs:', or false"

/**
 * A place to join at: `'host:port'`, `{host, port}`, or a URL (`'https://dht.example.org/join'`). IPv6 stands in brackets where it is
 * not alone. `'wss://tracker.example.org'` and `ws://` are WebTorrent trackers.
 */
export type BootstrapPlace = string | { host: string; port: number }

/** The options that say how a node gets in. */
export interface WaysInOptions {
  /**
   * Where to join. `false`: do not. Default: `'127.0.0.1:16881'`, unless there are `entrances`. HTTPS is tried first where a place has
   * no scheme, except on this machine and in private networks.
   */
  bootstrap?: BootstrapPlace | BootstrapPlace[] | boolean
  /** Alias of `bootstrap`; wins if both are given. */
  nodes?: BootstrapPlace | BootstrapPlace[] | boolean
  /**
   * Ways in of the application's own, beside `bootstrap`. A function carries an offer to a node of the network, somehow, and returns its
   * answer. An {@link Entrance} may let newcomers in, too.
   */
  entrances?: (Entrance | CarryOffer)[]
  /**
   * The name of the network, 1 to 64 bytes, from which entrances derive what they meet under: nodes with different names never meet
   * through an entrance. Default: `'webtorrent-dht'`.
   */
  network?: string
  /**
   * Node.js: whether nodes meet over BitTorrent's DHT of UDP as well. A node that listens announces its HTTP port there. `bootstrap`: the
   * nodes of UDP to join through, as `'host:port'`; by default the routers of BitTorrent. Default: `false`.
   */
  udpDht?: boolean | { bootstrap?: readonly string[] }
  /** Node.js: whether nodes meet in the local network as well, by multicast DNS. Default: `false`. */
  localNetwork?: boolean
}

/** @internal */
export interface WaysIn {
  /** The places that are asked over HTTP. */
  bootstrap: Place[]
  entrances: Entrance[]
  network: string
}

/** @internal @param schemes the kinds of entrances that `bootstrap` may name @throws WebTorrentDHTError `EINVAL` */
export function resolveWaysIn(given: WaysInOptions, platform: Platform, schemes = SCHEMES): WaysIn {
  const network = optional(readName, 'options.network', given.network) ?? DEFAULT_NETWORK
  const own = [
    ...readNodeEntrances(given, network, platform.nodeEntrances),
    ...readEntrances(given.entrances)
  ]
  const places = given.nodes ?? given.bootstrap ?? own.length === 0
  const list = places === true ? [`${DEFAULT_ADDRESS}:${DEFAULT_PORT}`] : [places].flat()
  const bootstrap: Place[] = []
  const named: Entrance[] = []
  for (const place of places === false ? [] : list) {
    const scheme = schemeOf(place, schemes)
    if (scheme && typeof place === 'string' && scheme.isPlace(place)) {
      named.push(entranceAt(place, scheme, { network, platform }))
    } else {
      bootstrap.push(readPlace(place, schemes, scheme?.form))
    }
  }
  return { bootstrap, entrances: [...named, ...own], network }
}

/** @param form what it should be, where it begins as the place of an entrance */
function readPlace(given: unknown, schemes: readonly Scheme[], form?: string): Place {
  const place = form === undefined ? parsePlace(given) : undefined
  if (place) return place
  throw invalid('options.bootstrap', given, form ?? wantedFor(given, schemes))
}

/** The form of a place, for an error: with the nearest scheme, or a word that the port is missing. */
function wantedFor(given: unknown, schemes: readonly Scheme[]): string {
  if (typeof given !== 'string') return PLACES
  const [, name = '', colon] = /^([a-z]+)(:|$)/i.exec(given) ?? []
  const known = [...schemes.map(({ prefix }) => prefix.replace(/:.*/, '')), 'http', 'https']
  const isKnown = colon === ':' && known.includes(name.toLowerCase())
  const nearest = isKnown ? '' : suggest(name, known).replace(/'$/, ":'")
  if (nearest !== '' || parseHost(given) === undefined) return PLACES + nearest
  return "'host:port', of which the port is missing, or a URL: 'https://…'"
}

/** The ways in of Node.js that are asked for. */
function readNodeEntrances(
  { udpDht, localNetwork }: WaysInOptions,
  network: string,
  entrances: NodeEntrances | undefined
): Entrance[] {
  const opened: Entrance[] = []
  const settings = typeof udpDht === 'object' ? udpDht : null
  if (settings) checkNames('options.udpDht', settings, ['bootstrap'])
  else optional(readBoolean, 'options.udpDht', udpDht)
  if (udpDht) {
    opened.push(inNode('options.udpDht', udpDht, entrances).udpDht(network, settings?.bootstrap))
  }
  if (optional(readBoolean, 'options.localNetwork', localNetwork)) {
    opened.push(inNode('options.localNetwork', localNetwork, entrances).localNetwork(network))
  }
  return opened
}

function inNode(name: string, given: unknown, entrances: NodeEntrances | undefined): NodeEntrances {
  if (entrances) return entrances
  throw invalid(name, given, 'false: only Node.js has it')
}

function readEntrances(given: unknown): Entrance[] {
  if (given === undefined || given === null) return []
  if (!Array.isArray(given)) throw invalid('options.entrances', given, 'an array of functions and entrances')
  return given.map((entrance, i) => readEntrance(`options.entrances[${i}]`, entrance))
}

function readEntrance(name: string, given: unknown): Entrance {
  if (typeof given === 'function') return { name, request: readFunction<CarryOffer>(name, given) }
  const entrance = readObject<Entrance>(name, given)
  if (typeof entrance.name !== 'string' || entrance.name === '') {
    throw invalid(`${name}.name`, entrance.name, 'a string, not empty')
  }
  optional(readBoolean, `${name}.isLocal`, entrance.isLocal)
  optional(readFunction<CarryOffer>, `${name}.request`, entrance.request)
  optional(readFunction<(answer: AnswerOffer) => void>, `${name}.serve`, entrance.serve)
  if (!entrance.request && !entrance.serve) {
    throw invalid(name, given, 'an entrance with `request` or `serve`')
  }
  return entrance
}
