/** `ping` (BEP 5), which is also the keep-alive of quiet connections: so every node answers it. */

import { integer, shape, text } from '../../wire/check.js'
import { createFields } from '../fields.js'
import { defineMethod } from '../method.js'

interface Parts {
  idLength: number
  /** Whether the node has a DHT. */
  isOfDht?: boolean
  table: { hasFingerprint(fingerprint: string): boolean; readonly isFull: boolean }
}

/** A hash of 512 bits, with its name. */
const MAX_FINGERPRINT_BYTES = 256

export function ping({ idLength, isOfDht = false, table }: Parts) {
  const { id } = createFields(idLength)
  return defineMethod({
    name: 'ping',
    query: shape({ id }, { fingerprint: text(MAX_FINGERPRINT_BYTES) }),
    reply: shape({ id }, { own: integer(0, 1), full: integer(0, 1) }),
    isUse: false,
    ...(!isOfDht && { mayBeForeign: (args: unknown) => !isOfNode(args) }),
    respond: ({ fingerprint }) => ({
      values: {
        ...(fingerprint !== undefined && { own: Number(table.hasFingerprint(fingerprint)) }),
        ...(table.isFull && { full: 1 })
      }
    })
  })
}

/** A keep-alive has no argument but the asker's id; a question about a second connection has the fingerprint, too. */
function isOfNode(args: unknown): boolean {
  return typeof args === 'object' && args !== null && /^(fingerprint,)?id$/.test(Object.keys(args).join())
}
