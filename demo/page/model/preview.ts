/** What can be shown of a file. */

import { formatBytes } from '../../bytes.js'
import type { TorrentFile } from '../../torrents.js'
import { UserError } from './result.js'

export type PreviewKind = 'image' | 'video' | 'audio' | 'text'

/** What browsers show without trouble. Text of any length: only its beginning is shown. */
const MAX_BYTES = { image: 50_000_000, video: 500_000_000, audio: 500_000_000 }
const TEXT_BYTES = 8000
/** Text, though its media type does not begin with `text/`. */
const TEXT_TYPES = /[/+](json|xml|javascript|yaml|toml|x-sh|sql|x-httpd-php|rtf|x-tex)$/
/** Names of which the same is true, or which stand for something else where they are no text: a film of a television. */
const TEXT_NAMES = /(\.(tsx?|mts|cts|rs|go|py|rb|c|h|cpp|log|ini|cfg|conf|lock|nfo|srt)|^[A-Z]+)$/

export type Preview =
  | { kind: 'image' | 'video' | 'audio'; url: string }
  | { kind: 'text'; text: string; isWhole: boolean }

/** `null`: there is none. */
export function previewKindOf({ name, type }: Pick<TorrentFile, 'name' | 'type'>): PreviewKind | null {
  if (type.startsWith('text/') || TEXT_TYPES.test(type) || TEXT_NAMES.test(name)) return 'text'
  const [first] = type.split('/')
  return first === 'image' || first === 'video' || first === 'audio' ? first : null
}

/** Reads as much of a complete file as is shown. A URL is the caller's to revoke. @throws UserError if it cannot be shown */
export async function readPreview(file: TorrentFile): Promise<Preview> {
  const kind = previewKindOf(file)
  if (kind === null) throw new UserError('There is no preview of this kind of file.')
  if (file.length === 0) throw new UserError('This file is empty.')
  if (kind === 'text') return { kind, ...(await readText(file)) }
  if (file.length > MAX_BYTES[kind]) {
    throw new UserError(`Too large for a preview: it has ${formatBytes(file.length)}. Save it to see it.`)
  }
  const blob = new Blob([await file.arrayBuffer()], { type: file.type })
  return { kind, url: URL.createObjectURL(blob) }
}

/** Gives a file to the browser's downloads. Not by its type: what a stranger has made must not be run as a part of this page. */
export async function save(file: TorrentFile): Promise<void> {
  const bytes = file.length === 0 ? new ArrayBuffer(0) : await file.arrayBuffer()
  const href = URL.createObjectURL(new Blob([bytes], { type: 'application/octet-stream' }))
  const link = Object.assign(document.createElement('a'), { href, download: file.name })
  link.click()
  setTimeout(() => URL.revokeObjectURL(href), 60_000) // the download has begun by then
}

async function readText(file: TorrentFile): Promise<{ text: string; isWhole: boolean }> {
  const isWhole = file.length <= TEXT_BYTES
  const bytes = await file.arrayBuffer(isWhole ? {} : { end: TEXT_BYTES - 1 })
  try {
    // As a stream: the last character may be cut off.
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: !isWhole })
    if (!text.includes('\0')) return { text, isWhole }
  } catch {
    // Explained below.
  }
  throw new UserError('There is no preview: this is not text in UTF-8.')
}
