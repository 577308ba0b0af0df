/** This package in place of `bittorrent-dht`, and without STUN servers, so that the tests stay on this machine. It says how many nodes they made. */

import WebTorrentDHT from '../../../dist/index.js'

let made = 0
process.once('exit', () => console.log(`# nodes made: ${made}`))

export class Client extends WebTorrentDHT {
  constructor(options) {
    super({ simple_peer_opts: { config: { iceServers: [] } }, ...options })
    made++
  }
}

export { Client as default, Client as Server }
