/** The constants that both ends of a link over WebSocket share. */

import { MAX_MESSAGE_BYTES } from '../wire/message.js'

/** The subprotocol: it tells servers of this protocol from others, which refuse it. */
export const LINK_PROTOCOL = 'webtorrent-dht'

/**
 * Options of the package `ws`: no longer messages than over a data channel, and no compression, which costs 300 kB for each link. Its own
 * pongs would wait without an end for a client that never reads: the peer has them counted.
 */
export const LINK_LIMITS = {
  maxPayload: MAX_MESSAGE_BYTES,
  perMessageDeflate: false,
  autoPong: false
} as const
