/**
 * A process that does what it is told over standard input, one JSON object a line, and answers on standard output. `Agent` is the
 * end that tells, `serve` the one that does.
 */

import type { ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'

const SECONDS = 1000
const CALL_TIMEOUT = 60 * SECONDS
/** A process that does not end by itself is killed after this. */
const END_TIMEOUT = 6 * SECONDS
/** Lines of other output that are kept, to tell of when it ends unasked. */
const KEPT_LINES = 20

/** What an agent can be told: functions of at most one argument, an object. */
export type Commands = { [Name in string]: (args: never) => Promise<unknown> }

interface Message {
  id: number
  command: string
  args: unknown
}

type Answer = { id: number; result: unknown } | { id: number; error: string }

interface Call {
  resolve: (result: unknown) => void
  reject: (error: Error) => void
  timer: ReturnType<typeof setTimeout>
  at: number
}

export class Agent<All> {
  readonly name: string
  readonly #child: ChildProcess
  readonly #calls = new Map<number, Call>()
  readonly #lines: string[] = []
  #lastId = 0
  #hasEnded = false

  constructor(child: ChildProcess, name: string) {
    this.name = name
    this.#child = child
    const { stdin, stdout, stderr } = child
    if (!stdin || !stdout || !stderr) throw new Error('an agent needs pipes')
    createInterface({ input: stdout }).on('line', line => this.#read(line))
    createInterface({ input: stderr }).on('line', line => this.#note(line))
    stdin.on('error', () => {}) // it has ended, which is told below
    child.once('close', () => this.#onClose())
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** What it has printed beside answers, and on standard error: the last lines. */
  get output(): string {
    return this.#lines.join('\n')
  }

  /**
   * Tells it to do something.
   *
   * @param rest the argument, if the command has one, and milliseconds to wait (60,000)
   * @throws Error that the command has thrown, or if it takes too long
   */
  call<Name extends keyof All & string>(
    name: Name,
    ...rest: All[Name] extends (...args: infer Args) => unknown ? [...Args, timeout?: number] : never
  ): Promise<All[Name] extends (...args: never) => infer Result ? Awaited<Result> : never> {
    const last = rest.at(-1)
    const timeout = typeof last === 'number' ? last : CALL_TIMEOUT
    const [args = {}] = typeof last === 'number' ? rest.slice(0, -1) : rest
    return this.#send(name, args, timeout) as ReturnType<typeof this.call<Name>>
  }

  /** Ends the process, and waits for its end. */
  async end(): Promise<void> {
    if (this.#hasEnded) return
    const closed = new Promise(resolve => this.#child.once('close', resolve))
    this.#child.stdin?.end()
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), END_TIMEOUT)
    await closed
    clearTimeout(timer)
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  #send(command: string, args: unknown, timeout: number): Promise<unknown> {
    const id = ++this.#lastId
    return new Promise((resolve, reject) => {
      if (this.#hasEnded) return reject(this.#errorOfEnd())
      const timer = setTimeout(() => {
        this.#calls.delete(id)
        reject(new Error(`${this.name}: no answer to '${command}' in ${timeout} ms`))
      }, timeout)
      this.#calls.set(id, { resolve, reject, timer, at: performance.now() })
      this.#child.stdin?.write(`${JSON.stringify({ id, command, args } satisfies Message)}\n`)
    })
  }

  #read(line: string): void {
    const answer = parseAnswer(line)
    const call = answer && this.#calls.get(answer.id)
    if (!answer || !call) return this.#note(line)
    this.#calls.delete(answer.id)
    clearTimeout(call.timer)
    if ('error' in answer) call.reject(new Error(`${this.name}: ${answer.error}`))
    else call.resolve(answer.result)
    if (process.env.VERBOSE)
      process.stderr.write(`[${this.name}] ${Math.round(performance.now() - call.at)} ms: ${line}\n`)
  }

  #note(line: string): void {
    this.#lines.push(line)
    if (this.#lines.length > KEPT_LINES) this.#lines.shift()
    if (process.env.VERBOSE) process.stderr.write(`[${this.name}] ${line}\n`)
  }

  #onClose(): void {
    this.#hasEnded = true
    for (const { reject, timer } of this.#calls.values()) {
      clearTimeout(timer)
      reject(this.#errorOfEnd())
    }
    this.#calls.clear()
  }

  #errorOfEnd(): Error {
    const { exitCode, signalCode } = this.#child
    return new Error(`${this.name} has ended (${exitCode ?? signalCode}): ${this.output}`)
  }
}

/** Does what is told over standard input, until that ends; then calls `end`, and exits. */
export function serve(commands: Commands, end: () => unknown = () => {}): void {
  createInterface({ input: process.stdin })
    .on('line', async line => process.stdout.write(`${JSON.stringify(await obey(commands, line))}\n`))
    .once('close', async () => {
      setTimeout(() => process.exit(), END_TIMEOUT / 2).unref()
      try {
        await end()
      } finally {
        process.exit()
      }
    })
}

async function obey(commands: Commands, line: string): Promise<Answer> {
  const { id, command, args } = JSON.parse(line) as Message
  try {
    const work = commands[command]
    if (!work) throw new Error(`no command '${command}'`)
    return { id, result: (await work(args as never)) ?? null }
  } catch (error) {
    return { id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  }
}

function parseAnswer(line: string): Answer | undefined {
  try {
    return JSON.parse(line) as Answer
  } catch {
    return undefined // something that it prints
  }
}
