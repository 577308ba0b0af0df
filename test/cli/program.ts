/** Runs the program `webtorrent-dht` in processes of their own. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { within } from '../helpers/nodes.js'

const PROGRAM = fileURLToPath(new URL('../../src/cli/index.js', import.meta.url))
/** Milliseconds until a program that runs on is ended, should its test be killed. */
const LONGEST_RUN = 5 * 60_000
const START_TIMEOUT = 60_000

export interface Result {
  code: number | null
  stdout: string
  stderr: string
}

export interface RunOptions {
  env?: Record<string, string>
  stdin?: string
}

/** Runs it to its end. */
export async function run(args: string[], { env = {}, stdin = '' }: RunOptions = {}): Promise<Result> {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: LONGEST_RUN
  })
  child.stdin.end(stdin)
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit')
  ])
  return { code, stdout, stderr }
}

export interface Served {
  process: ChildProcess
  /** Where others join. */
  url: string
  port: number
  /** All that it has printed. */
  output(): string
  waitForOutput(pattern: RegExp): Promise<RegExpExecArray>
  signal(name: NodeJS.Signals): void
  /** Ends it by a signal. @returns the exit code, or the signal */
  stop(name?: NodeJS.Signals): Promise<number | string | null>
}

/** Starts `serve` on 127.0.0.1; it listens when this resolves. */
export async function serve(args: string[], { env = {} }: RunOptions = {}): Promise<Served> {
  const anyPort = args.includes('--port') ? [] : ['--port', '0']
  const child = spawn(process.execPath, [PROGRAM, 'serve', '--host', '127.0.0.1', ...anyPort, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LONGEST_RUN
  })
  let output = ''
  const changed = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk
      for (const look of changed) look()
    })
  }
  const ended = new Promise<number | string | null>(resolve => {
    child.once('exit', (code, signal) => resolve(code ?? signal))
  })
  const find = (pattern: RegExp) =>
    new Promise<RegExpExecArray>((resolve, reject) => {
      const look = () => {
        const found = pattern.exec(output)
        if (!found) return
        changed.delete(look)
        resolve(found)
      }
      changed.add(look)
      void ended.then(code => reject(new Error(`It ended with ${code} and has said: ${output}`)))
      look()
    })
  const waitForOutput = (pattern: RegExp) => within(`${pattern}`, find(pattern), START_TIMEOUT)
  const [, url = '', port = ''] = await waitForOutput(/bootstrap['"]?: ?['"](https?:\/\/[^'"]+:(\d+))/)
  return {
    process: child,
    url,
    port: Number(port),
    output: () => output,
    waitForOutput,
    signal: name => void child.kill(name),
    stop: (name = 'SIGTERM') => {
      child.kill(name)
      return ended
    }
  }
}
