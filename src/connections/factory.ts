/** Makes connections: the slot first, then the `RTCPeerConnection`. */

import { messageOf, WebTorrentDHTError } from '../errors.js'
import type { ResolvedOptions } from '../options.js'
import type { SimplePeerOptions } from '../simple-peer.js'
import { PeerConnection } from './peer-connection.js'
import type { ConnectionTable } from './table.js'

/**
 * Candidates are gathered for this long after the first one, in milliseconds. A STUN server that answers does so well
 * within it; a dead one costs all of it, at both ends, out of the two seconds that a query lives.
 */
const ICE_COMPLETE_TIMEOUT = 400

export class ConnectionFactory {
  readonly #options: ResolvedOptions
  readonly #table: ConnectionTable
  #webRTC: Promise<SimplePeerOptions> | null = null
  #isClosed = false

  constructor(options: ResolvedOptions, table: ConnectionTable) {
    this.#options = options
    this.#table = table
  }

  /**
   * Makes a connection that waits for its description to be taken, and for the other side's.
   *
   * @param isCareful slower but surer, after an attempt has failed: see node-datachannel.ts
   * @throws WebTorrentDHTError `EFULL` if the budget is used up, `ENOWEBRTC` if there is no WebRTC
   */
  async create(initiator: boolean, isCareful = false): Promise<PeerConnection> {
    const platformOptions = await this.#loadWebRTC()
    if (this.#isClosed) throw new WebTorrentDHTError('ECLOSED', 'the node was destroyed')
    const { simplePeerConstructor: SimplePeer, simplePeerOptions, peerConnectionTimeout } = this.#options
    const slot = this.#table.takeSlot()
    const options = {
      iceCompleteTimeout: ICE_COMPLETE_TIMEOUT,
      ...platformOptions,
      ...simplePeerOptions,
      config: { ...platformOptions.config, ...simplePeerOptions.config, careful: isCareful },
      trickle: false,
      initiator
    }
    try {
      const peer = new SimplePeer(options)
      const connection = new PeerConnection({ peer, slot, timeout: peerConnectionTimeout })
      this.#table.add(connection)
      return connection
    } catch (cause) {
      slot.release()
      throw new WebTorrentDHTError('ENOWEBRTC', `no WebRTC connection can be made: ${messageOf(cause)}`, {
        cause
      })
    }
  }

  /** Makes no more connections. */
  close(): void {
    this.#isClosed = true
  }

  #loadWebRTC(): Promise<SimplePeerOptions> {
    if (this.#options.simplePeerOptions.wrtc) return Promise.resolve({})
    this.#webRTC ??= this.#options.platform.loadWebRTC().catch(cause => {
      this.#webRTC = null // the user may install one while the process runs
      throw new WebTorrentDHTError('ENOWEBRTC', messageOf(cause), { cause })
    })
    return this.#webRTC
  }
}
