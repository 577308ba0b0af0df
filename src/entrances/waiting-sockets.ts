/**
 * The sockets on which no whole request has come: silent ones, slow headers and bodies, and those kept open after a response. They have
 * a limit together. One socket more closes the oldest of the origin that has the most: an honest request is there within a few round
 * trips, long before its socket is the oldest of a crowd. Node.js would refuse the newcomer (`maxConnections`).
 */

import type { Socket } from 'node:net'
import { originOf } from '../connections/origin.js'

export class WaitingSockets {
  readonly #max: number
  /** The oldest first. */
  readonly #byOrigin = new Map<string, Set<Socket>>()
  #count = 0

  constructor(max: number) {
    this.#max = max
  }

  /** Notes a socket on which a request is awaited. */
  add(socket: Socket): void {
    if (socket.destroyed || this.#setOf(socket)?.has(socket)) return
    const origin = nameOf(socket)
    this.#byOrigin.set(origin, (this.#byOrigin.get(origin) ?? new Set()).add(socket))
    if (++this.#count > this.#max) this.#displace()
  }

  /** Notes that a request is there, or that the socket is closed. */
  remove(socket: Socket): void {
    const sockets = this.#setOf(socket)
    if (!sockets?.delete(socket)) return
    this.#count--
    if (sockets.size === 0) this.#byOrigin.delete(nameOf(socket))
  }

  #setOf(socket: Socket): Set<Socket> | undefined {
    return this.#byOrigin.get(nameOf(socket))
  }

  #displace(): void {
    let crowd = new Set<Socket>()
    for (const sockets of this.#byOrigin.values()) if (sockets.size > crowd.size) crowd = sockets
    const [oldest] = crowd
    if (!oldest) return
    this.remove(oldest)
    oldest.destroy()
  }
}

const names = new WeakMap<Socket, string>()

/** A closed socket no longer tells its address. */
function nameOf(socket: Socket): string {
  const name = names.get(socket) ?? originOf(socket.remoteAddress) ?? ''
  names.set(socket, name)
  return name
}
