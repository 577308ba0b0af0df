/** examples/shared-text: three write in one text, also at the same time, and when the bootstrap node is gone. */

import type { Page } from 'playwright-core'
import test from 'tape'
import { type Browsers, Visitors } from './visitors.js'

const area = (page: Page) => page.getByRole('textbox', { name: 'Shared text' })
const hasText = (page: Page, wanted: string) =>
  page.waitForFunction(text => document.querySelector('textarea')?.value === text, wanted)

export function testSharedText(browsers: Promise<Browsers>): void {
  test('examples/shared-text: what several people write at the same time is the same everywhere', t =>
    Visitors.play(t, 'shared-text', async visitors => {
      const { chromium, firefox } = await browsers
      const ada = await visitors.open(chromium)
      await ada.getByLabel('Your name').fill('Ada')
      await area(ada).fill('one line\n')
      const path = new URL((await ada.getByRole('link').getAttribute('href')) ?? '').hash
      const bob = await visitors.open(firefox, path)
      await bob.getByLabel('Your name').fill('Bob')
      await hasText(bob, 'one line\n')
      t.pass('who comes later has the text')
      await ada.getByText('Here: Ada, Bob').waitFor()
      await bob.getByText('Here: Bob, Ada').waitFor()
      t.pass('each sees the other')

      await area(ada).press('Control+Home')
      await area(bob).press('Control+End')
      await Promise.all([area(ada).pressSequentially('over '), area(bob).pressSequentially('below')])
      await Promise.all([ada, bob].map(page => hasText(page, 'over one line\nbelow')))
      t.pass('both have what both have typed, each at its place')
      await area(bob).press('Backspace')
      await hasText(ada, 'over one line\nbelo')

      await bob.close()
      await ada.getByText('Here: Ada', { exact: true }).waitFor()
      t.pass('who has left is no longer there')
    }))
}
