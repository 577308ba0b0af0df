/** The methods that a node knows. A new method needs a file in methods/, and its name here. */

import type { MethodName } from './method-names.js'
import { announcePeer } from './methods/announce-peer.js'
import { candidates } from './methods/candidates.js'
import { dial } from './methods/dial.js'
import { findNode } from './methods/find-node.js'
import { get } from './methods/get.js'
import { getPeers } from './methods/get-peers.js'
import { getTopic } from './methods/get-topic.js'
import { neighbours } from './methods/neighbours.js'
import { peerConnection } from './methods/peer-connection.js'
import { ping } from './methods/ping.js'
import { put } from './methods/put.js'
import { putTopic } from './methods/put-topic.js'
import { release } from './methods/release.js'
import { tellPeers } from './methods/tell-peers.js'
import { watchPeers } from './methods/watch-peers.js'

/** The methods about connections, which every node knows. */
export const NODE_METHODS = [ping, peerConnection, candidates, release, neighbours, dial] as const

/** The methods of BEP 5 and BEP 44 and those for watching and topics, which a node with a DHT knows. */
export const DHT_METHODS = [
  ping,
  findNode,
  getPeers,
  announcePeer,
  get,
  put,
  watchPeers,
  tellPeers,
  putTopic,
  getTopic
] as const

type Listed<Name extends MethodName> = Name

/** The names of the methods above. It does not compile if one is missing from {@link MethodName}. */
export type ListedName = Listed<
  ReturnType<(typeof NODE_METHODS)[number] | (typeof DHT_METHODS)[number]>['name']
>
