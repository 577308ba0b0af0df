/** What a command works with. */

import { UserError } from '../src/cli/user-error.js'
import type { WebTorrentDHT } from '../src/index.js'
import type { Display } from './display.js'
import type { ConnectedNodes } from './happenings.js'

export interface CommandContext {
  dht: WebTorrentDHT
  display: Display
  nodes: ConnectedNodes
  /** Settles when the first attempts to join are over, successful or not. */
  ready: Promise<void>
  stop: () => void
}

/** Waits until this node has joined. @throws UserError if nobody is there to store anything */
export async function needNodes({ ready, nodes }: CommandContext): Promise<void> {
  await ready
  if (nodes.size === 0) {
    throw new UserError('Nobody is connected, so nobody can store it. Try again when a node has joined.')
  }
}
