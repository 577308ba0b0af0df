/** The options of a node: checked once, where they come in, and frozen. The caller's object is never written to. */

import {
  checkNames,
  invalid,
  optional,
  readBoolean,
  readCount,
  readFunction,
  readObject,
  readPort,
  readPositive,
  readSafely
} from './arguments.js'
import { type Certificate, type CertificateSource, readCertificateSource } from './entrances/certificate.js'
import type { Entrance } from './entrances/entrance.js'
import type { RequestListener } from './entrances/request-listener.js'
import type { HttpLimits } from './entrances/server-interface.js'
import { readTrustedProxies, type TrustedProxies } from './entrances/trusted-proxies.js'
import { type ResolvedTurn, readTurn, type TurnOptions } from './entrances/turn-credentials.js'
import { offeredExtensions } from './extensions.js'
import type { Id } from './id.js'
import { resolveIdentity, resolveIdLength } from './identity.js'
import type { KeyPair, NodeKey } from './key-pair.js'
import { DEFAULT_LIMITS, type Limits } from './limits.js'
import { isLoopback, type Place, parseHost } from './place.js'
import { getDefaultPlatform, type Platform } from './platform.js'
import type { SimplePeerConstructor, SimplePeerOptions } from './simple-peer.js'
import { readPeerClass, readPeerOptions } from './simple-peer-options.js'
import { type GivenState, readState } from './storing/given-state.js'
import type { NodeState } from './storing/node-state.js'
import type { Store } from './storing/store.js'
import { checkUpstreamOptions, LONGEST_TIME, readTime, type UpstreamOptions } from './upstream-options.js'
import { resolveWaysIn, type WaysInOptions } from './ways-in.js'

/** The options of `WebTorrentDHT`. Those of `bittorrent-dht` work as they do there. */
export interface WebTorrentDHTOptions extends UpstreamOptions, WaysInOptions {
  /**
   * This node's key, ed25519: a seed of 32 bytes or 64 hex digits, or what `DHT.keyPair()` gave. The node's id is bound to it: nobody
   * else can use that id. Keep it to keep the id over a restart, and keep it secret; `toJSON()` does not have it. Default: a new
   * one, unless `nodeId` or `state` gives an id that is bound to none.
   */
  key?: Uint8Array | string | Pick<KeyPair, 'seed'>
  /**
   * An id that is a claim, as in `bittorrent-dht`: bytes or hex. Nothing proves it, unless it is the id of `key`. Default: the id of
   * the key.
   */
  nodeId?: Uint8Array | string
  /** Alias of `nodeId`. */
  id?: Uint8Array | string
  /** Milliseconds that a query waits for its reply, the time to connect included. Default: 2000. */
  timeout?: number
  /** The length of ids in bytes. Default: that of the hash. */
  idLength?: number

  /**
   * The `toJSON()` of an earlier node: to join at the places that it knew beside `bootstrap`, to store its values again, and
   * to go on with its id, if that is bound to no key, or to `key`. What is not understood is left out, with a warning `ESTATE`, values that do not belong to their
   * keys among it.
   */
  state?: Partial<NodeState>
  /**
   * Where values and announcements are stored. Default: in memory, where `maxValues`, `maxPeers` and `maxAge` are its limits;
   * a store that is given has its own. `webtorrent-dht/directory-store` has one on disk, for Node.js. The node closes it when
   * it is destroyed.
   */
  store?: Store

