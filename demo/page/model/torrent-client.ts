/** WebTorrent in this page: its own bundle, loaded when it is needed, with peers from this node. */

import type { WebTorrentDHT } from 'webtorrent-dht'
import { attach } from 'webtorrent-dht/webtorrent'
import { CLIENT_OPTIONS, type TorrentClient, type TorrentClientClass } from '../../torrents.js'
import { UserError } from './result.js'

/** Beside page.js. A name of its own, so that the bundler leaves it where it is. */
const BUNDLE = './webtorrent.min.js'

export class LazyTorrentClient {
  readonly #dht: WebTorrentDHT
  #client: Promise<TorrentClient> | undefined

  constructor(dht: WebTorrentDHT) {
    this.#dht = dht
  }

  /** Loads it at the first time. @throws UserError */
  async get(): Promise<TorrentClient> {
    if (!globalThis.crypto.subtle) {
      throw new UserError(
        'Pieces are checked with functions that browsers give only to pages that come over HTTPS, or from this machine. This one came over plain HTTP from another.'
      )
    }
    this.#client ??= this.#load()
    try {
      return await this.#client
    } catch (error) {
      this.#client = undefined
      throw error
    }
  }

  async #load(): Promise<TorrentClient> {
    const { default: WebTorrent } = await importBundle()
    const client = new WebTorrent(CLIENT_OPTIONS)
    // What is wrong with a torrent is told by the torrent.
    client.on('error', error => console.error(error))
    attach(client, this.#dht)
    return client
  }
}

async function importBundle(): Promise<{ default: TorrentClientClass }> {
  try {
    return await import(BUNDLE)
  } catch (cause) {
    throw new UserError(
      'WebTorrent could not be loaded: the node that served this page does not answer. Try again.',
      {
        cause
      }
    )
  }
}
