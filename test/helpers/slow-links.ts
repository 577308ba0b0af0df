/** Links with a delay, which those of one machine do not have: messages are held back, over WebRTC and over UDP alike. */

import { Socket } from 'node:dgram'
import SimplePeer from 'simple-peer'

/** From now on all that this process sends over data channels and UDP sockets is sent so many milliseconds later. */
export function holdBack(milliseconds: number): void {
  const { send } = SimplePeer.prototype
  SimplePeer.prototype.send = function (chunk: Uint8Array) {
    setTimeout(() => this.connected && send.call(this, chunk), milliseconds)
  }
  const { send: sendDatagram } = Socket.prototype
  Socket.prototype.send = function (this: Socket, ...args: Parameters<typeof sendDatagram>) {
    setTimeout(() => {
      try {
        sendDatagram.apply(this, args)
      } catch {
        // The socket was closed meanwhile.
      }
    }, milliseconds)
  } as typeof sendDatagram
}
