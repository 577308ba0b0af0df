/** Writes what happens at a node into the log, in plain language, and answers calls. */

import type { Value, WebTorrentDHT } from 'webtorrent-dht'
import { answerCalls } from '../../calls.js'
import { readable, readableValue, shortId } from '../text.js'
import type { EventLog } from './event-log.js'
import { explain } from './result.js'

const MAX_SHOWN_CHARACTERS = 60
/** What who calls hears. */
const GREETING = 'Hello from a browser tab.'

/** Why a connection was closed, for those who have not read the code. */
const REASONS: Record<string, string> = {
  disconnected: 'it left',
  'no room': 'it had to make room for another connection',
  unresponsive: 'it did not answer any more',
  released: 'nobody needed the connection any more'
}

export function logEvents(dht: WebTorrentDHT, log: EventLog): void {
  const { socket } = dht
  socket.on('node_connected', id => log.add('joined', `Connected to ${shortId(id)}`))
  socket.on('node_disconnected', (id, reason) =>
    log.add('left', `Lost ${shortId(id)}: ${REASONS[reason] ?? reason}`)
  )
  dht.on('announce', ({ id, port }, infoHash) => {
    const who = id ? short(id) : 'A node'
    log.add('stored', `${who} announced ${short(infoHash)} on port ${port}: remembered here`)
  })
  dht.on('put', (key, value) => logPut(dht, log, key, value))
  dht.on('get_peers', infoHash => log.add('asked', `Asked who announced ${short(infoHash)}`))
  dht.on('get', key => log.add('asked', `Asked for the value ${short(key)}`))
  answerCalls(dht, GREETING, (id, text) =>
    log.add('called', `${shortId(id)} calls: ${shorten(readable(text))}`)
  )
  dht.on('warning', warning => log.add('warning', explain(warning)))
  dht.on('error', error => log.add('warning', explain(error)))
}

/** Signature and sequence number are checked after the event. */
function logPut(dht: WebTorrentDHT, log: EventLog, key: Buffer, value: Value<Buffer>): void {
  setTimeout(() => {
    const stored = dht.toJSON().values[key.toString('hex')]
    const isStored = value instanceof Uint8Array ? stored?.v === value.toString('hex') : stored?.bencoded
    if (!stored || !isStored) return
    const version = stored.seq === undefined ? '' : ` (version ${stored.seq})`
    log.add('stored', `Value ${short(key)} is kept here: ${shorten(readableValue(value))}${version}`)
  }, 0)
}

function short(bytes: Buffer): string {
  return shortId(bytes.toString('hex'))
}

function shorten(text: string): string {
  const characters = [...text]
  const isLong = characters.length > MAX_SHOWN_CHARACTERS
  return isLong ? `${characters.slice(0, MAX_SHOWN_CHARACTERS).join('')}…` : text
}
