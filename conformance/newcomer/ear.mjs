/** UDP sockets that note how much comes to them: a newcomer should not send to each place that it is told of. */

import { createSocket } from 'node:dgram'

export async function openEar() {
  const socket = createSocket('udp4')
  const ear = { heard: 0, port: 0, close: () => socket.close() }
  socket.on('message', () => ear.heard++)
  await new Promise(resolve => socket.bind(0, '127.0.0.1', resolve))
  ear.port = socket.address().port
  return ear
}

/** A candidate that leads to it. */
export const candidateOf = ({ port }, number, component = 1) =>
  `a=candidate:${number} ${component} UDP ${2114977791 - number} 127.0.0.1 ${port} typ host\r\n`
