/** What one UDP port for all connections of a server saves: of the native layer alone, since nodes do not use it. */

import { fileURLToPath } from 'node:url'
import { Child } from '../../test/helpers/child.js'
import { Crowd } from '../load/crowd.js'
import type { Fare, Transport } from '../load/server-worker.js'
import { fixed } from '../table.js'
import type { Row } from './row.js'

const SERVER = fileURLToPath(new URL('../load/server-worker.js', import.meta.url))
const CONNECTIONS = 200
/** Connected before it is measured. */
const WARMING_UP = 16
const REPLY_BYTES = 100

/** For each connection. */
interface Costs {
  links: number
  /** Milliseconds of CPU time to connect. */
  cpu: number
  /** Bytes. */
  memory: number
  descriptors: number
}

export const udpPort: Row = {
  name: 'udp-port',
  needsBed: false,
  what: 'server CPU, memory and descriptors of a bare connection: a UDP port each; one port for all (`enableIceUdpMux`)',
  before: '–',
  wanted: 'stated',

  async measure() {
    const each = await measureCosts('bare WebRTC')
    const one = await measureCosts('bare WebRTC, one port')
    return {
      now: `${describe(each)}; ${describe(one)}`,
      isMet: null,
      conditions: `${CONNECTIONS} connections of \`node-datachannel\` without a node, on one machine`
    }
  }
}

async function measureCosts(transport: Transport): Promise<Costs> {
  const server = new Child(SERVER, { execArgv: ['--expose-gc'] })
  const crowd = new Crowd()
  try {
    const port = await server.call<number>('start', transport, CONNECTIONS + WARMING_UP, REPLY_BYTES)
    await crowd.connect(transport, port, WARMING_UP)
    const memoryBefore = await server.call<number>('memory')
    const descriptorsBefore = await server.call<number>('descriptors')
    await server.call('begin')
    await crowd.connect(transport, port, CONNECTIONS)
    const { user, system } = await server.call<Fare>('end')
    const memory = await server.call<number>('memory')
    const descriptors = await server.call<number>('descriptors')
    return {
      links: (await server.call<number>('links')) - WARMING_UP,
      cpu: (1000 * (user + system)) / CONNECTIONS,
      memory: (memory - memoryBefore) / CONNECTIONS,
      descriptors: (descriptors - descriptorsBefore) / CONNECTIONS
    }
  } finally {
    await Promise.all([server, crowd].map(child => child.destroy()))
  }
}

function describe({ links, cpu, memory, descriptors }: Costs): string {
  return `${fixed(cpu)} ms, ${fixed(memory / 1000, 0)} kB, ${fixed(descriptors)} (${links} open)`
}
