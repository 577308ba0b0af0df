/** Joins the DHT and says how that goes. */

import { done, messageOf, paint } from '../src/cli/text.js'
import type { WebTorrentDHT } from '../src/index.js'
import type { Display } from './display.js'
import type { ConnectedNodes } from './happenings.js'

/** A node in reach answers within milliseconds, one behind a slow line within a second or two. */
const PATIENCE = 3000

interface Parts {
  dht: WebTorrentDHT
  display: Display
  nodes: ConnectedNodes
}

/** Settles when the first attempts are over. They go on in the background if nobody answered. */
export async function join(place: string | null, { dht, display, nodes }: Parts): Promise<void> {
  const ready = new Promise<void>(resolve => (dht.ready ? resolve() : dht.once('ready', resolve)))
  if (place === null) return ready
  const { socket } = dht
  let isComplaining = false
  const complain = () => {
    if (nodes.size > 0 || isComplaining || dht.destroyed) return
    isComplaining = true
    const reason = dht.statusReason ? `\n  ${messageOf(dht.statusReason)}` : ''
    const text = `${paint('yellow', '!')} Nobody lets this node in at ${place}. It goes on trying. Check that a node runs there,
  that this is the address in its first line, and that no firewall is in between.${reason}`
    display.print(text)
    socket.once('node_connected', () => display.print(done(`Joined: ${nodes.summary}.`)))
  }
  const patience = setTimeout(complain, PATIENCE)
  await display.during(`joining ${place}`, ready)
  clearTimeout(patience)
  if (nodes.size > 0 && !isComplaining) display.print(done(`Joined: ${nodes.summary}.`))
  else complain()
}
