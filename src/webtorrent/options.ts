/** The options of `attach`: their defaults, and what they must be. */

import { optional, readFunction, readInteger, readObject, readOptions } from '../arguments.js'
import { WebTorrentDHTError } from '../errors.js'
import { namesTurn } from '../ice-servers.js'
import type { SimplePeerConstructor, SimplePeerOptions } from '../simple-peer.js'

const MINUTES = 60_000
/** The DHT repeats an announcement for 30 minutes, and others keep it for 45. */
const LONGEST_ANNOUNCE_INTERVAL = 25 * MINUTES

export interface AttachOptions {
  /**
   * A torrent looks for peers, and connects to those that it finds, while it has fewer; others may connect to it until it has the
   * client's `maxConns`. Default: 20, since pages are limited in `RTCPeerConnection`s.
   */
  wantedPeers?: number | undefined
  /** Connections that are being made at the same time by this client, for all its torrents. Default: 5. */
  maxDials?: number | undefined
  /** Milliseconds from one announcement of a torrent to the next, 25 minutes at most. Default: 15 minutes. */
  announceInterval?: number | undefined
  /**
   * The class of the connections to peers, with the interface of `simple-peer`: for example `@thaunknown/simple-peer/lite.js`, which
   * WebTorrent has. Default: the DHT's own.
   */
  Peer?: SimplePeerConstructor | undefined
  /** For that class: `config.iceServers`, for example. Default: those of the DHT, where its own class is used. */
  peerOptions?: SimplePeerOptions | undefined
}

/** @internal Every option, checked. */
export interface ResolvedAttachOptions {
  readonly wantedPeers: number
  readonly maxDials: number
  readonly announceInterval: number
  readonly Peer: SimplePeerConstructor | undefined
  readonly peerOptions: SimplePeerOptions
  /** Whether connections of that class use a TURN server; `undefined` for the DHT's own. */
  readonly hasTurn: boolean | undefined
}

/** @internal @throws WebTorrentDHTError `EINVAL` for an option with a wrong value */
export function resolveAttachOptions(given: AttachOptions): ResolvedAttachOptions {
  const options = readOptions(given, ['wantedPeers', 'maxDials', 'announceInterval', 'Peer', 'peerOptions'])
  const { wantedPeers = 20, maxDials = 5, announceInterval = 15 * MINUTES, Peer, peerOptions = {} } = options
  readInteger('options.wantedPeers', wantedPeers, 1, 10_000)
  readInteger('options.maxDials', maxDials, 1, 1000)
  readInteger('options.announceInterval', announceInterval, 1, LONGEST_ANNOUNCE_INTERVAL)
  optional(readFunction, 'options.Peer', Peer)
  optional(readObject, 'options.peerOptions', options.peerOptions)
  if (Peer === undefined && options.peerOptions !== undefined) {
    throw new WebTorrentDHTError('EINVAL', 'option peerOptions needs Peer; the DHT has simple_peer_opts')
  }
  const hasTurn = Peer && namesTurn(peerOptions.config?.iceServers)
  return Object.freeze({ wantedPeers, maxDials, announceInterval, Peer, peerOptions, hasTurn })
}
