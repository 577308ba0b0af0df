/** Shows what happens at a node: who comes and goes, what others store here and ask for. */

import { count, messageOf, paint, quote, quoteValue, shortId } from '../src/cli/text.js'
import type { WebTorrentDHT } from '../src/index.js'
import type { Display } from './display.js'

/** The number of nodes stands in a column of its own. */
const WIDTH = 24

/** Prints what happens from now on. */
export function showHappenings(dht: WebTorrentDHT, display: Display, nodes: ConnectedNodes): void {
  const show = (mark: string, text: string) => showNow(display, mark, text)
  const { socket } = dht
  const column = (text: string) => `${text.padEnd(WIDTH)}now ${count(nodes.size, 'node')}`
  socket.on('node_connected', id => show(paint('green', '+'), `${shortId(id)} ${column('connected')}`))
  socket.on('node_disconnected', id => {
    if (!dht.destroyed) show(paint('red', '-'), `${shortId(id)} ${column('left')}`)
  })
  dht.on('announce', ({ id, port }, infoHash) => {
    const who = id ? shortId(id) : 'a node'
    show(' ', `${who} announced ${shortId(infoHash)} on port ${port}, stored here`)
  })
  dht.on('put', (key, value) => {
    // Signature and sequence number are checked after the event.
    setImmediate(() => {
      const stored = dht.toJSON().values[key.toString('hex')]
      const isStored = value instanceof Uint8Array ? stored?.v === value.toString('hex') : stored?.bencoded
      if (!stored || !isStored) return
      const version = stored.seq === undefined ? '' : ` (version ${stored.seq})`
      show(' ', `value ${shortId(key)} stored here: ${quoteValue(value)}${version}`)
    })
  })
  dht.on('get_peers', infoHash => show(' ', paint('dim', `asked who announced ${shortId(infoHash)}`)))
  dht.on('get', key => show(' ', paint('dim', `asked for value ${shortId(key)}`)))
  dht.on('warning', warning => show(paint('yellow', '!'), messageOf(warning)))
}

/** Prints what another node says that has called this one. */
export function showCall(display: Display, id: string, text: Uint8Array): void {
  showNow(display, paint('cyan', '«'), `${shortId(id)} calls: ${quote(text)}`)
}

/** Prints a line with the time and a mark. */
export function showNow(display: Display, mark: string, text: string): void {
  const time = paint('dim', new Date().toTimeString().slice(0, 8))
  display.print(`${time}  ${mark} ${text}`)
}

/** The nodes that are connected now, by id in hex, with the time since when they are. */
export class ConnectedNodes extends Map<string, number> {
  constructor({ socket }: WebTorrentDHT) {
    super()
    socket.on('node_connected', id => this.set(id, Date.now()))
    socket.on('node_disconnected', id => this.delete(id))
  }

  get summary(): string {
    return this.size === 0 ? 'nobody connected' : `${count(this.size, 'node')} connected`
  }
}
