/** HTTP servers that stand for nodes, and what an entrance brings from them. */

import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import type { Test } from 'tape'
import type { CarriedSignal } from '../../src/entrances/entrance.js'
import { WebTorrentDHTError } from '../../src/index.js'
import type { Address } from '../../src/wire/compact.js'

export const OFFER: CarriedSignal = {
  type: 'offer',
  sdp: 'v=0\r\n',
  id: '01'.repeat(20),
  extensions: ['introduce']
}
export const ANSWER: CarriedSignal = { type: 'answer', sdp: 'v=0\r\n', id: '02'.repeat(20), extensions: [] }

/** Of an entrance whose newcomers ask an HTTP server. */
export const neverAnswers = () => Promise.reject(new Error('an HTTP server answers'))

/** Where a node serves that is behind no proxy. */
export const servingAt = (address: Address | null) => ({ address, listening: address })

/** An HTTP server on this machine, until the test ends; gives its port. */
export async function listen(t: Test, respond: RequestListener): Promise<number> {
  const server = createServer(respond)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  return (server.address() as AddressInfo).port
}

/** A node's HTTP server that answers each offer, and the offers that came. */
export async function listenAsNode(t: Test, answer: object = ANSWER) {
  const offers: unknown[] = []
  const port = await listen(t, async (request, response) => {
    offers.push(await json(request))
    response.end(JSON.stringify(answer))
  })
  return { port, offers }
}

/** What a request fails with. */
export async function failureOf(request: Promise<unknown> | undefined): Promise<WebTorrentDHTError> {
  const result: unknown = await request?.catch(error => error)
  if (result instanceof WebTorrentDHTError) return result
  throw new Error(`no such error: ${String(result)}`)
}
