/** Newcomers that are broken on purpose: each breaks one requirement of bep.md. It changes a class, so it needs a process of its own. */

import { OfferPool } from '../../src/connections/offers.js'
import { PeerConnection } from '../../src/connections/peer-connection.js'
import { Inbound } from '../../src/krpc/inbound.js'
import { Asking } from '../../src/signal-exchange/asking.js'
import { decodeRaw, encodeRaw } from '../helpers/raw-client.js'

const OTHER = Buffer.alloc(20, 'X')

interface BrokenNewcomer {
  must: string
  what: string
  breakIt(): void
}

export const BROKEN_NEWCOMERS: readonly BrokenNewcomer[] = [
  {
    must: 'M52',
    what: 'it uses offers again that others have used',
    breakIt() {
      const { lease } = OfferPool.prototype
      OfferPool.prototype.lease = async function (...args) {
        const given = await lease.apply(this, args)
        return { ...given, discard: given.giveBack }
      }
    }
  },
  {
    must: 'M58',
    what: 'it takes an answer by Z for one by G',
    breakIt() {
      const { receive } = Inbound.prototype
      Inbound.prototype.receive = function (connection, bytes) {
        const text = bytes.toString('latin1').replaceAll('Z'.repeat(20), 'G'.repeat(20))
        receive.call(this, connection, Buffer.from(text, 'latin1'))
      }
    }
  },
  {
    must: 'M59',
    what: 'its signals have the id of another node',
    breakIt() {
      const { send } = PeerConnection.prototype
      PeerConnection.prototype.send = function (bytes) {
        return send.call(this, bytes.includes('15:peer_connection') ? asAnother(bytes) : bytes)
      }
    }
  },
  {
    must: 'M71',
    what: 'it answers an offer that crosses its own at once',
    breakIt() {
      Asking.prototype.attemptFor = () => undefined
    }
  }
]

function asAnother(bytes: Buffer): Buffer {
  const message = decodeRaw(bytes)
  const { signal } = message.a ?? {}
  return encodeRaw({ ...message, a: { ...message.a, signal: { ...(signal as object), id: OTHER } } })
}
