/** examples/next: the server renders the page without WebRTC, the browsers meet. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'tape'
import { openInstalledSite } from './installed-site.js'
import { type Browsers, Visitors } from './visitors.js'

export function testNext(browsers: Promise<Browsers>): void {
  test('examples/next: readers of a page see how many they are', async t => {
    const site = await openInstalledSite('next')
    await Visitors.playAt(t, site, async visitors => {
      const { chromium, firefox } = await browsers
      const html = await (await fetch(site.url)).text()
      t.ok(html.includes('Readers of this page</h1>'), 'the server renders the page')
      t.ok(html.includes('Looking for other readers'), 'all but the readers')

      const ada = await visitors.open(chromium)
      await ada.getByText('You are the only reader.').waitFor()
      const bob = await visitors.open(firefox)
      await Promise.all([ada, bob].map(page => page.getByText('2 people read this page.').waitFor()))
      await ada.getByRole('button', { name: 'Wave' }).click()
      await bob.getByText('Somebody has waved: 1.').waitFor()
      await bob.close()
      await ada.getByText('You are the only reader.').waitFor()
      t.pass('they wave, and leave')

      const built = join(site.folder, '.next/dev')
      t.ok(hasWebRTC(join(built, 'static')), 'WebRTC is in what the browser loads')
      t.notOk(hasWebRTC(join(built, 'server')), 'and in nothing that the server runs')
    })
  })
}

function hasWebRTC(folder: string): boolean {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(path =>
    path.endsWith('.js')
  )
  return files.some(path =>
    /RTCPeerConnection|node-datachannel/.test(readFileSync(join(folder, path), 'utf8'))
  )
}
