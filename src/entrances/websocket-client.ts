/** Opens a link over WebSocket to the node at a place (docs/beps/links.md). */

import { onAbort } from '../abort-signals.js'
import type { Connector } from '../connections/connector.js'
import type { Lease } from '../connections/offers.js'
import type { PeerConnection } from '../connections/peer-connection.js'
import { createNonce, describeEnd, isOfLink, linkUrl, readNonce } from '../connections/websocket-handshake.js'
import { WebSocketPeer } from '../connections/websocket-peer.js'
import { messageOf, WebTorrentDHTError } from '../errors.js'
import type { Id } from '../id.js'
import type { ResolvedOptions } from '../options.js'
import { type Place, urlsOf } from '../place.js'
import { FOR_WEBSOCKET } from '../proofs.js'
import type { Address } from '../wire/compact.js'
import type { Description } from '../wire/description.js'
import { encodeHttpSignal, parseHttpSignal } from '../wire/signal.js'
import { failedRequest, isWrongCertificate } from './failures.js'
import type { KnownSchemes } from './known-schemes.js'

export interface LinkOptions {
  options: ResolvedOptions
  connector: Connector
  schemes: KnownSchemes
  /** The node's address here from now on. */
  address: Address
  /** The URL to begin with, where it is known. */
  first: string | null
  signal: AbortSignal
}

/**
 * Opens a link.
 *
 * @returns the connection, or the id of a node that says it is connected already
 * @throws WebTorrentDHTError why there is none
 */
export async function openLink(place: Place, given: LinkOptions): Promise<PeerConnection | Id> {
  let failure = new WebTorrentDHTError('ECONNFAILED', 'there is no WebSocket here')
  const urls = orderedURLs(place, given)
  const begun = given.first === null ? 0 : Math.max(0, urls.indexOf(given.first))
  for (const url of urls.slice(begun)) {
    try {
      const opened = await open(url, place, given)
      given.schemes.answered(place, urls, url)
      return opened
    } catch (cause) {
      const text = `${url}: ${messageOf(cause)}`
      failure =
        cause instanceof WebTorrentDHTError ? cause : new WebTorrentDHTError('ECONNFAILED', text, { cause })
      if (given.signal.aborted || isWrongCertificate(failedRequest(url, failure))) break
    }
  }
  throw failure
}

/**
 * The URLs of a place, in the order in which they are tried. A page that came over HTTP begins with that: Chromium opens one WebSocket to an
 * address at a time, so a handshake of TLS in vain holds up those to the same server under its name.
 */
function orderedURLs(place: Place, { options: { platform }, schemes }: LinkOptions): readonly string[] {
  const { urls, isKnown } = schemes.order(
    place,
    platform.openLinkSocket ? urlsOf(place, platform.allowsHttp) : []
  )
  return !isKnown && platform.ownPlace?.scheme === 'http' ? urls.toReversed() : urls
}

async function open(url: string, place: Place, given: LinkOptions): Promise<PeerConnection | Id> {
  const { options, signal } = given
  signal.throwIfAborted()
  const nonce = createNonce()
  const socket = await options.platform.openLinkSocket?.(linkUrl(url, nonce))
  if (!socket) throw new WebTorrentDHTError('ECONNFAILED', 'there is no WebSocket here')
  const peer = new WebSocketPeer(socket, true)
  const stop = onAbort(signal, () => peer.destroy())
  if (signal.aborted) peer.destroy()
  try {
    return await shakeHands(peer, nonce, place, given)
  } catch (error) {
    peer.destroy()
    throw error
  } finally {
    stop()
  }
}

/** The server speaks first, so that the client need not wait for a reply to its offer. */
async function shakeHands(
  peer: WebSocketPeer,
  client: Buffer,
  place: Place,
  { options: { idLength }, connector, address }: LinkOptions
): Promise<PeerConnection | Id> {
  const text = await peer.nextText()
  const server = readNonce(text)
  const answer = parseHttpSignal(text, 'answer', idLength)
  if (!server || answer?.sdp === undefined) {
    throw new WebTorrentDHTError('ENOTANODE', 'what the server sends is no answer')
  }
  const nonces = { server, client }
  if (!isOfLink(answer, nonces)) throw new WebTorrentDHTError('ENOTPROVEN', 'the answer is of another link')
  const { id } = answer
  if (id && (connector.table.id.equals(id) || connector.table.get(id))) {
    await connector.proofs.check(id, answer, FOR_WEBSOCKET)
    peer.destroy()
    return id
  }
  const connection = await connector.factory.createOver(peer, null)
  const own = describeEnd('offer', nonces)
  peer.describe(own)
  const offer = await connector.toSignal(own, id, null, FOR_WEBSOCKET)
  peer.sendText(encodeHttpSignal(offer))
  const lease = leaseOf(connection, offer)
  const reach = connector.surroundings.ofPlace(place)
  const opened = await connector.acceptAnswer(lease, answer, { id, dialled: address, reach })
  connection.once('close', connector.udp.linked())
  return opened
}

function leaseOf(connection: PeerConnection, offer: Description): Lease {
  const describe = () => Promise.resolve(offer)
  const discard = () => connection.close('unused offer')
  const isReached = () => true
  return {
    describe,
    purpose: FOR_WEBSOCKET,
    isReached,
    use: () => connection,
    giveBack: discard,
    discard
  }
}
