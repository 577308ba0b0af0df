/** A node as `npm start` runs it, in a process of its own: it serves the page. */

import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { eventually } from '../helpers/nodes.js'

/** What `npm start` runs. */
export const PROGRAM = fileURLToPath(new URL('../../start/node.js', import.meta.url))
const START_TIMEOUT = 60_000

export interface DemoNode {
  /** Of the page. */
  url: string
  port: number
  /** In hex. */
  id: string
  /** Waits until it has shown something, and gives that. */
  waitForOutput(pattern: RegExp): Promise<string>
  /** Types a line. */
  type(line: string): void
  /** Gives the exit code. May be called twice. */
  stop(): Promise<number | null>
}

/** Starts the node, with more arguments if need be; it listens when this resolves. */
export async function startDemoNode(port?: number, ...args: string[]): Promise<DemoNode> {
  const chosen = port ?? (await findFreePort())
  const id = randomBytes(20).toString('hex')
  const child = spawn(process.execPath, [PROGRAM, '--port', String(chosen), '--id', id, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
    timeout: 5 * 60_000 // should whoever started it be killed
  })
  const ended = new Promise<number | null>(resolve => child.once('exit', resolve))
  const signal = AbortSignal.timeout(START_TIMEOUT)
  const [greeting] = await Promise.race([
    once(child.stdout.setEncoding('utf8'), 'data', { signal }),
    once(child, 'exit', { signal }).then(([code]) => {
      throw new Error(`the demo node ended with ${code}`)
    })
  ])
  const url = `http://127.0.0.1:${chosen}/`
  if (!String(greeting).includes(url)) throw new Error(`the demo node does not name its page: ${greeting}`)
  let output = String(greeting)
  child.stdout.on('data', text => {
    output += text
  })
  return {
    url,
    port: chosen,
    id,
    waitForOutput: async pattern => {
      if (!(await eventually(() => pattern.test(output)))) {
        throw new Error(`the demo node does not say ${pattern}, but: ${output}`)
      }
      return pattern.exec(output)?.[0] ?? ''
    },
    type: line => void child.stdin.write(`${line}\n`),
    stop: async () => {
      child.kill()
      return ended
    }
  }
}

/** Starts a node for as long as something lasts. */
export async function withDemoNode(use: (node: DemoNode) => Promise<void>): Promise<void> {
  const node = await startDemoNode()
  try {
    await use(node)
  } finally {
    await node.stop()
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
