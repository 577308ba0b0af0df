/** Takes newcomers on links over WebSocket (docs/beps/links.md). */

import { createNonce, describeEnd, isOfLink, writeNonce } from '../connections/websocket-handshake.js'
import type { WebSocketPeer } from '../connections/websocket-peer.js'
import { messageOf } from '../errors.js'
import type { Description } from '../wire/description.js'
import { encodeHttpSignal, type HttpSignal, parseHttpSignal, type Signal } from '../wire/signal.js'
import { statusOf } from './refusal.js'
import { HttpError } from './request-rates.js'

export interface LinkTaking {
  idLength: number
  /** The longest offer, in bytes. */
  maxBytes: number
  /** Encloses the description of this end in its answer. */
  answer(own: Description): Promise<Signal>
  /** Runs what takes the offer, within the limits. */
  run(take: () => Promise<void>): Promise<void>
  /** Makes the link a connection. @throws WebTorrentDHTError why it does not */
  take(offer: HttpSignal): Promise<void>
}

/**
 * Shakes hands with a newcomer. Its messages may follow its offer at once.
 *
 * @param client the nonce of the newcomer
 * @throws HttpError if its offer is no good, or there is no room; WebTorrentDHTError if it is gone
 */
export async function takeLink(peer: WebSocketPeer, client: Buffer, taking: LinkTaking): Promise<void> {
  const { idLength, maxBytes, answer, run, take } = taking
  const nonces = { server: createNonce(), client }
  const own = describeEnd('answer', nonces)
  peer.describe(own)
  peer.sendText(writeNonce(nonces.server, encodeHttpSignal(await answer(own))))
  const text = await peer.nextText()
  await run(async () => {
    const offer = text.length > maxBytes ? undefined : parseHttpSignal(text, 'offer', idLength)
    if (!offer || !isOfLink(offer, nonces)) {
      throw new HttpError(400, 'the first message is not an offer for this link')
    }
    await take(offer).catch(error => {
      throw new HttpError(statusOf(error), messageOf(error))
    })
    peer.open()
  })
}
