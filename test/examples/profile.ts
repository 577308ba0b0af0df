/** examples/profile: somebody makes a profile, somebody else reads it; it is there again when the nodes that had it are gone. */

import type { Page } from 'playwright-core'
import test from 'tape'
import { type Browsers, Visitors } from './visitors.js'

export function testProfile(browsers: Promise<Browsers>): void {
  test('examples/profile: others see what its owner saves, and what he changes', t =>
    Visitors.play(t, 'profile', async visitors => {
      const { chromium, firefox } = await browsers
      const owner = await visitors.open(chromium)
      await save(owner, 'Ada', 'Writes programs.')
      await owner.getByText('Version 1').waitFor()
      const link = (await owner.getByRole('link', { name: 'this link' }).getAttribute('href')) ?? ''
      const reader = await visitors.open(firefox, link)
      await reader.getByRole('heading', { name: 'Ada' }).waitFor()
      t.equal(await reader.getByText('Writes programs.').count(), 1, 'whoever has the link sees it')
      t.equal(await reader.getByRole('button', { name: 'Save' }).count(), 0, 'and cannot change it')

      await save(owner, 'Ada Lovelace', 'Writes <b>programs</b>.')
      await reader.getByRole('heading', { name: 'Ada Lovelace' }).waitFor()
      await reader.getByText('Version 2').waitFor()
      t.equal(await reader.getByText('<b>programs</b>').count(), 1, 'a new version comes by itself, as text')

      const address = owner.url()
      await Promise.all([owner, reader].map(page => page.goto('about:blank')))
      await visitors.site.replaceBootstrap()
      await owner.goto(address)
      await owner.getByRole('heading', { name: 'Ada Lovelace' }).waitFor()
      t.equal(await owner.getByLabel('Name').inputValue(), 'Ada Lovelace', 'its owner finds it as he left it')
      t.equal(await owner.getByRole('link', { name: 'this link' }).getAttribute('href'), link)
      await reader.goto(visitors.site.url + link)
      await reader.getByRole('heading', { name: 'Ada Lovelace' }).waitFor()
      await reader.getByText('Version 2').waitFor()
      t.pass('and has stored it again, though all nodes that had it are gone')

      await owner.evaluate(() => localStorage.setItem('profile-seed', 'no seed'))
      await owner.reload()
      await owner.getByText('That did not work: seed should be').waitFor()
      t.pass('what goes wrong is shown')
    }))
}

async function save(page: Page, name: string, about: string): Promise<void> {
  await page.getByLabel('Name').fill(name)
  await page.getByLabel('About you').fill(about)
  await page.getByRole('button', { name: 'Save' }).click()
}
