/** How much strangers may ask of a node. Over a limit a query gets an error or nothing, and it is counted; nothing grows. */

/** Those "a second" are for each connection, and allow ten seconds' worth at once: a lookup does much, and then nothing. */
export interface Limits {
  /**
   * Messages a second that are no replies to queries of this node. Default: 200. A neighbour that looks something up sends
   * each node one query for it; twice that leaves room for pings and for nodes that are fast.
   */
  messages: number
  /** Bytes a second, likewise. Default: 131,072. A query with an offer has about 1 kB, the largest message 64. */
  bytes: number
  /** Queries a second. Default: 100. Each costs about 0.1 ms to answer, so one neighbour takes a hundredth of a processor. */
  queries: number
  /**
   * Offers a second for this node. Default: 10. Each costs an `RTCPeerConnection`, 3 to 5 ms; through a bootstrap node all
   * those come that join there at once.
   */
  offers: number
  /** Offers a second to be passed on to others. Default: 10. A node that joins connects to some 40 within seconds. */
  introductions: number
  /**
   * Frames a second to be passed on to other neighbours. Default: 100. A lookup has some 20 queries, over several neighbours; those
   * that lie behind the neighbour come over it as well.
   */
  frames: number
  /** Dials a second, for which the application makes peer connections. Default: 2. */
  dials: number
  /** Announcements and values a second. Default: 20. Each stays in memory, up to 1 kB. */
  stores: number
  /** Offers that are being passed on at the same time, for all nodes together. Default: 128. Each waits up to 1.2 s. */
  introductionsAtOnce: number
  /**
   * Announcements that are kept for one node. Default: 200, of `maxPeers` together, so that one cannot fill the store. A client
   * with many torrents spreads them over all nodes.
   */
  peersPerNode: number
  /** Values that are kept for one node. Default: 250, of `maxValues` together. A node that leaves hands over what it had. */
  valuesPerNode: number
}

/** @internal */
export const DEFAULT_LIMITS: Limits = {
  messages: 200,
  bytes: 128 * 1024,
  queries: 100,
  offers: 10,
  introductions: 10,
  frames: 100,
  dials: 2,
  stores: 20,
  introductionsAtOnce: 128,
  peersPerNode: 200,
  valuesPerNode: 250
}
