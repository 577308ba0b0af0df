/** `announce` and `lookup`: who has what (BEP 5). */

import { describePeer, hashOf } from '../src/cli/peers.js'
import { count, done, isHash, paint, quote, seconds, withoutQuotes } from '../src/cli/text.js'
import { UsageError } from '../src/cli/user-error.js'
import type { FoundPeer, WebTorrentDHT } from '../src/index.js'
import { type CommandContext, needNodes } from './command-context.js'
import type { Display } from './display.js'

export async function announce(text: string, context: CommandContext): Promise<void> {
  const { dht, display } = context
  const [, what = '', digits] = /^(.*?)(?:\s+(-?\d+))?$/s.exec(text) ?? []
  const port = digits === undefined ? 0 : Number(digits)
  if (digits !== undefined && (port < 1 || port > 65535)) {
    throw new UsageError(`${digits} is not a port: it should be a number from 1 to 65535.`)
  }
  const hash = readHash(what, display)
  await needNodes(context)
  const storedAt = await display.during(`announcing ${hash.slice(0, 8)}`, announceAnew(dht, hash, port))
  const onPort = port === 0 ? 'without a port of its own' : `on port ${port}`
  display.print(done(`Announced ${onPort}, stored at ${count(storedAt, 'node')}. Others find it with:`))
  display.print(`  lookup ${hash}`)
}

export async function lookUp(text: string, context: CommandContext): Promise<void> {
  const { dht, display } = context
  const hash = readHash(text, display)
  await context.ready
  const started = Date.now()
  const found = new Set<string>()
  const onPeer = (peer: FoundPeer, infoHash: Buffer) => {
    const line = describePeer(peer, dht)
    if (infoHash.toString('hex') !== hash || found.has(line)) return
    found.add(line)
    display.print(`  ${line}`)
  }
  dht.on('peer', onPeer)
  const search = new Promise<number>((resolve, reject) => {
    dht.lookup(hash, (error, asked = 0) => (error ? reject(error) : resolve(asked)))
  })
  const title = () => `looking up ${hash.slice(0, 8)}, ${count(found.size, 'peer')} so far`
  const asked = await display.during(title, search).finally(() => dht.off('peer', onPeer))
  const effort = `${count(asked, 'node')} asked, ${seconds(Date.now() - started)}`
  if (found.size > 0) display.print(done(`${count(found.size, 'peer')} found: ${effort}.`))
  else display.print(`  Nobody has announced it: ${effort}.`)
}

/** Announces at the nodes that are nearest now. bittorrent-dht would take those of a search five minutes ago. */
function announceAnew(dht: WebTorrentDHT, hash: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    dht.lookup(hash, () => {
      const callback = (error: Error | null, storedAt = 0) => (error ? reject(error) : resolve(storedAt))
      dht.announce(hash, port, callback)
    })
  })
}

function readHash(text: string, display: Display): string {
  if (text === '') throw new UsageError('What?')
  if (isHash(text)) return text.toLowerCase()
  const name = withoutQuotes(text)
  const hash = hashOf(name)
  display.print(paint('dim', `  SHA-1 of ${quote(Buffer.from(name))} is ${hash}`))
  return hash
}
