/** What applications say to each other on peer connections of their own. */

import type WebTorrentDHT from '../../src/index.js'
import type { SimplePeer } from '../../src/index.js'
import { within } from './nodes.js'

/** Has a node say back whatever comes under a protocol; gives the peers that it has accepted. */
export function sayBack(node: WebTorrentDHT, protocol: string): SimplePeer[] {
  const accepted: SimplePeer[] = []
  node.handle(protocol, ({ accept }) => {
    const peer = accept()
    accepted.push(peer)
    peer.on('data', (bytes: Uint8Array) => peer.send(bytes))
  })
  return accepted
}

/** Says something on an open peer connection, and gives what comes back. */
export function ask(peer: SimplePeer, text: string): Promise<string> {
  const answer = new Promise<string>(resolve =>
    peer.once('data', (bytes: Uint8Array) => resolve(Buffer.from(bytes).toString()))
  )
  peer.send(Buffer.from(text))
  return within('what comes back', answer)
}

/** What a promise is rejected with; `undefined` if it is not. */
export function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return within(
    'the end',
    promise.then(
      () => undefined,
      error => error
    )
  )
}

/** The code of what a promise is rejected with. */
export async function codeOf(promise: Promise<unknown>): Promise<string | undefined> {
  return ((await failureOf(promise)) as { code?: string } | undefined)?.code
}
