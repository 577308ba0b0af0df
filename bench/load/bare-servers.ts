/** Servers of bare links, to compare a node with: they answer each query with so many bytes, and know nothing of a DHT. */

import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { PeerConnection } from 'node-datachannel'
import { WebSocketServer } from 'ws'

export interface BareServer {
  readonly port: number
  /** Open links. */
  readonly links: number
  close(): void | Promise<void>
}

const HOST = '127.0.0.1'
/** The end of a query: the keys `t`, of 4 bytes, and `y`. */
const END_OF_QUERY = '1:t4:00001:y1:qe'.length

/** Takes WebSockets with `ws` alone. */
export async function serveWebSockets(replyBytes: number): Promise<BareServer> {
  const http = createServer()
  const port = await listen(http)
  const server = new WebSocketServer({ server: http, perMessageDeflate: false })
  server.on('connection', socket => {
    socket.on('message', query => socket.send(replyTo(query as Buffer, replyBytes)))
  })
  const close = () => {
    for (const socket of server.clients) socket.terminate()
    http.close()
  }
  return {
    port,
    get links() {
      return server.clients.size
    },
    close
  }
}

/** Answers posted offers with the native layer alone. @param udpPort one for all connections; each has its own without it */
export async function serveDataChannels(replyBytes: number, udpPort?: number): Promise<BareServer> {
  const onePort = udpPort && { enableIceUdpMux: true, portRangeBegin: udpPort, portRangeEnd: udpPort }
  const connections = new Set<PeerConnection>()
  let links = 0
  const answer = async (offer: string): Promise<string> => {
    const connection = new PeerConnection('server', { iceServers: [], ...onePort })
    connections.add(connection)
    connection.onDataChannel(channel => {
      links++
      channel.onMessage(
        query => void channel.sendMessageBinary(replyTo(Buffer.from(query as Buffer), replyBytes))
      )
      channel.onClosed(() => links--)
    })
    const gathered = new Promise<void>(resolve => {
      connection.onGatheringStateChange(state => state === 'complete' && resolve())
    })
    // As a node does: this end is the DTLS server, so that no first flight is lost (docs/how-it-works.md).
    connection.setRemoteDescription(offer.replace('a=setup:actpass', 'a=setup:active'), 'offer')
    await gathered
    return connection.localDescription()?.sdp ?? ''
  }
  const http = createServer(async (request, response) => {
    const { sdp } = JSON.parse(await text(request))
    response.end(JSON.stringify({ sdp: await answer(sdp) }))
  })
  const port = await listen(http)
  const close = () => {
    http.close()
    for (const connection of connections) connection.close()
  }
  return {
    port,
    get links() {
      return links
    },
    close
  }
}

/** A reply of so many bytes: some filling, and the transaction of the query. */
function replyTo(query: Buffer, bytes: number): Buffer {
  const end = Buffer.from(query.subarray(-END_OF_QUERY))
  end.write('r', END_OF_QUERY - 2)
  const filling = 'x'.repeat(Math.max(0, bytes - END_OF_QUERY - 'd1:p000:'.length))
  return Buffer.concat([Buffer.from(`d1:p${filling.length}:${filling}`), end])
}

async function listen(server: Server): Promise<number> {
  server.listen(0, HOST)
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}
