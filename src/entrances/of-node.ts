/** The ways in that only Node.js has. Their code is loaded when they are used first. Pages import the types alone. */

import type { Entrance } from './entrance.js'
import { entranceLater } from './schemes.js'
import { LOCAL_NETWORK } from './service-records.js'
import { readUdpNodes, UDP_DHT } from './udp-dht-nodes.js'

export interface NodeEntrances {
  /** @throws WebTorrentDHTError `EINVAL` */
  udpDht(network: string, bootstrap: readonly string[] | undefined): Entrance
  localNetwork(network: string): Entrance
}

export const nodeEntrances: NodeEntrances = {
  udpDht(network, bootstrap) {
    const { isPrivate: isLocal } = readUdpNodes('options.udpDht.bootstrap', bootstrap)
    return entranceLater({ name: UDP_DHT, isLocal }, async () => {
      const { createUdpDhtEntrance } = await import('./udp-dht.js')
      return createUdpDhtEntrance({ network, bootstrap })
    })
  },
  localNetwork: network =>
    entranceLater({ name: LOCAL_NETWORK, isLocal: true }, async () => {
      const { createLocalNetworkEntrance } = await import('./local-network.js')
      return createLocalNetworkEntrance({ network })
    })
}
