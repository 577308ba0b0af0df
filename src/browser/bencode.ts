/** The part of `bencode` that `bittorrent-dht` uses. krpc/inbound.ts reads the messages of others. */

import { encode } from '../wire/bencode.js'

export default { encode }
