/** POST requests by `fetch`: in pages, which connect earlier where the browser lets them. */

import { type BeginPost, MAX_ANSWER_BYTES, POST_HEADERS, type PostResponse } from './posting.js'

export const beginFetchPost: BeginPost = (url, { signal }) => {
  const abort = new AbortController()
  const disconnect = preconnect(url)
  return {
    connected: Promise.resolve(),
    async send(body) {
      disconnect()
      const response = await fetch(url, {
        method: 'POST',
        body,
        headers: POST_HEADERS,
        signal: AbortSignal.any([signal, abort.signal]),
        redirect: 'manual' // a browser would repeat the request without its body
      })
      return read(response)
    },
    abort() {
      disconnect()
      abort.abort()
    }
  }
}

/** Has the browser connect to a server. @returns a function that takes the hint back; the connection stays for a while */
function preconnect(url: string): () => void {
  const { document, location } = globalThis
  if (!document?.head) return () => {}
  const link = document.createElement('link')
  // Requests of other origins come without credentials, for which browsers keep connections of their own.
  if (new URL(url).origin !== location?.origin) link.crossOrigin = 'anonymous'
  Object.assign(link, { rel: 'preconnect', href: url })
  document.head.append(link)
  return () => link.remove()
}

async function read(response: Response): Promise<PostResponse> {
  const { status, type, headers } = response
  return {
    status,
    isRedirect: type === 'opaqueredirect' || (status >= 300 && status < 400),
    location: headers.get('location'),
    body: await readText(response)
  }
}

/** Without an answer the status counts, whatever becomes of the text. */
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
