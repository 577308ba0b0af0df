/** Describes the nodes that a node knows now, for people to look at. */

import type { Connector } from './connections/connector.js'
import type { PeerConnection } from './connections/peer-connection.js'
import type { HttpServerInfo } from './wire/server-info.js'

/** A node that this one knows of. */
export interface KnownNode {
  /** Its id in hex. */
  id: string
  /** `'known'`: others have named it, and there is no connection to it. */
  state: 'connected' | 'connecting' | 'known'
  /** The owners that need the connection: see `add_tag`. */
  tags: string[]
  /** Whether this node made the offer of the connection; `null` without one. */
  isInitiator: boolean | null
  /** Ids of nodes that have named it, the latest first, 4 at most: its neighbours, as far as this node knows. */
  namedBy: string[]
  /** Its HTTP server, if it is connected and said that it has one. */
  httpServer: HttpServerInfo | null
}

/** @internal All nodes that this one knows of: those of its connections, and some hundred that others have named. */
export function describeKnownNodes({ table, connecting }: Connector): KnownNode[] {
  const pending = new Map([...connecting].map(connection => [connection.claimedId?.hex, connection]))
  return table.addresses.ids.map(id => {
    const open = table.get(id)
    const connection = open ?? pending.get(id.hex)
    return {
      id: id.hex,
      state: open ? 'connected' : connection ? 'connecting' : 'known',
      namedBy: table.addresses.introducersOf(id).map(({ hex }) => hex),
      ...describeConnection(connection)
    }
  })
}

function describeConnection(connection: PeerConnection | undefined) {
  return {
    tags: [...(connection?.tags ?? [])],
    isInitiator: connection?.isInitiator ?? null,
    httpServer: connection?.peer.http_server ?? null
  }
}