  /** The size of a bucket in the routing table. Default: 2, because each node in it is a connection. */
  k?: number
  /** How many nodes a lookup converges on and stores at. Default: 8. */
  lookupWidth?: number
  /** Extensions of the application: names that are offered to other nodes. */
  extensions?: string[]
  /** Passed to `simple-peer`: `wrtc` for another WebRTC, `config.iceServers` for other STUN and TURN servers. */
  simple_peer_opts?: SimplePeerOptions
  /** Another class with the interface of `simple-peer`. */
  simple_peer_constructor?: SimplePeerConstructor
  /** The public place of this node's HTTP server, where it differs from the one listened on. */
  http_address?: { address: string; port: number }
  /**
   * Seconds that an offer waits for an answer, and a connection for the other side. Default: 30. A connection of which
   * both descriptions are known is given 5 at most.
   */
  peer_connection_timeout?: number
  /**
   * `RTCPeerConnection`s at the same time. Default: 64; Chromium allows 500 in a page. The routing table keeps half of them at
   * most, and applications may tag three eighths.
   */
  maxConnections?: number
  /** How many of these may be in the making. Default: half of them. */
  maxPendingConnections?: number
  /**
   * Whether an origin on this machine or in a private network may hold any number of connections; others may hold an eighth
   * of `maxConnections`. Default: `true`, unless the node listens on a public address or on all.
   */
  exemptLocal?: boolean
  /** How much other nodes may ask of this one. */
  limits?: Partial<Limits>
  /**
   * The reverse proxies before this node's HTTP server: addresses or subnets, `'loopback'`, `'private'` (and loopback), or how many
   * there are, one behind the other. A request that comes over them is counted for the address that they name in
   * `X-Forwarded-For`. Default: none; then a request with such a header is counted for nobody.
   */
  trustProxy?: string | readonly string[] | number
  /**
   * The certificate and the key of the HTTP server, in PEM: `{cert, key}`. It speaks HTTPS only then. A function that returns them is
   * called for each connection, so that a renewed certificate counts at once. Default: plain HTTP.
   */
  tls?: CertificateSource
  /** Limits of the HTTP server. */
  httpLimits?: Partial<HttpLimits>
  /**
   * Responds to HTTP requests that are not offers, as `node:http`'s `requestListener` does: to serve a page at the address
   * that others join at. It gets every method but POST and OPTIONS, and `httpLimits` do not count these. Default: 405.
   */
  requestListener?: RequestListener
  /**
   * TURN servers that newcomers may use: they get credentials with the answer, which expire. Needs a server that takes those of coturn's
   * `use-auth-secret`. Node.js only. Default: none.
   */
  turn?: TurnOptions
  /**
   * Whether to use the TURN servers that the places in `bootstrap` hand out, for connections that do not open without. Those of other
   * places are never used. Default: `true`.
   */
  useTurn?: boolean
  /** For `WebTorrentDHT`: a `KRPCWebRTC` to use, with its options, in place of a new one. */
  krpc?: object
  /** For `KRPCWebRTC`: a `KRPCSocketWebRTC` to use, with its options, in place of a new one. */
  krpcSocket?: object
  /** @internal Runs the node instead of Node.js or a browser: for tests. */
  platform?: Platform
}

/** @internal The options that the components work with: every one, checked, with its default. */
export interface ResolvedOptions {
  readonly platform: Platform
  readonly id: Id
  /** The key that the id is bound to; `null`: the id is a claim. */
  readonly keyPair: NodeKey | null
  /** Whether ids of this DHT can be bound to keys. */
  readonly hasBoundIds: boolean
  readonly idLength: number
  readonly bucketSize: number
  readonly lookupWidth: number
  readonly queryTimeout: number
  readonly extensions: readonly string[]
  readonly simplePeerOptions: SimplePeerOptions
  readonly simplePeerConstructor: SimplePeerConstructor
  readonly httpAddress: { address: string; port: number } | null
  readonly peerConnectionTimeout: number
  /** The places that are asked over HTTP. */
  readonly bootstrap: readonly Place[]
  /** The other ways in. */
  readonly entrances: readonly Entrance[]
  /** The name of the network. */
  readonly network: string
  readonly state: GivenState
  /** `null`: in memory. */
  readonly store: Store | null
  readonly maxConnections: number
  readonly maxPendingConnections: number
  /** `null`: depends on where the node listens. */
  readonly exemptLocal: boolean | null
  readonly limits: Limits
  readonly httpLimits: HttpLimits
  readonly trustProxy: TrustedProxies | null
  /** Gives the current certificate; `null`: plain HTTP. */
  readonly tls: (() => Certificate) | null
  readonly requestListener: RequestListener | null
  readonly turn: ResolvedTurn | null
  readonly useTurn: boolean
  /** The caller's options, for the upstream classes. */
  readonly given: Readonly<WebTorrentDHTOptions>
}

const SECONDS = 1000

/** @internal */
export const DEFAULT_HTTP_LIMITS: HttpLimits = {
  // An offer of 8 kB with JSON's escapes.
  bodyBytes: 16 * 1024,
  requestTimeout: 5 * SECONDS,
  // An answer takes a few milliseconds, half a second with a dead STUN server.
  concurrentRequests: 64,
  // A household, a class room or a test of tabs behind one address; each tab needs one.
  requestsPerAddress: 300,
  // Half of the descriptors that many systems give a process.
  sockets: 512
}

const resolved = new WeakSet<object>()

function isResolved(options: object | null | undefined): options is ResolvedOptions {
  return options instanceof Object && resolved.has(options)
}

/** @internal Checks options and fills in the defaults. Resolved options are returned as they are. @throws WebTorrentDHTError `EINVAL` */
export function resolveOptions(options?: WebTorrentDHTOptions | ResolvedOptions | null): ResolvedOptions {
  return isResolved(options) ? options : readSafely('options', () => resolve(options))
}

