/** The package's entry in Node.js. */

import { setDefaultPlatform } from './platform.js'
import { nodePlatform } from './platform-node.js'
import { recognizeBuffers } from './realm.js'

recognizeBuffers()
setDefaultPlatform(nodePlatform)

export * from './api.js'
export { WebTorrentDHT as default, WebTorrentDHT as 'module.exports' } from './faces/webtorrent-dht.js'
