/** The HTTP servers that a newcomer finds: that of the bootstrap node, and others to which it should not go. */

import { createServer } from 'node:http'
import { LinkServer } from './link-server.mjs'
import { Tracker } from './tracker.mjs'

const HOST = '127.0.0.1'
/** Where links over WebSocket are taken. */
const LINKS = '/links'
const TRACKER = '/tracker'
/** What pages need. */
const HEADERS = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'POST, OPTIONS',
  'access-control-allow-headers': 'content-type',
  'access-control-allow-private-network': 'true'
}

/**
 * Listens. The first offer is redirected, the second one is refused by a full node that names another, and all that follow are answered.
 *
 * @param answer gives the body of the response to an offer
 */
export async function listen(port, answer) {
  /** The bodies of the requests to the bootstrap node; `null`: it is no JSON. */
  const offers = []
  /** Requests to places where a newcomer should not go, by the reason for which it should not. */
  const strays = { redirected: 0, named: 0, told: 0 }
  let come = () => {}
  const whenCome = new Promise(resolve => {
    come = resolve
  })
  const tracker = new Tracker()
  const links = new LinkServer()
  const servers = []
  const serve = async (handle, wanted) => {
    servers.push(await startServer(handle, wanted))
    return servers.at(-1)
  }
  const portOf = server => server.address().port
  const stray = reason => () => {
    strays[reason]++
    return [404, 'nobody is here']
  }
  const named = portOf(await serve(stray('named')))
  const other = portOf(await serve(() => [503, `full\ntry ${HOST}:${named}\n`]))
  const told = portOf(await serve(stray('told')))
  const own = await serve(async ({ method, url }, text) => {
    if (url !== '/' && url !== LINKS) return stray('redirected')()
    if (method !== 'POST') return [405, 'offers are posted']
    const body = parse(text)
    if (body?.type === 'candidates') return [200, JSON.stringify({ ...body, candidates: [] })]
    if (url === LINKS) return respond(() => links.answer(body))
    offers.push(body)
    come()
    if (offers.length === 1) return [307, '', { location: '/elsewhere' }]
    if (offers.length === 2) return [503, `full\ntry ${HOST}:${other}\n`]
    return respond(() => answer(body))
  }, port)
  own.on('upgrade', (request, socket, head) => {
    if (request.url.startsWith(LINKS)) links.upgrade(request, socket, head)
    else if (request.url === TRACKER) tracker.upgrade(request, socket, head)
    else socket.destroy()
  })
  return {
    /** What a newcomer needs in `bootstrap`, and what it can have besides. */
    url: `http://${HOST}:${portOf(own)}/`,
    others: [`ws://${HOST}:${portOf(own)}${TRACKER}`, `http://${HOST}:${portOf(own)}${LINKS}`],
    tracker,
    links,
    offers,
    strays,
    /** Settles when the first offer has come. */
    whenCome,
    /** What the bootstrap node says of a server that is not its own. */
    serverInfo: JSON.stringify({ http_server: { host: HOST, port: told } }),
    close() {
      tracker.close()
      links.close()
      for (const server of servers) {
        server.close()
        server.closeAllConnections()
      }
    }
  }
}

/** @param handle gives status, body and headers of a response */
async function startServer(handle, port = 0) {
  const server = createServer(async (request, response) => {
    if (request.method === 'OPTIONS') return response.writeHead(204, HEADERS).end()
    const chunks = []
    for await (const chunk of request) chunks.push(chunk)
    const [status, body, headers = {}] = await handle(request, Buffer.concat(chunks).toString())
    response.writeHead(status, { ...HEADERS, ...headers }).end(body)
  })
  await new Promise((resolve, reject) => server.once('error', reject).listen(port, HOST, resolve))
  return server
}

async function respond(answer) {
  try {
    return [200, JSON.stringify(await answer()), { 'content-type': 'application/json' }]
  } catch (error) {
    return [400, error.message] // it is no offer
  }
}

function parse(text) {
  try {
    return JSON.parse(text)
  } catch {
    return null // the checks say so
  }
}
