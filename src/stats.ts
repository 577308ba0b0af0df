/** Counts and state of a node: `dht.stats()`. */

import type { Connector } from './connections/connector.js'
import type { CloseReason, DropReason, Outcome } from './counters.js'
import type { MethodName } from './krpc/method-names.js'
import type { NetworkKind } from './network-kind.js'

/** All numbers count from the node's start, unless they say "now". Every reason and method is there, with 0 if need be. */
export interface Stats {
  /** Now: the kind of network that the node is in. */
  network: NetworkKind
  connections: {
    /** `RTCPeerConnection`s made, unanswered offers included. */
    made: number
    opened: number
    /** Now: in the making, unanswered offers included. */
    signalling: number
    /** Now: open. */
    open: number
    /** Now: open and without a tag. */
    untagged: number
    /** Now: open, by tag. One connection may have several. */
    byTag: Record<string, number>
    closed: Record<CloseReason, number>
  }
  offers: {
    /** Lent to queries. */
    leased: number
    /** How many of these had been lent before. */
    reused: number
    /** Closed without use. */
    wasted: number
    /** Now: in the pool. */
    pooled: number
  }
  queries: {
    /** Queries by this node, by what became of them. */
    sent: Record<MethodName, Record<Outcome, number>>
    /** Well-formed queries to this node. Unanswered ones are also in `drops`. */
    received: Record<MethodName, number>
  }
  /** Messages and HTTP requests that led to nothing. */
  drops: Record<DropReason, number>
  messages: { sent: number; received: number }
  /** Traffic of the data channels. */
  bytes: { sent: number; received: number }
  /** Frames of the extension `route`: sent by this node, relayed for others, and returned because a relay failed. */
  frames: { sent: number; passedOn: number; returned: number }
}

/** @internal A copy: it does not change any more. */
export function describeStats({ table, offers, network }: Connector): Stats {
  const { counters, counts } = table
  const open = [...table.all].filter(connection => connection.isOpen)
  const byTag: Record<string, number> = {}
  for (const { tags } of open) for (const tag of tags) byTag[tag] = (byTag[tag] ?? 0) + 1
  return structuredClone({
    network: network.kind,
    connections: {
      ...counters.connections,
      signalling: counts.existing - open.length,
      open: open.length,
      untagged: open.filter(({ tags }) => tags.size === 0).length,
      byTag,
      closed: counters.closed
    },
    offers: { ...counters.offers, pooled: offers.count },
    queries: { sent: counters.sent, received: counters.received } as Stats['queries'],
    drops: counters.drops,
    messages: counters.messages,
    bytes: counters.bytes,
    frames: counters.frames
  })
}
