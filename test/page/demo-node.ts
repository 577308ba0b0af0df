/** A node as `npm start` runs it, in a process of its own: it serves the page. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('../../demo/node.js', import.meta.url))
const START_TIMEOUT = 10_000

export interface DemoNode {
  /** Of the page. */
  url: string
  port: number
  /** May be called twice. */
  stop(): Promise<void>
}

/** Starts the node; it listens when this resolves. */
export async function startDemoNode(port?: number): Promise<DemoNode> {
  const chosen = port ?? (await findFreePort())
  const child = spawn(process.execPath, [PROGRAM, '--port', String(chosen)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 5 * 60_000 // should whoever started it be killed
  })
  const ended = new Promise<void>(resolve => child.once('exit', () => resolve()))
  const signal = AbortSignal.timeout(START_TIMEOUT)
  const [greeting] = await Promise.race([
    once(child.stdout.setEncoding('utf8'), 'data', { signal }),
    once(child, 'exit', { signal }).then(([code]) => {
      throw new Error(`the demo node ended with ${code}`)
    })
  ])
  const url = `http://127.0.0.1:${chosen}/`
  if (!String(greeting).includes(url)) throw new Error(`the demo node does not name its page: ${greeting}`)
  return {
    url,
    port: chosen,
    stop: async () => {
      child.kill()
      await ended
    }
  }
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (typeof address !== 'object' || address === null) throw new Error('no free port')
  return address.port
}
