/** Files to share: what browsers show, made here, and large enough to have many pieces. */

import { createHash, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'

export interface TestFile {
  name: string
  bytes: Buffer
}

export const PICTURE_WIDTH = 800
const PICTURE_HEIGHT = 500
const SAMPLE_RATE = 8000
export const TEXT = 'Grüße aus dem anderen Tab.\n'

/** A picture of 1.2 MB, a second of noise, and a text. */
export function createFiles(): TestFile[] {
  return [
    { name: 'picture.bmp', bytes: createPicture() },
    { name: 'tone.wav', bytes: createSound() },
    { name: 'notes.txt', bytes: Buffer.from(TEXT) }
  ]
}

/** Drops files on the page, as a file manager does. */
export async function drop(page: Page, selector: string, files: TestFile[]): Promise<void> {
  const given = files.map(({ name, bytes }) => ({ name, base64: bytes.toString('base64') }))
  const dataTransfer = await page.evaluateHandle(collectFiles, given)
  for (const event of ['dragenter', 'dragover', 'drop'])
    await page.dispatchEvent(selector, event, { dataTransfer })
}

/** Saves a file of what is complete, and gives the SHA-256 of what the browser has written. */
export async function saveAndHash(page: Page, name: string): Promise<string> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: `Save ${name}` }).click()
  ])
  return hashOf(await readFile(await download.path()))
}

/** The same where the browser tells nobody of its downloads, as Firefox does not: of what is given to it to save. */
export async function giveAndHash(page: Page, name: string): Promise<string> {
  const saved = page.evaluate(hashNextBlob)
  await page.getByRole('button', { name: `Save ${name}` }).click()
  return saved
}

export function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** A bitmap: a header of 54 bytes, and three bytes for each pixel. */
function createPicture(): Buffer {
  const pixels = randomBytes(3 * PICTURE_WIDTH * PICTURE_HEIGHT)
  const header = Buffer.alloc(54)
  header.write('BM')
  header.writeUInt32LE(header.length + pixels.length, 2)
  header.writeUInt32LE(header.length, 10)
  header.writeUInt32LE(40, 14)
  header.writeInt32LE(PICTURE_WIDTH, 18)
  header.writeInt32LE(PICTURE_HEIGHT, 22)
  header.writeUInt16LE(1, 26)
  header.writeUInt16LE(24, 28)
  return Buffer.concat([header, pixels])
}

/** Samples of 8 bits. */
function createSound(): Buffer {
  const samples = randomBytes(SAMPLE_RATE)
  const header = Buffer.alloc(44)
  header.write('RIFF')
  header.writeUInt32LE(36 + samples.length, 4)
  header.write('WAVEfmt ', 8)
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(1, 20)
  header.writeUInt16LE(1, 22)
  header.writeUInt32LE(SAMPLE_RATE, 24)
  header.writeUInt32LE(SAMPLE_RATE, 28)
  header.writeUInt16LE(1, 32)
  header.writeUInt16LE(8, 34)
  header.write('data', 36)
  header.writeUInt32LE(samples.length, 40)
  return Buffer.concat([header, samples])
}

// What follows runs in the page.

async function hashNextBlob(): Promise<string> {
  const { createObjectURL } = URL
  const blob = await new Promise<Blob>(resolve => {
    URL.createObjectURL = given => {
      URL.createObjectURL = createObjectURL
      resolve(given as Blob)
      return createObjectURL(given)
    }
  })
  const digest = await crypto.subtle.digest('SHA-256', await blob.arrayBuffer())
  return Array.from(new Uint8Array(digest), byte => byte.toString(16).padStart(2, '0')).join('')
}

function collectFiles(files: { name: string; base64: string }[]): DataTransfer {
  const transfer = new DataTransfer()
  for (const { name, base64 } of files) {
    transfer.items.add(new File([Uint8Array.from(atob(base64), char => char.charCodeAt(0))], name))
  }
  return transfer
}
