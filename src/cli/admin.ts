/** Answers `GET /health`, `/metrics`, `/status` and `/`, on the port that others join at or on one of its own. */

import { createServer, type Server } from 'node:http'
import { isMisdirected } from '../entrances/access.js'
import type { RequestListener, WebTorrentDHT } from '../index.js'
import type { Metrics } from './metrics.js'
import { describeNode } from './node-status.js'
import { statusPage } from './status-page.js'

/** Milliseconds that an answer is given again: strangers may ask as often as they like. */
const FRESH_FOR = 1000

/** The page runs nothing and loads nothing, whatever gets into it. */
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

export interface AdminParts {
  /** The node that serves now; `null` while it starts or stops. */
  node(): WebTorrentDHT | null
  /** Where others join. */
  bootstrap(): string | null
}

interface Answer {
  status?: number
  type: string
  body: string
}

export function createAdminListener(parts: AdminParts): RequestListener {
  let metrics: Promise<Metrics> | null = null
  const given = new Map<string, { answer: Answer | Promise<Answer>; at: number }>()
  const pages: Record<string, (dht: WebTorrentDHT) => Answer | Promise<Answer>> = {
    '/health': dht => json({ status: dht.status, nodes: dht.stats().connections.open }),
    '/status': dht => json(describeNode(dht, parts.bootstrap())),
    '/': dht => ({ type: 'text/html', body: statusPage(describeNode(dht, parts.bootstrap())) }),
    '/metrics': async () => {
      metrics ??= import('./metrics.js').then(({ createMetrics }) => createMetrics(parts.node))
      const { contentType, read } = await metrics
      return { type: contentType, body: await read() }
    }
  }
  return async (request, response) => {
    const { status = 200, type, body } = await answer(request.method, request.url)
    response.writeHead(status, {
      'content-type': type.includes('charset') ? type : `${type}; charset=utf-8`,
      'cache-control': 'no-store',
      'content-security-policy': CONTENT_SECURITY_POLICY,
      'x-content-type-options': 'nosniff',
      ...(status === 405 && { allow: 'GET, HEAD, POST, OPTIONS' })
    })
    response.end(request.method === 'HEAD' ? '' : body)
  }

  async function answer(method = '', url = ''): Promise<Answer> {
    if (method !== 'GET' && method !== 'HEAD')
      return plain(405, 'POST a WebRTC offer as JSON to join the DHT')
    const path = url.replace(/[?#].*$/s, '')
    const page = Object.hasOwn(pages, path) ? pages[path] : undefined
    if (!page) return plain(404, 'There is /health, /metrics, /status and /')
    const dht = parts.node()
    if (!dht) return plain(503, 'The node starts or stops')
    const last = given.get(path)
    if (last && performance.now() - last.at < FRESH_FOR) return last.answer
    const answer = page(dht)
    given.set(path, { answer, at: performance.now() })
    return answer
  }
}

/** Serves these on a port of their own, under no name that somebody else owns. @throws what `listen` fails with */
export function listenForAdmin(listener: RequestListener, port: number, host: string): Promise<Server> {
  const server = createServer((request, response) => {
    if (isMisdirected(request.headers, { listening: host, public: null }))
      return void response.writeHead(421).end('This server has another name\n')
    Promise.resolve(listener(request, response)).catch(() => response.destroy())
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve(server)
    })
  })
}

function json(value: object): Answer {
  return { type: 'application/json', body: `${JSON.stringify(value)}\n` }
}

function plain(status: number, text: string): Answer {
  return { status, type: 'text/plain', body: `${text}\n` }
}
