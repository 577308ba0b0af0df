/** A page with a node of this package, in a browser's own WebRTC. */

import type { Page } from 'playwright-core'
import type { Id } from '../../src/id.js'
import { type BrowserPlace, idOf, Tabs } from '../tabs/browser.js'
import type { Subject } from './subject.js'

const PATIENCE = 30_000

export class PageNode implements Subject {
  readonly id: string
  readonly #tabs: Tabs
  readonly #page: Page
  readonly #joinedAt: string

  /** Opens a page, and waits until its node has joined. It makes no connections of its own accord. */
  static async open(browser: BrowserPlace, url: string, joinedAt: string): Promise<PageNode> {
    const tabs = await Tabs.open(browser)
    try {
      const page = await tabs.openPage(url, { keepsToItself: true })
      await page.evaluate(() => {
        dht.handle('echo', ({ accept }) => {
          const peer = accept()
          peer.on('data', (bytes: Uint8Array) => peer.send(bytes))
        })
      })
      return new PageNode(tabs, page, await idOf(page), joinedAt)
    } catch (error) {
      await tabs.close()
      throw error
    }
  }

  private constructor(tabs: Tabs, page: Page, id: string, joinedAt: string) {
    this.#tabs = tabs
    this.#page = page
    this.id = id
    this.#joinedAt = joinedAt
  }

  async introduce(id: string): Promise<string> {
    await this.#page.evaluate(id => globalThis.connectTo(id).then(() => {}), id)
    return this.met(id)
  }

  async met(id: string): Promise<string> {
    await this.#page.waitForFunction(
      id => dht.socket.known_nodes().some(node => node.id === id && node.state === 'connected'),
      id,
      { timeout: PATIENCE }
    )
    return id
  }

  async route(id: string): Promise<string> {
    const isKnown = (id: string) => {
      const { routes, options } = dht.socket.node
      return routes.to((options.id.constructor as typeof Id).fromHex(id)) !== undefined
    }
    await this.#page.waitForFunction(isKnown, id, { timeout: PATIENCE })
    return this.#page.evaluate(async id => {
      const { routes, options, ledger } = dht.socket.node
      const route = routes.to((options.id.constructor as typeof Id).fromHex(id))
      if (!route) throw new Error('the route is gone')
      const reply = await ledger.query(route, 'ping', { id: options.id.bytes }, 5000)
      return (reply.id as Buffer).toString('hex')
    }, id)
  }

  dial(text: string): Promise<string> {
    return this.#page.evaluate(
      async ([id, text]) => {
        const peer = await dht.dial(id, 'echo')
        const heard = new Promise<string>(resolve =>
          peer.once('data', (bytes: Uint8Array) => resolve(new TextDecoder().decode(bytes)))
        )
        peer.send(new TextEncoder().encode(text))
        return heard
      },
      [this.#joinedAt, text] as const
    )
  }

  close(): Promise<unknown> {
    return this.#tabs.close()
  }
}
