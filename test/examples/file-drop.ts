/** examples/file-drop: a file for two others, one of whom comes later, and a receiver who is left alone. */

import { createHash, randomBytes } from 'node:crypto'
import type { Page } from 'playwright-core'
import test from 'tape'
import { drop } from '../page/shared-files.js'
import { type Browsers, Visitors } from './visitors.js'

const NAME = 'notes & <more>.bin'
const SIZE = 3_000_000
/** More than gets from one browser to another before the sender is closed. */
const LARGE_SIZE = 30_000_000

export function testFileDrop(browsers: Promise<Browsers>): void {
  test('examples/file-drop: a file that is dropped gets to everybody, those included who come later', t =>
    Visitors.play(t, 'file-drop', async visitors => {
      const { chromium, firefox } = await browsers
      const sender = await visitors.open(chromium)
      await sender.getByText('Here: you, and nobody else.').waitFor()
      const invitation = (await sender.getByRole('link', { name: 'this link' }).getAttribute('href')) ?? ''
      const path = new URL(invitation).hash
      t.ok(path.length > 20, 'the page has made a link that nobody can guess')
      const receiver = await visitors.open(firefox, path)
      await sender.getByText(/Here: you, visitor [0-9a-f]{4}\./).waitFor()

      const bytes = randomBytes(SIZE)
      await drop(sender, 'body', [{ name: NAME, bytes }])
      t.equal(await hashOfReceived(receiver, NAME), hash(bytes), 'it is there as it was')
      await sender.getByText(new RegExp(`${NAME} to visitor [0-9a-f]{4} – sent`)).waitFor()

      const late = await visitors.open(chromium, path)
      t.equal(await hashOfReceived(late, NAME), hash(bytes), 'who comes later gets it, too')
      await late.close()

      await receiver.setInputFiles('#files', {
        name: 'chosen.txt',
        mimeType: 'text/plain',
        buffer: Buffer.from('!')
      })
      t.equal(
        await hashOfReceived(sender, 'chosen.txt'),
        hash(Buffer.from('!')),
        'a chosen file goes the other way'
      )
      await receiver.setInputFiles('#files', { name: 'empty', mimeType: '', buffer: Buffer.alloc(0) })
      t.equal(await hashOfReceived(sender, 'empty'), hash(Buffer.alloc(0)), 'an empty one, too')
    }))

  test('examples/file-drop: who leaves while a file is on its way leaves no file', t =>
    Visitors.play(t, 'file-drop', async visitors => {
      const { chromium, firefox } = await browsers
      const [sender, receiver] = await Promise.all([
        visitors.open(firefox, '#left'),
        visitors.open(chromium, '#left')
      ])
      await sender.getByText(/Here: you, visitor/).waitFor()
      await dropLarge(sender)
      const progress = receiver.getByRole('progressbar')
      await receiver.waitForFunction(() => (document.querySelector('progress')?.value ?? 0) > 0)
      t.ok(Number(await progress.getAttribute('max')) === LARGE_SIZE, 'the receiver sees how large it is')
      await sender.close()
      await receiver.getByText('– not complete: the visitor has left').waitFor()
      t.equal(await receiver.getByRole('link', { name: 'Save' }).count(), 0)
    }))
}

/** Drops a file that is made in the page. */
async function dropLarge(page: Page): Promise<void> {
  const dataTransfer = await page.evaluateHandle(size => {
    const transfer = new DataTransfer()
    transfer.items.add(new File([new Uint8Array(size)], 'large'))
    return transfer
  }, LARGE_SIZE)
  await page.dispatchEvent('body', 'drop', { dataTransfer })
}

/** What the link gives to the browser to save. */
async function hashOfReceived(page: Page, name: string): Promise<string> {
  const link = page.getByRole('link', { name: `Save ${name}` })
  const [href, download] = await link.evaluate(element => {
    const { href, download } = element as HTMLAnchorElement
    return [href, download]
  })
  if (download !== name) throw new Error(`It would be saved as ${download}.`)
  const numbers = await page.evaluate(async url => {
    const content = await (await fetch(url as string)).arrayBuffer()
    const { crypto } = globalThis
    return [...new Uint8Array(await crypto.subtle.digest('SHA-256', content))]
  }, href)
  return Buffer.from(numbers).toString('hex')
}

function hash(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
