/** A `simple-peer` behind a NAT with a public address: its descriptions name it, and no packet is sent to that of another, where it is used too. */

import { networkInterfaces } from 'node:os'
import type { Platform } from '../../src/platform.js'
import { nodePlatform } from '../../src/platform-node.js'
import { SimplePeer, type SimplePeerConstructor } from '../../src/simple-peer.js'
import { addressKind } from '../../src/wire/address-kind.js'
import type { Description } from '../../src/wire/description.js'

/** The platform of a machine with private addresses only, whichever this one has. */
export const atHome: Platform = {
  ...nodePlatform,
  addressKind: address => {
    const own = Object.values(networkInterfaces()).flatMap(list => list?.map(found => found.address) ?? [])
    const kind = addressKind(address)
    return kind === 'public' && own.includes(address) ? 'private' : kind
  }
}

const REFLEXIVE = /^a=candidate:.* typ srflx.*\r?\n/gm

/**
 * @param address where others see it; of the documentation's ranges
 * @param transform what else becomes of its descriptions
 */
export function behindNat(address: string, transform = (sdp: string) => sdp): SimplePeerConstructor {
  const line = `a=candidate:9 1 UDP 1 ${address} 6000 typ srflx raddr 0.0.0.0 rport 0\r\n`
  return class extends SimplePeer {
    override signal({ type, sdp }: Description): void {
      super.signal({ type, sdp: sdp.replace(REFLEXIVE, '') })
    }

    override emit(event: string | symbol, ...args: unknown[]): boolean {
      const [given] = args as [Description | undefined]
      const isDescription = event === 'signal' && given?.sdp !== undefined
      if (!isDescription) return super.emit(event, ...args)
      return super.emit(event, { ...given, sdp: `${transform(given.sdp)}${line}` })
    }
  }
}
