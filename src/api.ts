/** The exports of the package, in Node.js and in browsers alike. The entries add the platform. */

import { idOfKey, isIdOfKey } from './bound-id.js'
import { type ErrorCode, WebTorrentDHTError } from './errors.js'
import { callable } from './faces/callable.js'
import { KRPCSocketWebRTC as KRPCSocketWebRTCClass } from './faces/k-rpc-socket-webrtc.js'
import { KRPCWebRTC as KRPCWebRTCClass } from './faces/k-rpc-webrtc.js'
import { WebRTCSocket } from './faces/webrtc-socket.js'
import { WebTorrentDHT } from './faces/webtorrent-dht.js'

export const KRPCWebRTC = callable(KRPCWebRTCClass)
export type KRPCWebRTC = KRPCWebRTCClass
export const KRPCSocketWebRTC = callable(KRPCSocketWebRTCClass)
export type KRPCSocketWebRTC = KRPCSocketWebRTCClass

// `require('webtorrent-dht')` and the global `WebTorrentDHT` of a page are the class itself; the other names are on it.
Object.assign(WebTorrentDHT, {
  Client: WebTorrentDHT,
  Server: WebTorrentDHT,
  WebTorrentDHT,
  KRPCWebRTC,
  KRPCSocketWebRTC,
  WebRTCSocket,
  WebTorrentDHTError,
  idOfKey,
  isIdOfKey
})

export type { Abortable } from './abort-signals.js'
export type { Awaitable } from './awaitable.js'
export type { Bytes, Encoding, PageBytes } from './bytes.js'
export type { CloseReason, DropReason, Outcome } from './counters.js'
export type { Certificate, CertificateSource } from './entrances/certificate.js'
export type { AnswerOffer, CarriedAnswer, CarriedSignal, CarryOffer, Entrance } from './entrances/entrance.js'
export type { AcceptedInvitation, Invitation, InviteOptions } from './entrances/invitation.js'
export type { HttpRequest, HttpResponse, RequestListener } from './entrances/request-listener.js'
export type { HttpLimits } from './entrances/server-interface.js'
export type { TurnOptions } from './entrances/turn-credentials.js'
export type { TypedEmitter } from './events.js'
export type { LeaveOptions } from './faces/leaving.js'
export type { ListenParameters, ListenPlace } from './faces/listen-arguments.js'
export type { DHTPromises, LookupOptions } from './faces/promises.js'
export type { PutResult } from './faces/put-outcome.js'
export type { RecordVersion, SetResult, SignedRecord } from './faces/signed-record.js'
export type { WebRTCSocketEvents } from './faces/webrtc-socket.js'
export type { Status } from './joining/status.js'
export type { CryptoKeys, KeyPair, Signer } from './key-pair.js'
export type { KnownNode } from './known-nodes.js'
export type { MethodName as Method } from './krpc/method-names.js'
export type { Limits } from './limits.js'
export type { NetworkKind } from './network-kind.js'
export type { WebTorrentDHTOptions } from './options.js'
export type { PromiseOptions } from './reaching/abortable.js'
export type { DialHandler, HandleOptions, IncomingDial } from './reaching/incoming-dial.js'
export type {
  ConnectOptions,
  DialOptions,
  NodeConnection,
  Progress,
  ReachOptions,
  Target
} from './reaching/reaching.js'
export type { SearchStep } from './search-step.js'
export type { SimplePeer, SimplePeerConstructor, SimplePeerOptions, WebRTC } from './simple-peer.js'
export type { Stats } from './stats.js'
export type { HandedOver } from './storing/handed-over.js'
export type { NodeState } from './storing/node-state.js'
export type { PeerEntry, PeerStore, Store, ValueEntry, ValueStore } from './storing/store.js'
export type {
  BareValue,
  GetCallback,
  GetOptions,
  ImmutablePut,
  KRPCMessage,
  MutablePut,
  Peer,
  PutCallback,
  PutError,
  PutTally,
  PutValue,
  Query,
  StateValue,
  Verify
} from './upstream.js'
export type {
  CodedError,
  Contact,
  DHTEvents,
  FoundPeer,
  KBucketEvents,
  KRPCEvents,
  KRPCSocketEvents,
  RemoteInfo,
  StoredValue
} from './upstream-events.js'
export type { BootstrapPlace } from './ways-in.js'
export type { Value } from './wire/value.js'
export {
  type ErrorCode,
  idOfKey,
  isIdOfKey,
  WebRTCSocket,
  WebTorrentDHT,
  WebTorrentDHT as Client,
  WebTorrentDHT as default,
  WebTorrentDHT as Server,
  WebTorrentDHTError
}
