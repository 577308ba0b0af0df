/** A `simple-peer` of a machine whose firewall lets no UDP through: neither end learns where to send. */

import { SimplePeer } from '../../src/simple-peer.js'
import type { Description } from '../../src/wire/description.js'

export class BlockedPeer extends SimplePeer {
  override signal({ type, sdp }: Description): void {
    super.signal({ type, sdp: withoutCandidates(sdp) })
  }

  override emit(event: string | symbol, ...args: unknown[]): boolean {
    const [given] = args as [Description | undefined]
    const isDescription = event === 'signal' && given?.sdp !== undefined
    return super.emit(event, ...(isDescription ? [{ ...given, sdp: withoutCandidates(given.sdp) }] : args))
  }
}

function withoutCandidates(sdp: string): string {
  return sdp.replace(/^a=candidate:.*\r?\n/gm, '')
}
