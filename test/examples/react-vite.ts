/** examples/react-vite: StrictMode mounts twice, Vite replaces modules, and nobody is twice in the room. */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import test from 'tape'
import { openInstalledSite } from './installed-site.js'
import { type Browsers, Visitors } from './visitors.js'

export function testReactVite(browsers: Promise<Browsers>): void {
  test('examples/react-vite: who is at the table, also after an edit, until he leaves', async t => {
    const site = await openInstalledSite('react-vite')
    await Visitors.playAt(t, site, async visitors => {
      const { chromium, firefox } = await browsers
      const ada = await visitors.open(chromium)
      const bob = await visitors.open(firefox)
      await enter(ada, 'Ada')
      await enter(bob, 'Bob')
      await ada.getByText('Bob is thinking').waitFor()
      await bob.getByText('Ada is thinking').waitFor()
      await choose(ada, '5')
      await bob.getByText('Ada has chosen').waitFor()
      await choose(bob, '8')
      await ada.getByText('Bob: 8').waitFor()
      await bob.getByText('Ada: 5').waitFor()
      t.equal(await playersOf(ada), 2, 'in StrictMode, too, each is there once')

      for (const file of ['app.jsx', 'use-room.js', 'dht.js']) {
        const path = join(site.folder, 'src', file)
        const updated = ada.waitForEvent('console', message => message.text().includes('hot updated'))
        writeFileSync(path, `${readFileSync(path, 'utf8')}\n// edited\n`)
        await updated
        await ada.getByText('Bob: 8').waitFor()
        await bob.getByText('Ada: 5').waitFor()
      }
      await ada.getByRole('button', { name: 'New round' }).click()
      await bob.getByText('Bob is thinking').waitFor()
      t.equal(await playersOf(bob), 2, 'a replaced module joins again, with what its component knew')

      await bob.getByRole('button', { name: 'Leave' }).click()
      await ada.getByText('Bob').waitFor({ state: 'detached' })
      await enter(bob, 'Robert')
      await ada.getByText('Robert is thinking').waitFor()
      t.pass('who is not mounted is not there, and may come again')
    })
  })
}

async function enter(page: Page, nick: string): Promise<void> {
  await page.getByLabel('Your nickname').fill(nick)
  await page.getByLabel('Team').fill('red')
  await page.getByRole('button', { name: 'Enter' }).click()
}

function choose(page: Page, card: string): Promise<void> {
  return page.getByRole('button', { name: card, exact: true }).click()
}

function playersOf(page: Page): Promise<number> {
  return page.getByRole('listitem').count()
}
