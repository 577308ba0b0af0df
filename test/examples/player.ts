/** examples/webtorrent-player: one browser seeds a song that is dropped on it, the other one plays it before it has all of it. */

import type { Page } from 'playwright-core'
import test from 'tape'
import { type Browsers, Visitors } from './visitors.js'

/** Of the song, at 8,000 bytes a second. */
const SECONDS = 300
/** Bytes that a seeding page sends over one connection before it waits. */
const HELD_BACK_AFTER = 500_000
/** Above that of the suite: Firefox writes files slowly. */
const DOWNLOAD_TIMEOUT = 60_000

declare global {
  /** In a page that seeds: sends what was held back. */
  var sendTheRest: () => void
}

export function testPlayer(browsers: Promise<Browsers>): void {
  test('examples/webtorrent-player: a song plays elsewhere while it loads', t =>
    Visitors.play(t, 'webtorrent-player', async visitors => {
      const { chromium, firefox } = await browsers
      const seeder = await visitors.open(chromium)
      const text = { name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.from('hello') }
      await seeder.getByLabel('Drop a film').setInputFiles(text)
      await seeder.getByText('This is neither a film nor a song.').waitFor()
      t.pass('what is no song is not seeded')

      await seeder.evaluate(holdBack, HELD_BACK_AFTER)
      await drop(seeder, 'a song.wav', SECONDS)
      const link = (await seeder.getByRole('link', { name: 'this link' }).getAttribute('href')) ?? ''
      t.match(link, /^#magnet:\?xt=urn:btih:[0-9a-f]{40}/)
      t.notOk(link.includes('&tr='), 'the magnet link names no tracker')

      const listener = await visitors.open(firefox, link)
      await listener.getByRole('heading', { name: 'a song.wav' }).waitFor()
      await listener.locator('#player').evaluate((player: HTMLMediaElement) => {
        player.muted = true // sound waits for a click, which would have to hit the button in the player
        return player.play()
      })
      await listener.waitForFunction(() => (document.querySelector('video')?.currentTime ?? 0) > 0.5)
      t.doesNotMatch(await stateOf(listener), /^100 %/, 'it plays before all of it is there')

      await seeder.evaluate(() => sendTheRest())
      await listener.getByText('100 % loaded').waitFor({ timeout: DOWNLOAD_TIMEOUT })
      t.equal(
        await listener.locator('#player').evaluate((player: HTMLMediaElement) => player.duration),
        SECONDS,
        'the player knows how long it is'
      )
    }))
}

function stateOf(page: Page): Promise<string> {
  return page.getByRole('status').innerText()
}

/** In a page: has each data channel send so many bytes, and the rest when `sendTheRest` is called. */
function holdBack(limit: number): void {
  const { send } = RTCDataChannel.prototype
  const sent = new WeakMap<RTCDataChannel, number>()
  const waiting: (() => void)[] = []
  let isHeldBack = true
  RTCDataChannel.prototype.send = function (data: unknown) {
    const { byteLength = 0 } = data as Partial<Uint8Array>
    const total = (sent.get(this) ?? 0) + byteLength
    sent.set(this, total)
    const now = () => this.readyState === 'open' && send.call(this, data as Uint8Array<ArrayBuffer>)
    if (isHeldBack && total > limit) waiting.push(now)
    else now()
  }
  globalThis.sendTheRest = () => {
    isHeldBack = false
    for (const now of waiting) now()
  }
}

/** Drops a song of one tone onto a page: PCM with 8 bits, of which every part can be played. */
async function drop(page: Page, name: string, seconds: number): Promise<void> {
  const transfer = await page.evaluateHandle(
    ({ name, seconds }) => {
      const rate = 8000
      const bytes = new Uint8Array(44 + rate * seconds)
      const view = new DataView(bytes.buffer)
      const write = (at: number, text: string) => bytes.set(new TextEncoder().encode(text), at)
      write(0, 'RIFF____WAVEfmt ')
      view.setUint32(4, bytes.length - 8, true)
      view.setUint32(16, 16, true)
      view.setUint16(20, 1, true) // PCM
      view.setUint16(22, 1, true) // channels
      view.setUint32(24, rate, true)
      view.setUint32(28, rate, true) // bytes a second
      view.setUint16(32, 1, true) // bytes of a sample
      view.setUint16(34, 8, true) // bits of a sample
      write(36, 'data')
      view.setUint32(40, rate * seconds, true)
      for (let at = 44; at < bytes.length; at++) bytes[at] = 128 + 100 * Math.sin(at / 3)
      const transfer = new DataTransfer()
      transfer.items.add(new File([bytes], name, { type: 'audio/wav' }))
      return transfer
    },
    { name, seconds }
  )
  await page.dispatchEvent('#choose', 'drop', { dataTransfer: transfer })
}
