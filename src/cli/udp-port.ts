/** The one UDP port of all WebRTC connections. */

import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { messageOf } from './text.js'
import { UserError } from './user-error.js'

/** Checks that a port is free: WebRTC would tell of it only when somebody joins. @param port `null`: any @throws UserError */
export async function checkUdpPort(port: number | null): Promise<void> {
  if (port === null) return
  const socket = createSocket('udp4')
  try {
    socket.bind(port)
    await once(socket, 'listening')
  } catch (error) {
    throw new UserError(`UDP port ${port} cannot be used: ${messageOf(error)}`)
  } finally {
    await new Promise<void>(resolve => socket.close(resolve))
  }
}
