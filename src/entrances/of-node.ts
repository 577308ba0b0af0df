/** The ways in that only Node.js has. Their code is loaded when they are used first; here is what is known of them before. */

import type { Entrance } from './entrance.js'
import { entranceLater } from './schemes.js'
import { readUdpNodes } from './udp-dht-nodes.js'

export const UDP_DHT = 'the DHT of UDP'
export const LOCAL_NETWORK = 'the local network'

/** Loads the code of an entrance, and makes it. */
export interface NodeEntrances {
  udpDht(options: { network: string; bootstrap: readonly string[] | undefined }): Promise<Entrance>
  localNetwork(options: { network: string }): Promise<Entrance>
}

/** @throws WebTorrentDHTError `EINVAL` */
export function openUdpDht(
  { udpDht }: NodeEntrances,
  network: string,
  bootstrap: readonly string[] | undefined
): Entrance {
  const { isPrivate } = readUdpNodes('options.udpDht.bootstrap', bootstrap)
  return entranceLater({ name: UDP_DHT, isLocal: isPrivate }, () => udpDht({ network, bootstrap }))
}

export function openLocalNetwork({ localNetwork }: NodeEntrances, network: string): Entrance {
  return entranceLater({ name: LOCAL_NETWORK, isLocal: true }, () => localNetwork({ network }))
}
