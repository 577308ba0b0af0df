/** `webtorrent-dht/webtorrent`: WebTorrent without a tracker, in pages and in Node.js. */

export { attach } from './attach.js'
export type { WebTorrentClient } from './client.js'
export type { AttachOptions } from './options.js'
export type { AttachableDHT } from './peers.js'
