/** The demo page in a browser, watched for what a user must never see: errors, and things that jump. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { BrowserContext, Locator, Page } from 'playwright-core'

/** Evaluated, as the page's own policy lets no script of others in. */
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Google's "good" is 0.1 for a whole visit. */
const MAX_LAYOUT_SHIFT = 0.02
const TIMEOUT = 60_000
/** What Firefox says of a connection that does not open, which is tried once more. */
const FAILED_ATTEMPT = 'WebRTC: ICE failed'

export class WatchedPage {
  readonly page: Page
  readonly #errors: string[] = []

  private constructor(page: Page) {
    this.page = page
    page.setDefaultTimeout(TIMEOUT)
    page.on('pageerror', error => this.#errors.push(error.stack ?? error.message))
    page.on('console', message => {
      const isFault = message.type() === 'error' || message.type() === 'warning'
      if (isFault && !message.text().startsWith(FAILED_ATTEMPT)) this.#errors.push(message.text())
    })
  }

  static async open(context: BrowserContext, url: string): Promise<WatchedPage> {
    const watched = new WatchedPage(await context.newPage())
    await watched.page.addInitScript(addUpLayoutShifts)
    await watched.page.goto(url)
    return watched
  }

  /** The id of its node, which is shown to those who look inside. */
  get id(): Promise<string | null> {
    return this.page.locator('.own-id code').textContent()
  }

  /** Opens a part of the page that is folded. */
  async unfold(name: string): Promise<void> {
    await this.page.locator(`.${name}-fold > summary`).click()
  }

  /** Waits until the status line says something. */
  async waitForStatus(pattern: RegExp): Promise<void> {
    await this.#waitForText(this.page.locator('.status'), pattern)
  }

  /** Waits until the curves of the counters have so many points. */
  async waitForSamples(count: number): Promise<void> {
    await this.page.waitForFunction(hasSamples, count)
  }

  /** Waits until a panel's result box says something, and returns all of it. */
  async waitForResult(panel: string, pattern: RegExp): Promise<string> {
    return this.#waitForText(this.page.locator(panel).locator('output'), pattern)
  }

  /** Waits until something has happened. */
  async waitForLog(pattern: RegExp): Promise<void> {
    await this.page.locator('.log li').filter({ hasText: pattern }).first().waitFor()
  }

  /** Presses the tab key until it gets to something with this name. */
  async tabTo(name: string): Promise<void> {
    const names: string[] = []
    for (let presses = 0; presses < 60; presses++) {
      await this.page.keyboard.press('Tab')
      const focused = await this.page.evaluate(describeFocus)
      if (focused.name.startsWith(name)) {
        assert.ok(focused.isVisible, `the focus is visible on “${name}”`)
        return
      }
      names.push(focused.name)
    }
    assert.fail(`the tab key does not get to “${name}”, but to: ${names.join(', ')}`)
  }

  async #waitForText(box: Locator, pattern: RegExp): Promise<string> {
    try {
      await box.filter({ hasText: pattern }).waitFor()
    } catch (cause) {
      throw new Error(`the page does not say ${pattern}, but: ${await box.innerText()}`, { cause })
    }
    return box.innerText()
  }

  /** The focus is on a node in the table of connections; the arrow keys lead to the others. */
  async assertArrowKeysMove(): Promise<void> {
    const { name: first } = await this.page.evaluate(describeFocus)
    await this.page.keyboard.press('ArrowDown')
    const { name: second } = await this.page.evaluate(describeFocus)
    assert.match(second, /^[0-9a-f]{8}$/)
    assert.notEqual(second, first)
    await this.page.keyboard.press('ArrowUp')
  }

  /** The picture is one stop of the tab key; the arrow keys go round it, and Enter selects. */
  async assertPictureTakesKeys(): Promise<void> {
    await this.page.locator('.picture .place[tabindex="0"]').focus()
    const { name: first } = await this.page.evaluate(describeFocus)
    await this.page.keyboard.press('ArrowRight')
    const { name: second } = await this.page.evaluate(describeFocus)
    assert.match(second, /^[0-9a-f]{4,6}, (connected|connecting|known)$/)
    assert.notEqual(second, first)
    await this.page.keyboard.press('Enter')
    const details = this.page.locator('.details-box .mono')
    await details.filter({ hasText: second.slice(0, 4) }).waitFor()
    await this.page.keyboard.press('Enter')
    await details.waitFor({ state: 'detached' })
  }

  async assertCalm(): Promise<void> {
    assert.deepEqual(this.#errors, [], 'nothing is wrong in the console')
    const shifts = await this.page.evaluate(
      () => (globalThis as unknown as { layoutShifts: Shifts }).layoutShifts
    )
    assert.ok(shifts.sum < MAX_LAYOUT_SHIFT, `nothing jumps: ${shifts.sum}, ${shifts.sources.join('; ')}`)
    assert.ok(await this.page.evaluate(fitsWidth), 'nothing is wider than the window')
  }

  /** Whatever is shown now can be used by everybody, as far as axe can tell. */
  async assertAccessible(): Promise<void> {
    await this.page.evaluate(AXE)
    const violations = await this.page.evaluate(findViolations)
    assert.deepEqual(violations, [], 'axe finds no violation')
  }
}

/** As far as it is used here. */
interface Axe {
  run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }>
}

interface Shifts {
  sum: number
  /** What moved. */
  sources: string[]
}

// What follows runs in the page.

function addUpLayoutShifts(): void {
  interface LayoutShift extends PerformanceEntry {
    value: number
    hadRecentInput: boolean
    sources: { node?: Element; previousRect: DOMRectReadOnly; currentRect: DOMRectReadOnly }[]
  }
  const shifts: Shifts = { sum: 0, sources: [] }
  Object.assign(globalThis, { layoutShifts: shifts })
  const observer = new PerformanceObserver(list => {
    for (const entry of list.getEntries() as LayoutShift[]) {
      if (entry.hadRecentInput) continue
      shifts.sum += entry.value
      for (const { node, previousRect: from, currentRect: to } of entry.sources) {
        const name = `${node?.nodeName}.${node?.className ?? node?.textContent}`
        shifts.sources.push(
          `${name} ${[from.x, from.y, from.width, from.height]} → ${[to.x, to.y, to.width, to.height]}`
        )
      }
    }
  })
  observer.observe({ type: 'layout-shift', buffered: true })
}

function describeFocus(): { name: string; isVisible: boolean } {
  const element = document.activeElement
  if (!element) return { name: '', isVisible: false }
  const label = element instanceof HTMLInputElement ? element.labels?.[0]?.innerText : undefined
  const name = element.getAttribute('aria-label') ?? label ?? (element as HTMLElement).innerText
  return { name: name.trim(), isVisible: getComputedStyle(element).outlineStyle !== 'none' }
}

async function findViolations(): Promise<string[]> {
  const { axe } = globalThis as unknown as { axe: Axe }
  const { violations } = await axe.run()
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))
}

function hasSamples(count: number): boolean {
  const points = document.querySelector('.sparkline polyline')?.getAttribute('points') ?? ''
  return points.split(' ').length >= count
}

function fitsWidth(): boolean {
  const { scrollWidth, clientWidth } = document.documentElement
  return scrollWidth <= clientWidth
}
