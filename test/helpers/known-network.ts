/** A network of which a test says what was found out. */

import { Network, type NetworkKind } from '../../src/connections/network.js'
import { addressKind } from '../../src/wire/address-kind.js'

export function knownNetwork(kind: NetworkKind = 'unknown'): Network {
  const network = new Network({
    options: { simplePeerOptions: {}, platform: {} as never },
    surroundings: { isLocal: false, kindOf: addressKind },
    isBlocked: () => false
  })
  network.learn(kind)
  return network
}
