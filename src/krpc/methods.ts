/** The methods that a node knows: a new one is a file in methods/, and its line here. */

import type { MethodName } from './method-names.js'
import { announcePeer } from './methods/announce-peer.js'
import { dial } from './methods/dial.js'
import { findNode } from './methods/find-node.js'
import { get } from './methods/get.js'
import { getPeers } from './methods/get-peers.js'
import { neighbours } from './methods/neighbours.js'
import { peerConnection } from './methods/peer-connection.js'
import { ping } from './methods/ping.js'
import { put } from './methods/put.js'
import { release } from './methods/release.js'

/** Those of the connections themselves, which every node answers. */
export const NODE_METHODS = [ping, peerConnection, release, neighbours, dial] as const

/** Those of BEP 5 and BEP 44, which a DHT answers. */
export const DHT_METHODS = [ping, findNode, getPeers, announcePeer, get, put] as const

type Listed<Name extends MethodName> = Name

/** The names of the methods above; it does not compile where one is missing from {@link MethodName}. */
export type ListedName = Listed<
  ReturnType<(typeof NODE_METHODS)[number] | (typeof DHT_METHODS)[number]>['name']
>
