/** The package's entry for a classic `<script>`: sets `WebTorrentDHT` on the page. */

import WebTorrentDHT from './index.browser.js'

Object.assign(globalThis, { WebTorrentDHT })
