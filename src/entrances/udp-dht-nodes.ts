/** Where the DHT of UDP is joined. */

import { invalid } from '../arguments.js'
import { isLocal, parsePlace } from '../place.js'

export const UDP_DHT = 'the DHT of UDP'

export interface UdpNodes {
  /** `undefined`: the routers of BitTorrent. */
  nodes: { host: string; port: number }[] | undefined
  /** Whether the DHT is one of this machine or its network. In the public one strangers must not send us to private places. */
  isPrivate: boolean
}

/** @param given `'host:port'`, in an array @throws WebTorrentDHTError `EINVAL` */
export function readUdpNodes(name: string, given: unknown): UdpNodes {
  if (given === undefined || given === null) return { nodes: undefined, isPrivate: false }
  const wanted = "an array of 'host:port', not empty"
  if (!Array.isArray(given) || given.length === 0) throw invalid(name, given, wanted)
  const nodes = given.map((node, i) => {
    const place = typeof node === 'string' ? parsePlace(node) : undefined
    if (!place || place.url !== null) throw invalid(`${name}[${i}]`, node, "'host:port'")
    return { host: place.host, port: place.port }
  })
  return { nodes, isPrivate: nodes.every(({ host }) => isLocal(host)) }
}
