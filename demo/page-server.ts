/** Serves the demo page: `GET` requests to the address that others join at. */

import type { RequestListener } from 'node:http'
import { fileURLToPath } from 'node:url'
import sirv from 'sirv'

/** Made by scripts/build-page.mjs. */
const PAGE = fileURLToPath(new URL('../page', import.meta.url))

/**
 * What a page may load and do: itself alone, connections to other nodes, which may be anywhere, and pictures, sound and film that
 * have arrived. A value from the DHT, or a file, that got into the page as markup could so do nothing.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  'connect-src http: https:',
  "img-src 'self' blob:",
  'media-src blob:',
  "base-uri 'none'",
  "form-action 'none'"
].join('; ')

/**
 * @param address where others open the page: pages that came from this machine itself ask for it at `address.json`
 */
export function createPageServer(address: () => string): RequestListener {
  const serve = sirv(PAGE, {
    etag: true,
    // With `npm start` anew the page may be a new one.
    setHeaders: response => {
      response.setHeader('cache-control', 'no-cache')
      response.setHeader('content-security-policy', CONTENT_SECURITY_POLICY)
      response.setHeader('x-content-type-options', 'nosniff')
    }
  })
  return (request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD, POST, OPTIONS' }).end()
      return
    }
    if (request.url === '/address.json') {
      response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' })
      response.end(JSON.stringify({ url: address() }))
      return
    }
    serve(request, response, () => {
      response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end('There is no such page.\n')
    })
  }
}