function resolve(options: WebTorrentDHTOptions | null | undefined): ResolvedOptions {
  const given: WebTorrentDHTOptions = optional(readObject, 'options', options) ?? {}
  checkUpstreamOptions(given)
  const platform = given.platform ?? getDefaultPlatform()
  if (!platform)
    throw invalid('options.platform', given.platform, 'a platform; import the package by its name')
  const idLength = resolveIdLength(given)
  const { bootstrap, entrances, network } = resolveWaysIn(given, platform)
  // STUN is asked by default, but not where all that is known of the network is on this machine.
  const isHere =
    bootstrap.length > 0 && entrances.length === 0 && bootstrap.every(({ host }) => isLoopback(host))
  const earlier = readState(given.state, idLength)
  const { id, keyPair, hasBoundIds, warnings } = resolveIdentity({
    nodeId: given.nodeId ?? given.id,
    key: given.key,
    earlier: earlier.id,
    idLength,
    hasOtherHash: Boolean(given.hash),
    createNodeKey: platform.createNodeKey
  })
  const state = { ...earlier, warnings: [...earlier.warnings, ...warnings] }
  const maxConnections = count('maxConnections', given.maxConnections, 64)
  const result: ResolvedOptions = Object.freeze({
    platform,
    idLength,
    id,
    keyPair,
    hasBoundIds,
    bucketSize: count('k', given.k, 2),
    lookupWidth: count('lookupWidth', given.lookupWidth, 8),
    queryTimeout: optional(readTime, 'options.timeout', given.timeout) ?? 2 * SECONDS,
    extensions: offeredExtensions(stringList('extensions', given.extensions)),
    simplePeerOptions: readPeerOptions(given.simple_peer_opts, isHere, !given.simple_peer_constructor),
    simplePeerConstructor: readPeerClass(given.simple_peer_constructor),
    httpAddress: resolveHttpAddress(given.http_address),
    peerConnectionTimeout: Math.min(
      positive('peer_connection_timeout', given.peer_connection_timeout, 30) * SECONDS,
      LONGEST_TIME
    ),
    bootstrap,
    entrances,
    network,
    state,
    store: resolveStore(given.store),
    maxConnections,
    maxPendingConnections: count(
      'maxPendingConnections',
      given.maxPendingConnections,
      Math.ceil(maxConnections / 2)
    ),
    exemptLocal: optional(readBoolean, 'options.exemptLocal', given.exemptLocal) ?? null,
    limits: resolveLimits('limits', given.limits, DEFAULT_LIMITS),
    httpLimits: resolveLimits('httpLimits', given.httpLimits, DEFAULT_HTTP_LIMITS),
    trustProxy: optional(readTrustedProxies, 'options.trustProxy', given.trustProxy) ?? null,
    tls: optional(readCertificateSource, 'options.tls', given.tls) ?? null,
    requestListener:
      optional(readFunction<RequestListener>, 'options.requestListener', given.requestListener) ?? null,
    turn: optional(readTurn, 'options.turn', given.turn) ?? null,
    useTurn: optional(readBoolean, 'options.useTurn', given.useTurn) ?? true,
    given
  })
  resolved.add(result)
  return result
}

function positive(name: string, value: unknown, byDefault: number): number {
  return optional(readPositive, `options.${name}`, value) ?? byDefault
}

function count(name: string, value: unknown, byDefault: number): number {
  return optional(readCount, `options.${name}`, value) ?? byDefault
}

function stringList(name: string, value: unknown): string[] {
  const list = value ?? []
  const isList = Array.isArray(list) && list.every(item => typeof item === 'string' && item !== '')
  if (!isList) throw invalid(`options.${name}`, value, 'an array of strings')
  return [...list]
}

function resolveLimits<T extends { [Name in keyof T]: number }>(
  option: string,
  given: Partial<T> | undefined | null,
  defaults: T
): T {
  const names = Object.keys(defaults) as (keyof T & string)[]
  if (given) checkNames(`options.${option}`, given, names)
  const limits = names.map(name => [name, count(`${option}.${name}`, given?.[name], defaults[name])])
  return Object.fromEntries(limits) as T
}

function resolveStore(given: WebTorrentDHTOptions['store']): Store | null {
  if (given === undefined || given === null) return null
  for (const part of ['values', 'peers'] as const) {
    for (const method of ['get', 'put', 'remove', 'entries'] as const) {
      readFunction(`options.store.${part}.${method}`, given[part]?.[method])
    }
  }
  optional(readFunction, 'options.store.close', given.close)
  return given
}

function resolveHttpAddress(
  value: WebTorrentDHTOptions['http_address']
): { address: string; port: number } | null {
  if (value === undefined || value === null) return null
  const address = parseHost(value.address)
  if (address === undefined) throw invalid('options.http_address', value, '{address, port}')
  return { address, port: readPort('options.http_address.port', value.port) }
}
