/** A process with a node that joins: `node newcomer-node.js http://127.0.0.1:16881,ws://127.0.0.1:16881/tracker M59` breaks M59. It ends with its parent. */

import WebTorrentDHT from '../../src/index.js'
import { BROKEN_NEWCOMERS } from './broken-newcomers.js'

const [, , urls = '', broken] = process.argv
BROKEN_NEWCOMERS.find(({ must }) => must === broken)?.breakIt()
process.once('disconnect', () => process.exit())
new WebTorrentDHT({ bootstrap: urls.split(','), simple_peer_opts: { config: { iceServers: [] } } })
