/** The package's entry in browsers: bundled into one ES module, with all that it needs. */

import { setDefaultPlatform } from './platform.js'
import { browserPlatform } from './platform-browser.js'

setDefaultPlatform(browserPlatform)

export * from './api.js'
// `require` gives the class in webpack and Vite, as in Node.js. In esbuild it is `require('webtorrent-dht').default`.
export { WebTorrentDHT as default, WebTorrentDHT as 'module.exports' } from './faces/webtorrent-dht.js'
