/** A `simple-peer` whose other end is a transcript: it is found by the letter in the description, and opens when the transcript says so. */

import { EventEmitter } from 'node:events'

export interface PeerStage {
  /** An end of A's is there for a node. */
  met(letter: string, peer: ScriptedPeer): void
  sent(peer: ScriptedPeer, bytes: Uint8Array): void
  /** An open connection is closed. */
  closed(peer: ScriptedPeer): void
}

/** The description of a node. */
export const sdpOf = (letter: string) => `v=0\r\ns=${letter}\r\n`

export class ScriptedPeer extends EventEmitter {
  readonly initiator: boolean
  connected = false
  destroyed = false
  readonly #stage: PeerStage

  constructor({ initiator = false, stage }: { initiator?: boolean; stage: PeerStage }) {
    super()
    this.initiator = initiator
    this.#stage = stage
    if (initiator) setTimeout(() => this.#describe('offer'), 0)
  }

  signal({ sdp }: { sdp: string }): void {
    const letter = /^s=(.)/m.exec(sdp)?.[1]
    if (letter === undefined) throw new Error('another description')
    this.#stage.met(letter, this)
    if (!this.initiator) this.#describe('answer')
  }

  open(): void {
    this.connected = true
    this.emit('connect')
  }

  send(bytes: Uint8Array): void {
    if (!this.connected) throw new Error('the channel is not open')
    this.#stage.sent(this, bytes)
  }

  destroy(): void {
    if (this.destroyed) return
    this.destroyed = true
    if (this.connected) this.#stage.closed(this)
    this.connected = false
    this.emit('close')
  }

  #describe(type: 'offer' | 'answer'): void {
    this.emit('signal', { type, sdp: sdpOf('A') })
  }
}
