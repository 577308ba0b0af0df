/** Two visitors of an example: one in Chromium, one in Firefox. */

import type { Browser, Page } from 'playwright-core'
import type { Test } from 'tape'
import { launchChromium, launchFirefox } from '../helpers/browsers.js'
import { openSite, type Site } from './site.js'

/** Milliseconds for whatever a visitor waits for. */
const TIMEOUT = 30_000

export interface Browsers {
  chromium: Browser
  firefox: Browser
}

export async function launchBrowsers(chromium: string, firefox: string): Promise<Browsers> {
  const [one, other] = await Promise.all([launchChromium(chromium), launchFirefox(firefox)])
  return { chromium: one, firefox: other }
}

/** What Firefox says where nothing is wrong. */
const OF_FIREFOX = [
  /^WebRTC: ICE failed/, // of each connection that does not open, or whose other end is gone
  /^Failed to load ‘’. A ServiceWorker intercepted/ // of a part of a film that its player does not want any more
]

export class Visitors {
  readonly site: Site
  readonly #errors: string[] = []
  readonly #pages: Page[] = []

  private constructor(site: Site) {
    this.site = site
  }

  /** How an example is served. */
  static openSite: (example: string) => Promise<Site> = openSite

  /** Plays what visitors of an example do; none of their pages may have an error. */
  static async play(t: Test, example: string, play: (visitors: Visitors) => Promise<void>): Promise<void> {
    await Visitors.playAt(t, await Visitors.openSite(example), play)
  }

  /** The same at a site that is served already, which is closed at the end. */
  static async playAt(t: Test, site: Site, play: (visitors: Visitors) => Promise<void>): Promise<void> {
    const visitors = new Visitors(site)
    try {
      await play(visitors)
      t.deepEqual(visitors.#errors, [], 'no page had an error')
    } catch (error) {
      const open = visitors.#pages.filter(page => !page.isClosed())
      const texts = await Promise.all(open.map(page => page.innerText('body')))
      throw new Error(['What the pages show:', ...texts].join('\n---\n'), { cause: error })
    } finally {
      await Promise.all(visitors.#pages.map(page => page.context().close()))
      await visitors.site.close()
    }
  }

  /** Opens the example as somebody who has never been there. @param path after the address of the page */
  async open(browser: Browser, path = ''): Promise<Page> {
    const page = await browser.newPage()
    page.setDefaultTimeout(TIMEOUT)
    this.#pages.push(page)
    page.on('pageerror', error => this.#note(String(error.stack ?? error)))
    page.on('console', message => {
      if (message.type() === 'error') this.#note(message.text())
    })
    await page.goto(this.site.url + path)
    return page
  }

  #note(error: string): void {
    if (!OF_FIREFOX.some(pattern => pattern.test(error))) this.#errors.push(error)
  }
}
