/** What `bittorrent-dht` uses of `bencode`. What comes from others is read elsewhere: krpc/inbound.ts. */

import { encode } from '../wire/bencode.js'

export default { encode }
