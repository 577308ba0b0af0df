/**
 * Calls between nodes of the demo, in terminals and in pages alike: one says a text, the other one answers, on a peer connection
 * of their own. The DHT has carried the offer and the answer, and no more.
 */

import type { SimplePeer, WebTorrentDHT } from '../src/index.js'

/** The caller sends one text, and gets one back. */
const PROTOCOL = 'webtorrent-dht demo'
const SECONDS = 1000
const ANSWER_TIMEOUT = 5 * SECONDS
/** Who calls hangs up when it has its answer; who does not is hung up on. */
const LONGEST_CALL = 15 * SECONDS
/** More of what a stranger says is not looked at. */
const MAX_TEXT_BYTES = 1000

export interface Answer {
  text: Uint8Array
  /** Milliseconds until the connection was open, the search for the node included. */
  connecting: number
  /** Milliseconds from the text to its answer. */
  roundTrip: number
}

/** Calls a node. @param id in hex */
export async function call(dht: WebTorrentDHT, id: string, text: string): Promise<Answer> {
  const startedAt = performance.now()
  const peer = await dht.dial(id, PROTOCOL)
  const connectedAt = performance.now()
  try {
    const answer = nextMessage(peer)
    peer.send(text)
    const bytes = await answer
    const roundTrip = performance.now() - connectedAt
    return { text: bytes.subarray(0, MAX_TEXT_BYTES), connecting: connectedAt - startedAt, roundTrip }
  } finally {
    peer.destroy()
  }
}

/**
 * Answers all calls from now on.
 *
 * @param onCall gets the id that the caller claims, in hex, and what it says
 */
export function answerCalls(
  dht: WebTorrentDHT,
  greeting: string,
  onCall: (id: string, text: Uint8Array) => void
): void {
  dht.handle(PROTOCOL, ({ id, accept }) => {
    const peer = accept()
    const timer = setTimeout(() => peer.destroy(), LONGEST_CALL)
    peer.once('close', () => clearTimeout(timer))
    peer.once('data', (bytes: Uint8Array) => {
      peer.send(greeting)
      onCall(id.toString('hex'), bytes.subarray(0, MAX_TEXT_BYTES))
    })
  })
}

function nextMessage(peer: SimplePeer): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const fail = (code: string) => () => reject(Object.assign(new Error('no answer'), { code }))
    const timer = setTimeout(fail('ETIMEDOUT'), ANSWER_TIMEOUT)
    peer.once('close', () => clearTimeout(timer))
    peer.once('close', fail('ECONNFAILED'))
    peer.once('data', resolve)
  })
}
