/** A terminal shares a file, `npm start -- --seed path`, and a tab opens the link that it prints. */

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { startDemoNode } from './demo-node.js'
import { hashOf } from './shared-files.js'

const NAME = 'film & co.bin'
const SIZE = 3_000_000
const DEADLINE = 60_000

/** @param save a file, and gives the SHA-256 of what is saved */
export async function testSeedCommand(
  browser: Browser,
  save: (page: Page, name: string) => Promise<string>
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'webtorrent-dht-seed-'))
  const bytes = randomBytes(SIZE)
  await writeFile(join(folder, NAME), bytes)
  const node = await startDemoNode(undefined, '--seed', join(folder, NAME))
  try {
    await node.waitForOutput(/✓ Shares "film & co\.bin", 3\.0 MB\./)
    const link = await node.waitForOutput(
      /http:\S+#magnet:\?xt=urn:btih:[0-9a-f]{40}&dn=film%20%26%20co\.bin\n/
    )
    const page = await browser.newPage()
    await page.goto(link.trim())
    await page.locator('.share.is-complete').waitFor({ timeout: DEADLINE })
    assert.equal(await save(page, NAME), hashOf(bytes), 'the tab has what the terminal shares')
    await page.locator('.inside-fold > summary').click()
    const id = (await page.locator('.own-id code').textContent())?.slice(0, 8)
    await node.waitForOutput(new RegExp(`↑ ${id} asks for "film & co\\.bin", found through the DHT`))
    await node.waitForOutput(new RegExp(`✓ ${id} has all of it, 3\\.0 MB sent in`))
    const peers = await page.locator('.share-peers').innerText()
    assert.match(peers, new RegExp(`${node.id.slice(0, 8)}\\s+found through the DHT\\s+has all`))
    assert.equal(await node.stop(), 0, 'it ends when it is told to')
  } finally {
    await node.stop()
    await rm(folder, { recursive: true })
  }
}
