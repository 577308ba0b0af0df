/** A `simple-peer` of a machine that others reach at its server-reflexive address alone, which its STUN server tells it late. */

import { SimplePeer, type SimplePeerOptions } from '../../src/simple-peer.js'
import type { Description } from '../../src/wire/description.js'

/** @param stun the URL of the server; `null`: the machine is reached without it, as any other */
export function latePeerClass(stun: { url: string | null }): typeof SimplePeer {
  return class LatePeer extends SimplePeer {
    readonly #isHidden: boolean

    constructor(options: SimplePeerOptions) {
      const iceServers = stun.url === null ? [] : [{ urls: stun.url }]
      super({ ...options, config: { ...options.config, iceServers } })
      this.#isHidden = stun.url !== null
    }

    override emit(event: string | symbol, ...args: unknown[]): boolean {
      const [given] = args as [Description | undefined]
      const isDescription = event === 'signal' && given?.sdp !== undefined
      if (!isDescription || !this.#isHidden) return super.emit(event, ...args)
      return super.emit(event, { ...given, sdp: given.sdp.replace(/^a=candidate:.* typ host.*\r?\n/gm, '') })
    }
  }
}
