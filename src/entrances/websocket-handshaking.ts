/** Answers newcomers on links over WebSocket (bep.md, "Links over WebSocket"). The answer opens the link itself. */

import {
  createNonce,
  describeEnd,
  isOfLink,
  readNonce,
  writeNonce
} from '../connections/websocket-handshake.js'
import { REFUSAL, type WebSocketPeer } from '../connections/websocket-peer.js'
import { messageOf } from '../errors.js'
import type { Id } from '../id.js'
import { encodeHttpSignal, type HttpSignal, parseHttpSignal, type SignalReply } from '../wire/signal.js'
import { statusOf } from './refusal.js'
import { HttpError } from './request-rates.js'

export interface LinkAnswering {
  id: Id
  idLength: number
  /** The longest offer, in bytes. */
  maxBytes: number
  /** Runs what answers the offer, within the limits. */
  run(answer: () => Promise<void>): Promise<void>
  /** Makes the link a connection. @throws WebTorrentDHTError why it does not */
  answer(offer: HttpSignal): Promise<SignalReply>
}

/**
 * Shakes hands with a newcomer.
 *
 * @throws HttpError if its offer is no good, or there is no room; WebTorrentDHTError if it is gone
 */
export async function takeLink(peer: WebSocketPeer, answering: LinkAnswering): Promise<void> {
  const { id, idLength, maxBytes } = answering
  const server = createNonce()
  peer.sendText(writeNonce(server))
  const text = await peer.nextText()
  await answering.run(async () => {
    const client = text.length > maxBytes ? undefined : readNonce(text)
    const offer = client && parseHttpSignal(text, 'offer', idLength)
    if (!offer || !isOfLink(offer, { server, client })) {
      throw new HttpError(400, 'the first message is not an offer for this link')
    }
    peer.describe(describeEnd('answer', { server, client }))
    const answer = await answering.answer(offer).catch(error => {
      throw new HttpError(statusOf(error), messageOf(error))
    })
    peer.sendText(encodeHttpSignal({ ...answer, id }))
    if (answer.sdp === undefined) peer.refuse(REFUSAL.done, 'connected already')
    else peer.open()
  })
}
