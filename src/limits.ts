/** The options of the rate limits: how much strangers may ask of a node. A query beyond a limit gets an error or nothing, and is counted. */

/** Rate limits ("a second") hold per connection, and allow bursts of ten seconds' worth: a lookup sends much at once. */
export interface Limits {
  /**
   * Unsolicited messages per second. Default: 200. A lookup sends one query to each node; twice the limit of `queries` leaves room
   * for pings and fast nodes.
   */
  messages: number
  /** Bytes a second, likewise. Default: 131,072. A query with an offer has about 1 kB, the largest message 64. */
  bytes: number
  /** Queries a second. Default: 100. Each costs about 0.1 ms to answer, so one neighbour takes a hundredth of a processor. */
  queries: number
  /**
   * Offers a second for this node. Default: 10. Each costs an `RTCPeerConnection`, 3 to 5 ms. A bootstrap node relays the offers of all
   * nodes that join at once.
   */
  offers: number
  /** Offers a second for this node to relay. Default: 10. A joining node connects to some 40 nodes within seconds. */
  introductions: number
  /**
   * Frames a second for this node to relay. Default: 100. A lookup has some 20 queries, over several neighbours. Nodes behind the
   * neighbour send frames over it as well.
   */
  frames: number
  /** Dials a second. Default: 2. The application makes a peer connection for each. */
  dials: number
  /** Announcements and values a second. Default: 20. Each stays in memory, up to 1 kB. */
  stores: number
  /** Offers relayed at the same time, for all nodes together. Default: 128. Each waits up to 1.2 s. */
  introductionsAtOnce: number
  /**
   * Announcements kept per node. Default: 200, of `maxPeers` in all, so that one node cannot fill the store. A client with many
   * torrents spreads them over all nodes.
   */
  peersPerNode: number
  /** Values kept per node. Default: 250, of `maxValues` in all. A leaving node hands its values over. */
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
