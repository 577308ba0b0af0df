/** `lookup`, `announce`, `get` and `put`: a node joins, does one thing, and leaves. Results go to standard output, all else to standard error. */

import { buffer } from 'node:stream/consumers'
import { WebTorrentDHT } from '../index.js'
import { whole } from './flag-readers.js'
import { asArgument, meetingFlags } from './meeting-flags.js'
import { keyIn } from './node-key.js'
import { nodeOptionsOf } from './node-options.js'
import { describePeer, hashOf } from './peers.js'
import type { Settings } from './settings.js'
import { count, done, failed, isHash, messageOf, quoteValue, visible } from './text.js'
import { UsageError, UserError } from './user-error.js'

const SECONDS = 1000
/** Milliseconds between two announcements: others forget one after 45 minutes. */
const ANNOUNCE_INTERVAL = 15 * 60 * SECONDS

type Arguments = Readonly<Record<string, string>>
/** @returns the exit code @throws UserError, WebTorrentDHTError */
type Run = (settings: Settings, args: Arguments) => Promise<number>

export const clientCommands: Record<'lookup' | 'announce' | 'get' | 'put', Run> = {
  lookup: (settings, { torrent = '' }) =>
    joined(settings, async (dht, signal) => {
      let found = 0
      for await (const peer of dht.promises.lookup(readTorrent(torrent), { signal })) {
        found++
        console.log(describePeer(peer, dht))
      }
      console.error(found > 0 ? done(`${count(found, 'peer')} found`) : failed('No peer found'))
      return found > 0 ? 0 : 1
    }),

  announce: (settings, { torrent = '', 'peer-port': given }) => {
    const port = given === undefined ? undefined : whole(1, 65_535)('peer-port', [given])
    return joined(settings, async (dht, signal) => {
      const hash = readTorrent(torrent)
      const nodes = await dht.promises.announce(hash, port, { signal })
      console.error(done(`Announced, stored at ${count(nodes, 'node')}, until Ctrl-C. Others find it with:`))
      console.log(`webtorrent-dht lookup ${hash}${meetingFlags(settings)}`)
      const again = () => dht.announce(hash, port, error => error && console.error(`! ${messageOf(error)}`))
      const timer = setInterval(again, ANNOUNCE_INTERVAL)
      await new Promise(resolve => {
        for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, resolve)
      })
      clearInterval(timer)
      return 0
    })
  },

  get: (settings, { target = '' }) => {
    if (!isHash(target)) throw new UsageError('A key is 40 hex digits: put shows it')
    return joined(settings, async (dht, signal) => {
      const { salt } = settings
      const value = await dht.promises.get(target, {
        signal,
        ...(salt !== null && { salt: Buffer.from(salt) })
      })
      if (!value) throw new UserError('Nobody has it.')
      if (value.seq !== undefined) console.error(done(`Version ${value.seq}, rightly signed`))
      // To a pipe as it is; to a terminal without what could take it over.
      if (value.v instanceof Uint8Array && !process.stdout.isTTY) process.stdout.write(value.v)
      else console.log(quoteValue(value.v, Number.POSITIVE_INFINITY))
      return 0
    })
  },

  put: (settings, { value }) => {
    const { signWith, salt } = settings
    if (salt !== null && signWith === null) throw new UsageError('--salt needs --sign-with')
    return joined(settings, async (dht, signal) => {
      const bytes = value === undefined ? await buffer(process.stdin) : Buffer.from(value)
      if (signWith === null) {
        const { key, nodes } = await dht.promises.put(bytes, { signal })
        return stored(settings, key, nodes)
      }
      const keys = await WebTorrentDHT.keyPair(keyIn(signWith, '--sign-with'))
      const record = dht.promises.record(keys, salt === null ? {} : { salt })
      const { key, nodes, seq } = await record.set(bytes, { signal })
      return stored(settings, key, nodes, `, version ${seq}`)
    })
  }
}

function stored(settings: Settings, key: Uint8Array, nodes: number, version = ''): number {
  const hex = Buffer.from(key).toString('hex')
  const salt = settings.salt === null ? '' : ` --salt ${asArgument(settings.salt)}`
  const get = `webtorrent-dht get ${hex}${salt}${meetingFlags(settings)}`
  console.error(done(`Stored at ${count(nodes, 'node')}${version}. Others get it with: ${visible(get)}`))
  console.log(hex)
  return 0
}

/** Joins, works, and leaves. @throws UserError if no node lets this one in */
async function joined(
  settings: Settings,
  work: (dht: WebTorrentDHT, signal: AbortSignal) => Promise<number>
): Promise<number> {
  const { identity, timeout } = settings
  const signal = AbortSignal.timeout(timeout * SECONDS)
  const dht = new WebTorrentDHT({
    ...nodeOptionsOf(settings, 'client'),
    ...(identity !== null && { key: keyIn(identity, '--identity') })
  })
  dht.on('warning', warning => console.error(`! ${messageOf(warning)}`))
  try {
    await dht.promises.ready({ signal })
    if (dht.status !== 'connected')
      throw new UserError(
        `No node lets this one in${dht.statusReason ? `: ${messageOf(dht.statusReason)}` : ''}`
      )
    return await work(dht, signal)
  } catch (error) {
    if (signal.aborted) throw new UserError(`Nothing came of it in ${count(timeout, 'second')} (--timeout)`)
    throw error
  } finally {
    await new Promise<void>(resolve => dht.destroy(resolve))
  }
}

/** Hex digits, a magnet link, or any text, of which the hash is taken. @throws UsageError */
function readTorrent(text: string): string {
  const [, linked] = /^magnet:.*\burn:btih:([0-9a-f]{40})\b/i.exec(text) ?? []
  if (linked === undefined && /^magnet:/i.test(text))
    throw new UsageError('The magnet link has no info hash of 40 hex digits (urn:btih:)')
  const given = linked ?? text
  if (isHash(given)) return given.toLowerCase()
  const hash = hashOf(text)
  console.error(`  SHA-1 of the text is ${hash}`)
  return hash
}
