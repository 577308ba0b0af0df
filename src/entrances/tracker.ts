/** WebTorrent trackers as a way in: they carry offers and answers between the peers of a swarm, and a network is one. */

import type { Entrance } from './entrance.js'
import { TrackerClient } from './tracker-client.js'
import { TrackerDoor } from './tracker-door.js'
import { infoHashOf } from './tracker-messages.js'
import { requestOverTracker } from './tracker-request.js'
import type { TrackerPlatform } from './tracker-socket.js'

export interface TrackerEntranceOptions {
  /** `wss://…` or `ws://…`. */
  url: string
  /** The name of the network. */
  network: string
  platform: TrackerPlatform
}

/** A tracker as a way in. Its socket is open only while a request is under way, or while this node is one of the tracker's few doors. */
export function createTrackerEntrance({ url, network, platform }: TrackerEntranceOptions): Entrance {
  const { openTrackerSocket } = platform
  const client = new TrackerClient({ url, infoHash: infoHashOf(network), openTrackerSocket })
  return {
    name: url,
    request: (offer, { signal }) => requestOverTracker({ client, name: url, offer, signal }),
    serve(answer, { signal, address }) {
      new TrackerDoor({ client, answer, signal, isServer: address !== null }).start()
    }
  }
}
