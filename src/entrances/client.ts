/** Takes an offer to a node's HTTP server and brings back the answer. */

import { WebTorrentDHTError } from '../errors.js'
import { nameOf, type Place, urlsOf } from '../place.js'
import {
  encodeHttpSignal,
  type HttpReply,
  MAX_SDP_BYTES,
  parseHttpSignal,
  type Signal
} from '../wire/signal.js'
import { parseTurnGrant, type TurnGrant } from '../wire/turn-grant.js'
import { failedRequest, isWrongCertificate, refusedOffer } from './failures.js'

/** An answer with its JSON escapes and extensions. */
const MAX_ANSWER_BYTES = 4 * MAX_SDP_BYTES

export interface DialOptions {
  idLength: number
  allowsHttp: boolean
  signal: AbortSignal
  /**
   * Given for a place that was tried before, by Node.js: waits until its name can be looked up. No socket is used again then: before the
   * login to a captive portal it leads to the portal, and may do so later.
   */
  whenResolvable?: ((host: string, signal: AbortSignal) => Promise<void>) | undefined
}

/** An answer, and the TURN servers that come with it. */
export type PostedReply = HttpReply & { turn?: TurnGrant | undefined }

/**
 * Posts an offer.
 *
 * @throws WebTorrentDHTError `EREFUSED`, `EFULL` or `ENOTANODE` if the server gave no answer; `EUNREACHABLE`, `EDNS`, `ETLS` or
 * `ETIMEDOUT` if there is none; `EMIXED` if this page may not ask it
 */
export async function postOffer(place: Place, offer: Signal, options: DialOptions): Promise<PostedReply> {
  const text = `${nameOf(place)}: a page that came over HTTPS may not use plain HTTP`
  let failure = new WebTorrentDHTError('EMIXED', text)
  for (const url of urlsOf(place, options.allowsHttp)) {
    const isForced = !options.allowsHttp && place.url === null && url.startsWith('https:')
    const name = isForced ? `${url} (HTTPS, as this page came over it)` : url
    const result = await post(url, offer, options).catch(cause => failedRequest(name, cause))
    if (!(result instanceof WebTorrentDHTError)) return read(result, options)
    failure = result
    if (isWrongCertificate(failure)) break
  }
  throw failure
}

interface Posted {
  url: string
  response: Response
  body: string
}

async function post(url: string, offer: Signal, { signal, whenResolvable }: DialOptions): Promise<Posted> {
  await whenResolvable?.(new URL(url).hostname, signal)
  const response = await fetch(url, {
    method: 'POST',
    body: encodeHttpSignal(offer),
    // A simple request: a browser asks no permission first (CORS).
    headers: { 'content-type': 'text/plain', ...(whenResolvable && { connection: 'close' }) },
    signal,
    redirect: 'manual' // a browser would repeat the request without its body
  })
  return { url, response, body: await readText(response) }
}

function read({ url, response, body }: Posted, { idLength }: DialOptions): PostedReply {
  const reply = response.status === 200 ? parseHttpSignal(body, 'answer', idLength) : undefined
  if (reply) return { ...reply, turn: parseTurnGrant(body) }
  throw refusedOffer(url, response, body)
}

/** The text of a response, as far as it is as long as an answer. Without an answer the status counts, whatever becomes of the text. */
async function readText(response: Response): Promise<string> {
  const reader = response.body?.getReader()
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    while (reader && length <= MAX_ANSWER_BYTES) {
      const { done, value } = await reader.read()
      if (done) break
      length += value.length
      chunks.push(value)
    }
    await reader?.cancel()
  } catch (error) {
    if (response.status === 200) throw error
  }
  return Buffer.concat(chunks).subarray(0, MAX_ANSWER_BYTES).toString()
}
