/** Takes an offer to a node's HTTP server and brings back the answer. */

import { messageOf, WebTorrentDHTError } from '../errors.js'
import type { Endpoint } from '../place.js'
import {
  encodeHttpSignal,
  type HttpReply,
  MAX_SDP_BYTES,
  parseHttpSignal,
  type Signal
} from '../wire/signal.js'

/** An answer with its JSON escapes and extensions. */
const MAX_ANSWER_BYTES = 4 * MAX_SDP_BYTES

export interface DialOptions {
  idLength: number
  allowsHttp: boolean
  signal: AbortSignal
}

/**
 * Posts an offer.
 *
 * @throws WebTorrentDHTError `EREFUSED` if the server said no, `EFULL` if it has no room now, `ETIMEDOUT` if there is none
 */
export async function postOffer(endpoint: Endpoint, offer: Signal, options: DialOptions): Promise<HttpReply> {
  const urls = endpoint.urls.filter(url => options.allowsHttp || url.startsWith('https:'))
  let failure: unknown = new Error('plain HTTP is not allowed from a page that was loaded over HTTPS')
  for (const url of urls) {
    try {
      return await post(url, offer, options)
    } catch (error) {
      if (error instanceof WebTorrentDHTError) throw error // it is there, and said no
      failure = error
    }
  }
  throw new WebTorrentDHTError('ETIMEDOUT', `${endpoint.urls.join(', ')}: ${messageOf(failure)}`, {
    cause: failure
  })
}

async function post(url: string, offer: Signal, { idLength, signal }: DialOptions): Promise<HttpReply> {
  const response = await fetch(url, {
    method: 'POST',
    body: encodeHttpSignal(offer),
    headers: { 'content-type': 'text/plain' }, // a simple request: a browser asks no permission first (CORS)
    signal,
    redirect: 'error'
  })
  const body = await readText(response)
  if (response.status === 503 || response.status === 429) {
    throw new WebTorrentDHTError('EFULL', `${url}: ${response.status} ${body.trim()}`)
  }
  const reply = response.status === 200 ? parseHttpSignal(body, 'answer', idLength) : undefined
  if (!reply)
    throw new WebTorrentDHTError('EREFUSED', `${url}: ${response.status} ${body.trim().slice(0, 200)}`)
  return reply
}

async function readText(response: Response): Promise<string> {
  const reader = response.body?.getReader()
  const chunks: Uint8Array[] = []
  let length = 0
  while (reader) {
    const { done, value } = await reader.read()
    if (done) break
    length += value.length
    if (length > MAX_ANSWER_BYTES) throw new Error(`the response is longer than ${MAX_ANSWER_BYTES} bytes`)
    chunks.push(value)
  }
  return Buffer.concat(chunks).toString()
}
