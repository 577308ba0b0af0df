/** A relay between two nodes that changes what it passes on. */

import type WebTorrentDHT from '../../src/index.js'
import { createPeer, decodeRaw, encodeRaw, signalOf } from './raw-client.js'

const ID_BYTES = 20

/** Replaces text in all that comes to a node, before it sees it. Both texts have the same length. */
export function rewrite(relay: WebTorrentDHT, change: (text: string) => string): void {
  const { inbound } = relay.socket.node
  const receive = inbound.receive.bind(inbound)
  inbound.receive = (connection, bytes) =>
    receive(connection, Buffer.from(change(bytes.toString('latin1')), 'latin1'))
}

/** Changes the certificate of each description of a type. */
export function otherFingerprint(type: 'offer' | 'answer'): (text: string) => string {
  return text =>
    text.includes(`4:type${type.length}:${type}`)
      ? text.replace(/(a=fingerprint:sha-256 )(..)/g, (_, start) => `${start}00`)
      : text
}

/** Makes each proof a line that nobody knows. */
export function withoutProof(text: string): string {
  return text.replaceAll('a=x-wdht-key:', 'a=x-none-key:')
}

/**
 * Has a relay answer the dials that it should pass on, in the name of their target, and note what the caller then says.
 *
 * @returns what it has heard
 */
export function answerDials(relay: WebTorrentDHT): string[] {
  const heard: string[] = []
  const { inbound } = relay.socket.node
  const receive = inbound.receive.bind(inbound)
  inbound.receive = (connection, bytes) => {
    const frame = decodeRaw(bytes) as unknown as { y: string; t: Buffer; p?: Buffer; d?: Buffer }
    const query = frame.y === 'f' && frame.d ? decodeRaw(frame.d) : undefined
    if (query?.q !== 'dial' || !frame.p) return receive(connection, bytes)
    const path = Array.from({ length: frame.p.length / ID_BYTES }, (_, i) =>
      frame.p?.subarray(i * ID_BYTES, (i + 1) * ID_BYTES)
    ) as Buffer[]
    const target = path.at(-1) as Buffer
    void answer(relay, query.a?.signal, target, heard).then(signal => {
      const d = encodeRaw({ t: query.t, y: 'r', r: { id: target, signal } })
      const p = Buffer.concat(path.reverse())
      connection.send(encodeRaw({ y: 'f', t: frame.t, p, i: p.length / ID_BYTES - 1, d }))
    })
  }
  return heard
}

async function answer(relay: WebTorrentDHT, offer: unknown, id: Buffer, heard: string[]) {
  const { sdp } = offer as { sdp: Buffer }
  const peer = await createPeer(false)
  relay.once('close', () => peer.destroy())
  peer.on('error', () => {}) // the caller hangs up
  peer.on('data', data => heard.push(String(data)))
  peer.signal({ type: 'offer', sdp: sdp.toString() })
  const { type, sdp: own } = await signalOf(peer)
  return { id, type, sdp: own, extensions: [] }
}
