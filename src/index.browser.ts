/** The package's entry in browsers: bundled into one ES module, with all that it needs. */

import { setDefaultPlatform } from './platform.js'
import { browserPlatform } from './platform-browser.js'

setDefaultPlatform(browserPlatform)

export * from './api.js'
export { WebTorrentDHT as default } from './webtorrent-dht.js'
