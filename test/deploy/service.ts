/** A server of another project that a test runs: nginx, Caddy, coturn or Prometheus. */

import { type ChildProcess, spawn } from 'node:child_process'
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

const SECONDS = 1000
const START_TIME = 15 * SECONDS
const STOP_TIME = 5 * SECONDS
/** Milliseconds between two tries to connect. */
const TRY_INTERVAL = 50

/** The path of a program, also of one for administrators; `undefined` if it is not installed. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'].filter(Boolean)
  return folders.map(folder => join(folder, name)).find(isExecutable)
}

/** The option of a test that needs these programs. */
export function needs(...programs: string[]): { skip?: string; timeout: number } {
  const missing = programs.filter(name => !findProgram(name))
  const skip = missing.length > 0 && `${missing.join(' and ')} not installed: see scripts/services.mjs`
  if (skip) process.stdout.write(`  skip ${skip}\n`)
  return { ...(skip && { skip }), timeout: 60 * SECONDS }
}

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise(resolve => server.close(resolve))
  return port
}

/** A folder that is removed when the test ends. */
export function scratchFolder(t: { teardown(callback: () => void): void }): string {
  const folder = mkdtempSync(join(tmpdir(), 'webtorrent-dht-deploy-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export class Service {
  readonly #process: ChildProcess
  readonly #ended: Promise<string>
  #output = ''

  private constructor(program: string, args: string[], environment: NodeJS.ProcessEnv) {
    this.#process = spawn(findProgram(program) ?? program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...environment }
    })
    for (const stream of [this.#process.stdout, this.#process.stderr])
      stream?.setEncoding('utf8').on('data', text => {
        this.#output += text
      })
    this.#ended = new Promise(resolve => {
      this.#process.once('error', error => resolve(String(error)))
      this.#process.once('close', code => resolve(`${program} ended (${code}): ${this.#output}`))
    })
  }

  /** Starts a program; resolves once something accepts connections at the port. @throws Error with its output if it ends */
  static async start(
    program: string,
    args: string[],
    port: number,
    environment: NodeJS.ProcessEnv = {}
  ): Promise<Service> {
    const service = new Service(program, args, environment)
    const deadline = Date.now() + START_TIME
    const failed = service.#ended.then(text => {
      throw new Error(text)
    })
    failed.catch(() => {}) // it ends once it is stopped
    while (!(await Promise.race([accepts(port), failed]))) {
      if (Date.now() < deadline) continue
      await service.stop()
      throw new Error(`${program} does not listen: ${service.#output}`)
    }
    return service
  }

  get output(): string {
    return this.#output
  }

  /** Has it end. @returns its exit code and all that it has said */
  async stop(): Promise<string> {
    this.#process.kill('SIGTERM')
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), STOP_TIME)
    const ended = await this.#ended
    clearTimeout(timer)
    return ended
  }
}

/** Whether something listens at a port; after a pause where nothing does. */
function accepts(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => setTimeout(() => resolve(false), TRY_INTERVAL))
  })
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
