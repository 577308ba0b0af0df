/** `put` and `get`: stored texts (BEP 44). */

import { createHash } from 'node:crypto'
import { count, done, isHash, paint, quote, quoteValue, withoutQuotes } from '../src/cli/text.js'
import { UsageError } from '../src/cli/user-error.js'
import type { MutablePut, StoredValue, WebTorrentDHT } from '../src/index.js'
import { type CommandContext, needNodes } from './command-context.js'
import { KeyRing } from './key-ring.js'

/** BEP 44: less than 1000 when bencoded; bittorrent-dht counts without the length in front. */
const MAX_VALUE_BYTES = 999

const keyRing = new KeyRing()

export async function put(text: string, context: CommandContext): Promise<void> {
  const { display, dht, nodes } = context
  const value = readValue(text)
  await context.ready
  const key = keyOf(value)
  const wasAlone = nodes.size === 0
  const storedAt = await display
    .during(`storing ${key.slice(0, 8)}`, putAnew(dht, value, key))
    .catch(error => {
      if (!wasAlone) throw error
      return 0
    })
  if (storedAt > 0) display.print(done(`Stored at ${count(storedAt, 'node')}. Anybody gets it with:`))
  else display.print(done('Stored here only, because nobody is connected. Who joins gets it with:'))
  display.print(`  get ${key}`)
}

export async function putSigned(text: string, context: CommandContext): Promise<void> {
  const { display, dht } = context
  const [, name = '', rest = ''] = /^(\S+)\s*(.*)$/s.exec(text) ?? []
  const value = readValue(rest)
  await needNodes(context)
  const { signed, key, version } = keyRing.sign(name, value)
  const storedAt = await display.during(`storing ${key.slice(0, 8)}`, putAnew(dht, signed, key))
  const what = `Version ${version} of ${quote(Buffer.from(name))}`
  display.print(done(`${what} signed and stored at ${count(storedAt, 'node')}. Anybody gets it with:`))
  display.print(`  get ${key}`)
}

export async function get(text: string, context: CommandContext): Promise<void> {
  const { display, dht } = context
  if (!isHash(text)) throw new UsageError('A key is 40 hex digits: put shows it.')
  await context.ready
  const value = await display.during(`looking for ${text.slice(0, 8)}`, getAnew(dht, text))
  if (!value) return display.print('  Nobody has it.')
  const version = value.seq === undefined ? '' : paint('dim', `  version ${value.seq}, rightly signed`)
  display.print(`  ${quoteValue(value.v, MAX_VALUE_BYTES)}${version}`)
}

/** Stores at the nodes that are nearest now. bittorrent-dht would take those of a search five minutes ago. */
async function putAnew(dht: WebTorrentDHT, value: Buffer | MutablePut, key: string): Promise<number> {
  await getAnew(dht, key)
  return new Promise((resolve, reject) => {
    const callback = (error: Error | null, _: Buffer, storedAt = 0) =>
      error ? reject(error) : resolve(storedAt)
    dht.put(value, callback)
  })
}

/** Asks the other nodes even if the value is stored here: they may have a newer version. */
function getAnew(dht: WebTorrentDHT, key: string): Promise<StoredValue | null> {
  return new Promise((resolve, reject) => {
    dht.get(key, { cache: false }, (error, value) => (error ? reject(error) : resolve(value)))
  })
}

function readValue(text: string): Buffer {
  const value = Buffer.from(withoutQuotes(text))
  if (value.length === 0) throw new UsageError('Which text?')
  if (value.length <= MAX_VALUE_BYTES) return value
  throw new UsageError(`The text has ${value.length} bytes; at most ${MAX_VALUE_BYTES} can be stored.`)
}

/** The SHA-1 of a value as it is bencoded. */
function keyOf(value: Buffer): string {
  return createHash('sha1').update(`${value.length}:`).update(value).digest('hex')
}
