/** A tab of Chromium in a room. It says when it has heard another one, and what it has sent and received. */

import type { BrowserContext, Page } from 'playwright-core'
import { within } from '../../test/helpers/nodes.js'

declare global {
  /** In a page: to be called when a message has come. */
  var greeted: () => void
  /** In a page: milliseconds from its navigation to the first message. */
  var firstMessage: Promise<number>
  /** In a page: bytes of all WebRTC connections, in both directions. */
  var countWebRTC: () => Promise<number>
}

const SECONDS = 1000
/** Milliseconds for the first message. */
const PATIENCE = 60 * SECONDS
/** An opcode of a WebSocket frame (RFC 6455): its payload is shown in base64. */
const BINARY = 2

export class Tab {
  readonly #page: Page
  /** Over HTTP and WebSocket, without what the site has sent. */
  #bytes = 0

  private constructor(page: Page) {
    this.#page = page
  }

  /** @param origin of the site */
  static async open(context: BrowserContext, origin: string): Promise<Tab> {
    const page = await context.newPage()
    const tab = new Tab(page)
    await page.addInitScript(prepare)
    await tab.#listen(context, origin)
    return tab
  }

  async goto(url: string): Promise<void> {
    await this.#page.goto(url, { waitUntil: 'commit' })
  }

  /** Milliseconds from the navigation. */
  firstMessage(): Promise<number> {
    return within(
      'the first message',
      this.#page.evaluate(() => firstMessage),
      PATIENCE
    )
  }

  /** Bytes that it has sent and received. */
  async countBytes(): Promise<number> {
    return this.#bytes + (await this.#page.evaluate(() => countWebRTC()))
  }

  async #listen(context: BrowserContext, origin: string): Promise<void> {
    const session = await context.newCDPSession(this.#page)
    const ofSite = new Set<string>()
    const countFrame = ({ response }: { response: { opcode: number; payloadData: string } }) => {
      this.#bytes += Buffer.byteLength(response.payloadData, response.opcode === BINARY ? 'base64' : 'utf8')
    }
    session.on('Network.webSocketFrameSent', countFrame)
    session.on('Network.webSocketFrameReceived', countFrame)
    session.on('Network.requestWillBeSent', ({ requestId, request }) => {
      if (request.url.startsWith(origin)) ofSite.add(requestId)
      this.#bytes += Buffer.byteLength(request.postData ?? '')
    })
    session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
      if (!ofSite.has(requestId)) this.#bytes += encodedDataLength
    })
    await session.send('Network.enable', { maxPostDataSize: 2 ** 20 })
  }
}

/** Runs in the page, before its scripts. */
function prepare(): void {
  globalThis.firstMessage = new Promise(resolve => {
    globalThis.greeted = () => resolve(performance.now())
  })
  const connections: RTCPeerConnection[] = []
  globalThis.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(configuration?: RTCConfiguration) {
      super(configuration)
      connections.push(this)
    }
  }
  globalThis.countWebRTC = async () => {
    let bytes = 0
    for (const connection of connections) {
      for (const report of (await connection.getStats()).values()) {
        if (report.type === 'transport') bytes += report.bytesSent + report.bytesReceived
      }
    }
    return bytes
  }
}
