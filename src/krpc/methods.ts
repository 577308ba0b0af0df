/** The methods that a node knows: a new one is a file in methods/, and its line here. */

import type { Messages } from './method.js'
import { announcePeer } from './methods/announce-peer.js'
import type { DhtParts } from './methods/dht-parts.js'
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
export const DHT_METHODS = [findNode, getPeers, announcePeer, get, put] as const

/** The messages of these, for a node that asks without a DHT of its own. */
export function describeDhtMethods(idLength: number): Messages[] {
  // The parts are for answers only.
  return DHT_METHODS.map(create => create({ idLength } as DhtParts))
}

/** The name of a method of the protocol. */
export type MethodName = ReturnType<(typeof NODE_METHODS)[number] | (typeof DHT_METHODS)[number]>['name']
